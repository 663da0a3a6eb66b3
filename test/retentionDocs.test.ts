import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { parse, stringify } from "yaml";
import { runCommand } from "../infra/cli/program.ts";
import { checkConfig } from "../shared/runtime/config/loadConfig.ts";
import { advanceJob } from "../shared/tick/advance.ts";
import { createSnapshots } from "../shared/tick/createSnapshots.ts";
import { pinSnapshot } from "../shared/verbs/pins/apply.ts";
import { enter } from "./golden/memorySession.ts";
import { BACKUPS, nights } from "./golden/stages.ts";
import { localNames } from "./world/localNames.ts";
import { STEP2, uuidOf } from "./world/moved.ts";
import { DAY_MS, type TestWorld } from "./world/world.ts";

vi.mock("../infra/cli/session.ts", async (original) => {
  const { openMemorySession } = await import("./golden/memorySession.ts");
  return { ...(await original<typeof import("../infra/cli/session.ts")>()), openSession: openMemorySession };
});

/** What the commands of the guide name: a snapshot of ours, and one of somebody else's with its uuid. */
const PINNED = { repository: "movies-aws", snapshot: "nightly-20261122t013000z-1-88f81" };
const UUID = "5ca21098a03978fcd56e32";

/** Takes `snap-1` by hand before the newest night; resolves to its uuid. */
async function theirs(world: TestWorld): Promise<string> {
  await world.source.createSnapshot("movies-aws", "snap-1", { indices: ["movies"], metadata: {} });
  world.source.finishSnapshots();
  world.advance(DAY_MS);
  const { job } = await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
  world.source.finishSnapshots();
  await advanceJob(await world.open(), job);
  return (await world.source.getSnapshot("movies-aws", "snap-1"))?.uuid ?? "";
}

const text = readFileSync("docs/retention.md", "utf8");
const blocks = (language: string) =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, "g"))].map(([, block = ""]) => block);

describe("the examples of docs/retention.md", () => {
  it.each(blocks("yaml"))("are accepted by the check of the configuration: %s", (block) => {
    const policy = { repository: "backups", indices: ["*"], schedule: { cron: "0 30 1 * * *" }, ...(parse(block) as object) };
    const config = {
      version: 1,
      state: { store: "directory", bucket: "/srv/state" },
      clusters: { source: { url: "http://127.0.0.1:9200" } },
      repositories: { backups: { cluster: "source", register: { type: "fs", settings: { location: "/srv/backups" } } } },
      backups: { nightly: policy },
    };
    expect(checkConfig(stringify(config), {}).faults).toEqual([]);
  });

  it.each(blocks("sh").flatMap((block) => block.trim().split("\n")))("show a command that runs: %s", async (line) => {
    const world = await nights(3, localNames);
    const uuid = await theirs(world);
    if (line.startsWith("ossnap unpin")) await pinSnapshot(await world.open(), { ...PINNED, because: "audit of 2026" }, "ops");
    if (line.includes("--broken")) await world.fill(BACKUPS, STEP2.blobs, [`snap-${uuidOf("snap-2")}.dat`]);
    const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
    const outputs = { stdout: "", stderr: "" };
    enter({ world }, outputs);
    expect(
      await runCommand(
        words.slice(1).map((word) => (word === UUID ? uuid : word)),
        {},
      ),
      outputs.stderr,
    ).toBe(0);
    expect(outputs.stdout).not.toBe("");
  });
});
