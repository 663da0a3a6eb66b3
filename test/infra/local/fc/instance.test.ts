import { execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import type { FunctionHostOptions } from "../../../../infra/local/fc/host.ts";
import type { InvocationResult } from "../../../../infra/local/fc/instance.ts";
import { peakOf } from "../../../../infra/local/fc/memory.ts";
import { isAlive } from "../../../../infra/local/host/orphans.ts";
import { startTestHost, type TestHost } from "./testHost.ts";

let open: TestHost | undefined;

afterEach(async () => {
  await open?.close();
  open = undefined;
});

function hostOf(sources: Parameters<typeof startTestHost>[0], options: Partial<FunctionHostOptions> = {}): TestHost {
  open = startTestHost(sources, options);
  return open;
}

function textOf(result: InvocationResult): string {
  if (!result.ok) throw new Error(`${result.errorType}: ${result.errorMessage}`);
  return result.value.toString();
}

/** `T` of a stopped process; "" of one that is gone. */
async function stateOf(pid: number): Promise<string> {
  const { stdout } = await promisify(execFile)("ps", ["-o", "stat=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  return stdout.trim().charAt(0);
}

/** Takes and keeps so many megabytes outside V8's heap. */
const TAKE = `globalThis.kept ??= []; const mb = Number(event.toString());
  for (let i = 0; i < mb; i++) globalThis.kept.push(Buffer.alloc(1024 * 1024, 1)); return 'took ' + mb;`;

describe("an instance", () => {
  it("is a process of its own, stopped between two requests: its timers do not run", async () => {
    const { host } = hostOf({
      tick: { code: "globalThis.ticks ??= (setInterval(() => globalThis.ticks++, 5), 0); return process.pid + ' ' + globalThis.ticks" },
    });
    const [pid = 0, before = 0] = textOf(await host.invoke("tick", ""))
      .split(" ")
      .map(Number);
    expect(pid).not.toBe(process.pid);
    expect(await stateOf(pid)).toBe("T");
    await sleep(300);
    const [again, after = 0] = textOf(await host.invoke("tick", ""))
      .split(" ")
      .map(Number);
    expect(again).toBe(pid);
    // Sixty would have run.
    expect(after - before).toBeLessThan(20);
  });

  it("dies over its memory, whatever takes it, with the figure and the limit; the next request gets a fresh one", async () => {
    const { host, lines } = hostOf({ take: { code: TAKE, memoryMb: 256 } });
    expect(textOf(await host.invoke("take", "20"))).toBe("took 20");
    const died = await host.invoke("take", "400");
    expect(died).toMatchObject({ ok: false, kind: "exit" });
    expect(died).toHaveProperty(
      "errorMessage",
      expect.stringMatching(
        /^Process exited unexpectedly before completing request \(it took \d+ MB of memory, and memorySize is 256 MB\)$/,
      ),
    );
    expect(lines.join("\n")).toContain("memorySize is 256 MB");
    expect(textOf(await host.invoke("take", "20"))).toBe("took 20");
    expect(host.counters("take")).toMatchObject({ coldStarts: 2, exited: 1 });
  });

  it("dies of a peak that is over before anybody looks", async () => {
    const { host } = hostOf({ peak: { code: "Buffer.alloc(300 * 1024 * 1024, 1); return 'small again'", memoryMb: 256 } });
    expect(await host.invoke("peak", "")).toMatchObject({
      ok: false,
      kind: "exit",
      errorMessage: expect.stringContaining("memorySize is 256"),
    });
  });

  it("has a heap of half its memory, as Node takes it in a container", async () => {
    const code = "return String(require('node:v8').getHeapStatistics().heap_size_limit / 1024 / 1024)";
    const { host } = hostOf({ heap: { code, memoryMb: 512 } });
    const heapMb = Number(textOf(await host.invoke("heap", "")));
    expect(heapMb).toBeGreaterThan(250);
    expect(heapMb).toBeLessThan(330);
  });

  it("takes and returns 32 MB", async () => {
    const { host } = hostOf({ echo: { code: "return event", memoryMb: 1024 } });
    const bytes = Buffer.alloc(32 * 1024 * 1024, 7);
    const result = await host.invoke("echo", bytes);
    expect(result.ok && result.value.equals(bytes)).toBe(true);
  });

  it("does not outlive a host that is killed, though it is stopped", async () => {
    const script = `
      import { startTestHost } from ${JSON.stringify(resolve("test/infra/local/fc/testHost.ts"))};
      const { host } = startTestHost({ pid: { code: "return String(process.pid)" } });
      const result = await host.invoke("pid", "");
      console.log(result.value.toString());
      setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const pid = await new Promise<number>((resolvePid) => child.stdout.once("data", (chunk: Buffer) => resolvePid(Number(chunk))));
    expect(await stateOf(pid)).toBe("T");
    child.kill("SIGKILL");
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  });

  it("stays through a Ctrl-C that reaches the whole group, because its host ends it in order", async () => {
    const { host } = hostOf({
      wait: { code: "process.kill(process.pid, 'SIGINT'); await new Promise((r) => setTimeout(r, 50)); return 'there'" },
    });
    expect(textOf(await host.invoke("wait", ""))).toBe("there");
  });
});

describe("the memory of a process", () => {
  it("is what is resident, at its peak", async () => {
    const script = "Buffer.alloc(100 * 1024 * 1024, 1); console.log('taken'); setInterval(() => 0, 1000)";
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((done) => child.stdout.once("data", done));
    const bytes = await peakOf(child.pid ?? 0);
    child.kill("SIGKILL");
    expect(bytes).toBeGreaterThan(100 * 1024 * 1024);
    expect(bytes).toBeLessThan(400 * 1024 * 1024);
  });

  it("is nothing once it is gone", async () => {
    expect(readFileSync("/proc/self/status", "utf8")).toContain("VmHWM");
    expect(await peakOf(2 ** 22 + 1)).toBe(0);
  });
});
