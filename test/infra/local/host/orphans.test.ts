import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stopOrphans } from "../../../../infra/local/host/orphans.ts";

let run: string;
/** Outside the run, because no other process may mention the run's path. */
let words: string;
const started: number[] = [];
beforeEach(async () => {
  run = await mkdtemp(join(tmpdir(), "ossnap-orphans-test-"));
  words = await mkdtemp(join(tmpdir(), "ossnap-words-"));
});
afterEach(async () => {
  for (const pid of started.splice(0)) if (isRunning(pid)) process.kill(-pid, "SIGKILL");
  for (const directory of [run, words]) await rm(directory, { recursive: true, force: true });
});

/** Starts a server with a child process, as the launcher of Elasticsearch 8 has one. Its file exists once it handles signals. */
async function server({ args = [], env = {}, trap = "exit" }: { args?: string[]; env?: Record<string, string>; trap?: string }) {
  const said = join(words, `said-${started.length}`);
  const script = `trap '${trap}' TERM; sleep 600 & echo $! > ${said}; while true; do sleep 0.02; done`;
  const child = spawn("sh", ["-c", script, ...args], { detached: true, stdio: "ignore", env: { PATH: process.env.PATH, ...env } });
  const pid = child.pid as number;
  started.push(pid);
  await until(() => existsSync(said));
  await sleep(20);
  return { pid, grandchild: async () => Number(await readFile(said, "utf8")) };
}

describe("servers left behind by a killed host", () => {
  it("are ended with all their children, recognised by command line or environment", async () => {
    const byCommand = await server({ args: [join(run, "s3")] });
    const byEnvironment = await server({ env: { HOME: join(run, "source") } });
    await writeFile(join(run, "s3.pid"), String(byCommand.pid));
    await writeFile(join(run, "source.pid"), String(byEnvironment.pid));

    expect((await stopOrphans(run)).sort()).toEqual([byCommand.pid, byEnvironment.pid].sort());
    for (const { pid, grandchild } of [byCommand, byEnvironment]) {
      expect(isRunning(pid)).toBe(false);
      await until(async () => !isRunning(await grandchild()));
    }
    expect(existsSync(join(run, "s3.pid"))).toBe(false);
  });

  it("do not include an unrelated process that has reused the pid", async () => {
    const stranger = await server({ args: [`${run}-of-somebody-else/s3`] });
    await writeFile(join(run, "s3.pid"), String(stranger.pid));

    expect(await stopOrphans(run)).toEqual([]);
    expect(isRunning(stranger.pid)).toBe(true);
    expect(existsSync(join(run, "s3.pid"))).toBe(false);
  });

  it("do not include a free pid or a truncated pid file", async () => {
    await writeFile(join(run, "gone.pid"), "4194999");
    await writeFile(join(run, "cut.pid"), "");

    expect(await stopOrphans(run)).toEqual([]);
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let poll = 0; poll < 300; poll += 1) {
    if (await isTrue()) return;
    await sleep(30);
  }
  throw new Error("it never came true");
}
