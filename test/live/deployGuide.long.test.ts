import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { localEnvironmentFile } from "../../infra/cli/environment.ts";
import { type ControlPlane, startControlPlane } from "../../infra/local/fc/control/startControlPlane.ts";
import { roleArns } from "../../infra/local/host/accountKeys.ts";
import { FIRST_MOVIES, writeMovies } from "../../infra/local/story/documents.ts";
import { commandsOf, type Ended, typed as typedInto } from "./guide.ts";
import { type LiveHost, startLive } from "./startStory.ts";

/** Beside a host or a story that may be running on this machine. */
const PORT_BASE = "21850";

let live: LiveHost;
let plane: ControlPlane;
let directory: string;

beforeAll(async () => {
  live = await startLive(PORT_BASE);
  const { plan } = live.host;
  directory = await mkdtemp(join(tmpdir(), "ossnap-deploy-guide-"));
  plane = await startControlPlane({ accountId: plan.accountId, region: plan.region, credentials: plan.keys.terminal, port: 0 });
  const { workers, http } = roleArns(plan.accountId);
  const own = `ACCOUNT_ID=${plan.accountId}\nOSSNAP_ROLE_ARN=${workers}\nOSSNAP_HTTP_ROLE_ARN=${http}\n`;
  await writeFile(join(directory, "prod.env"), (await readFile(localEnvironmentFile(), "utf8")) + own);
  await mkdir(join(directory, ".s"));
  // Otherwise the command sends usage data to its vendor.
  await writeFile(join(directory, ".s", "set-config.yml"), "analysis: disable\n");
  await writeMovies(live.host.source.url, live.host.plan.versions.source, FIRST_MOVIES);
  // In place of the timer.
  live.host.startTimers();
}, 600_000);

afterAll(async () => {
  await plane?.close();
  await live?.host.close();
  if (directory) await rm(directory, { recursive: true, force: true });
});

/** The control plane and the component take the places of Function Compute's and of fc3. */
function typed(line: string, envFile?: string): Promise<Ended> {
  const { accessKeyId, accessKeySecret } = live.host.plan.keys.terminal;
  const deploying = {
    OSSNAP_FC_ENDPOINT: plane.url,
    OSSNAP_FC3_COMPONENT: resolve("test/fixtures/fc3/component"),
    ...{ HOME: directory, USERPROFILE: directory, NODE_ENV: "test" },
    ...{ CONTROL_PLANE: plane.url, KEY_ID: accessKeyId, KEY_SECRET: accessKeySecret },
  };
  const env = /npm run (un)?deploy/.test(line) ? deploying : {};
  return typedInto(line, { "prod.env": join(directory, "prod.env") }, envFile === undefined ? env : { OSSNAP_ENV_FILE: envFile });
}

describe("docs/deploy.md", () => {
  it("is followed from its first command to its last", async () => {
    const commands = await commandsOf("docs/deploy.md");
    expect(commands.length).toBeGreaterThan(12);
    const deployed: number[] = [];
    for (const line of commands) {
      const { exitCode, text } = await typed(line);
      expect(exitCode, text).toBe(0);
      for (const secret of [live.host.plan.keys.terminal.accessKeySecret, live.host.plan.s3.secretAccessKey])
        expect(text).not.toContain(secret);
      if (line.startsWith("npm run")) deployed.push(plane.functions.size);
    }
    // The check, the plan, the deployment, what a removal would do, the removal, and that of functions from before a deployment had its name.
    expect(deployed).toEqual([0, 0, 7, 7, 0, 0]);
    expect((await live.jobs("backup")).map(({ state }) => state)).toEqual(["done"]);
  }, 900_000);
});

describe("docs/operations.md", () => {
  it("has commands that run as they stand", async () => {
    const commands = await commandsOf("docs/operations.md");
    expect(commands.length).toBeGreaterThan(10);
    for (const line of commands) {
      const { exitCode, text } = await typed(line, join(directory, "prod.env"));
      expect(exitCode, text).toBe(0);
    }
  }, 600_000);

  it("adopts a state that was lost", async () => {
    const state = live.stateBucket;
    const listed = await state.listV2({ prefix: "prod/", "max-keys": "1000" }, {});
    await state.deleteMulti((listed.objects ?? []).map(({ name }) => name));
    const lost = (await commandsOf("docs/operations.md")).filter((line) => /init|adopt|status/.test(line)).slice(-4);
    expect(lost).toEqual(["ossnap init", "ossnap adopt", "ossnap adopt --yes", "ossnap status"]);
    for (const line of lost) {
      const { exitCode, text } = await typed(line, join(directory, "prod.env"));
      expect(exitCode, text).toBe(0);
    }
  }, 300_000);
});
