import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startChild } from "../../../../infra/local/servers/process.ts";

const processModule = new URL("../../../../infra/local/servers/process.ts", import.meta.url).href;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "ossnap-process-test-"));
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

const shell = (name: string, script: string) => ({
  name,
  command: "sh",
  args: ["-c", script],
  cwd: directory,
  env: { PATH: process.env.PATH ?? "" },
  logFile: join(directory, `${name}.log`),
});

describe("child process", () => {
  it("is asked to stop, and its last output is kept", async () => {
    const child = await startChild(shell("polite", "trap 'echo bye; exit 3' TERM; echo ready; while true; do sleep 0.05; done"));
    await until(() => child.logTail().includes("ready"));
    expect(child.ended()).toBeUndefined();
    await child.stop();
    await child.stop();

    expect(child.ended()).toBe("exit code 3");
    expect(child.logTail()).toContain("bye");
    expect(isRunning(child.pid)).toBe(false);
  });

  it("is killed with all its children", async () => {
    const child = await startChild(shell("family", "trap '' TERM; sleep 600 & echo $!; wait"));
    await until(() => /\d+/.test(child.logTail()));
    const grandchild = Number(child.logTail());
    await child.kill();

    expect(child.ended()).toBe("signal SIGKILL");
    await until(() => !isRunning(grandchild));
  });

  it("reports its own exit", async () => {
    const child = await startChild(shell("short", "echo oops >&2; exit 7"));
    await until(() => child.ended() !== undefined);

    expect(child.ended()).toBe("exit code 7");
    expect(child.logTail()).toBe("oops");
  });

  it("fails as invalid, with its name, when it cannot be started", async () => {
    const failure = startChild({ ...shell("S3 server", ""), command: join(directory, "nosuch") });

    await expect(failure).rejects.toMatchObject({ code: "invalid", message: expect.stringContaining("S3 server cannot be started") });
  });
});

describe.concurrent("exit of the host", () => {
  it.each([
    ["SIGINT", 130, ""],
    ["SIGTERM", 143, ""],
    ["an uncaught error", 1, "setTimeout(() => { throw new Error('planted'); }, 50);"],
    ["process.exit", 5, "setTimeout(() => process.exit(5), 50);"],
  ])("by %s leaves no child behind", async (how, exitCode, afterwards) => {
    const pidFile = join(directory, `${how.replace(/\W/g, "")}.log`);
    const script = `
      import { startChild } from ${JSON.stringify(processModule)};
      await startChild({ name: "c", command: "sh", args: ["-c", "trap '' TERM INT; echo $$; while true; do sleep 1; done"], cwd: "/",
        env: { PATH: process.env.PATH }, logFile: ${JSON.stringify(pidFile)} });
      setInterval(() => {}, 1000);
      ${afterwards}`;
    const host = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", script], { stdio: "ignore" });
    const ended = new Promise<number | null>((resolve) => host.once("exit", resolve));
    let child = 0;
    await until(async () => {
      child = Number(await readFile(pidFile, "utf8").catch(() => ""));
      return child > 0;
    });
    if (how.startsWith("SIG")) host.kill(how as NodeJS.Signals);

    expect(await ended).toBe(exitCode);
    await until(() => !isRunning(child));
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
