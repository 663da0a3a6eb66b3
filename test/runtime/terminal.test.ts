import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { World } from "../../shared/jobs/world.ts";
import type { RuntimeSettings } from "../../shared/runtime/settings.ts";
import { connect, openWorld } from "../../shared/runtime/wire.ts";
import { initState } from "../../shared/state/identity.ts";
import { testConfig } from "../world/world.ts";

const directory = mkdtempSync(join(tmpdir(), "ossnap-terminal-"));
afterAll(() => rmSync(directory, { recursive: true }));

const CONTEXT = { requestId: "cli-1", function: { name: "cli", timeout: 600 } };
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

async function open(isTerminal: boolean) {
  const config = testConfig((made) => {
    made.state = { store: "directory", bucket: directory, basePath: "" };
  });
  const settings: RuntimeSettings = {
    config,
    fcEndpoint: undefined,
    copyFunction: "copy",
    continueFunction: "continue",
    credentials: undefined,
    secrets: [],
  };
  await initState(connect(settings, CONTEXT).state, "0123456789", () => new Date());
  return openWorld(settings, { functionName: "cli", context: CONTEXT, startedMs: Date.now(), logger: quiet, isTerminal });
}

describe("a world behind a terminal", () => {
  it("limits its requests while an effect is applied: no write begins that could end after the claim", async () => {
    const world = await open(true);
    const write = () => world.state.put("work/x", Buffer.from("x"));
    await write();
    world.terminal?.limitRequests(55_000);
    expect(world.remainingMs()).toBeLessThanOrEqual(55_000);
    await write();
    world.terminal?.limitRequests(20_000);
    await expect(write()).rejects.toMatchObject({ code: "transient", message: expect.stringContaining("no time left") });
    expect(await world.state.head("work/x")).toBeDefined();
    world.terminal?.limitRequests(undefined);
    expect(world.remainingMs()).toBeGreaterThan(500_000);
    await write();
  });

  it("knows no Function Compute without an account, and says who starts a task then", async () => {
    const why = (world: World) => {
      try {
        return world.tasks;
      } catch (error) {
        return error;
      }
    };
    expect(why(await open(true))).toMatchObject({ code: "denied", reason: { code: "tasks.notHere" } });
    expect(why(await open(false))).toMatchObject({ code: "denied", message: expect.stringContaining("no role") });
  });

  it("is not limited in a function, whose claims outlive its requests", async () => {
    expect((await open(false)).terminal).toBeUndefined();
  });
});
