import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { FunctionHostOptions } from "../../../../infra/local/fc/host.ts";
import { startTestHost, type TestHost } from "./testHost.ts";

let open: TestHost | undefined;
const directories: string[] = [];

afterEach(async () => {
  await open?.close();
  open = undefined;
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function hostOf(sources: Parameters<typeof startTestHost>[0], options: Partial<FunctionHostOptions> = {}): TestHost {
  open = startTestHost(sources, options);
  return open;
}

function freshDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "fc-seen-"));
  directories.push(directory);
  return directory;
}

/** A handler that records each delivery in a file, then runs `rest`. */
function noting(rest = "return ''"): { code: string; seen: () => string[] } {
  const file = join(freshDirectory(), "seen");
  const code = `require('node:fs').appendFileSync(${JSON.stringify(file)}, event + ' ' + context.requestId + '\\n'); ${rest}`;
  const seen = () => {
    try {
      return readFileSync(file, "utf8").trim().split("\n");
    } catch {
      return [];
    }
  };
  return { code, seen };
}

describe("asynchronous invocations", () => {
  it("are delivered once when all goes well", async () => {
    const { code, seen } = noting();
    const { host } = hostOf({ on: { code } });
    const { requestId, taskId } = await host.invokeAsync("on", "e1");
    await host.idle();
    expect(seen()).toEqual([`e1 ${requestId}`]);
    expect(taskId).toBeUndefined();
  });

  it.each([0, 2])("are repeated %d times after function errors, under the same request id, then fail", async (retries) => {
    const { code, seen } = noting("throw new Error('still down')");
    const { host } = hostOf({ on: { code, asyncTask: true, maxAsyncRetryAttempts: retries } });
    await host.invokeAsync("on", "e", { taskId: "t1" });
    await host.idle();
    expect(seen()).toHaveLength(1 + retries);
    expect(new Set(seen()).size).toBe(1);
    expect(host.counters("on")).toMatchObject({ enqueued: 1, retried: retries, failed: 1 + retries });
    expect(host.task("on", "t1")).toMatchObject({ status: "Failed", retries, errorMessage: "still down" });
  });

  it("are repeated after a killed instance until one survives", async () => {
    const go = join(freshDirectory(), "go");
    const wait = `while (!require('node:fs').existsSync(${JSON.stringify(go)})) await new Promise((resolve) => setTimeout(resolve, 5));`;
    const { host } = hostOf({ on: { code: `${wait} return ''`, asyncTask: true } });
    host.faults.killAfter("on", 5, 2);
    await host.invokeAsync("on", "e", { taskId: "t1" });
    await expect.poll(() => host.counters("on").exited, { timeout: 10_000 }).toBe(2);
    writeFileSync(go, "");
    await host.idle();
    expect(host.task("on", "t1")).toMatchObject({ status: "Succeeded", retries: 2 });
    expect(host.counters("on")).toMatchObject({ killed: 2, exited: 2, succeeded: 1 });
    expect(host.faults.pending()).toEqual([]);
  });

  it("expire when they waited longer than their maximum age", async () => {
    let now = 0;
    const { code, seen } = noting("throw new Error('down')");
    const { host } = hostOf({ on: { code, asyncTask: true, maxAsyncEventAgeSeconds: 60 } }, { now: () => now, retryBaseMs: 20 });
    host.faults.delay("on", 20);
    await host.invokeAsync("on", "e", { taskId: "t1" });
    now = 61_000;
    await host.idle();
    expect(seen()).toEqual([]);
    expect(host.task("on", "t1")).toMatchObject({ status: "Expired" });
    expect(host.counters("on")).toMatchObject({ expired: 1, delayed: 1, invocations: 0 });
  });

  it("reject a task id while it is known, so that only one run happens", async () => {
    const { code, seen } = noting();
    const { host } = hostOf({ copy: { code, asyncTask: true } });
    expect(await host.invokeAsync("copy", "a", { taskId: "j1-0-1" })).toMatchObject({ taskId: "j1-0-1" });
    const again = { code: "conflict", reason: { code: "task.exists" } };
    await expect(host.invokeAsync("copy", "a", { taskId: "j1-0-1" })).rejects.toMatchObject(again);
    await host.idle();
    await expect(host.invokeAsync("copy", "a", { taskId: "j1-0-1" })).rejects.toMatchObject(again);
    expect(seen()).toHaveLength(1);
    expect(host.tasks("copy")).toMatchObject([{ taskId: "j1-0-1", status: "Succeeded", retries: 0 }]);
  });

  it("reject a task id for a function without task mode, where it would have no effect", async () => {
    const { host } = hostOf({ on: { code: "return ''" } });
    await expect(host.invokeAsync("on", "e", { taskId: "t1" })).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("asyncTask: true"),
    });
  });

  it("are not repeated when their task is stopped, which ends it where it is", async () => {
    const { code, seen } = noting("await new Promise(() => setInterval(() => {}, 1000))");
    const { host } = hostOf({ copy: { code, asyncTask: true } });
    await host.invokeAsync("copy", "a", { taskId: "t1" });
    await expect.poll(seen, { timeout: 10_000 }).toHaveLength(1);
    expect(host.stopTask("copy", "t1")).toBe(true);
    await host.idle();
    expect(host.task("copy", "t1")).toMatchObject({ status: "Stopped", retries: 0 });
    expect([host.stopTask("copy", "t1"), host.stopTask("copy", "never")]).toEqual([false, false]);
  });

  it("can be lost, which happens once, is counted, and leaves no task behind", async () => {
    const { code, seen } = noting();
    const { host } = hostOf({ copy: { code, asyncTask: true } });
    host.faults.lose("copy");
    await host.invokeAsync("copy", "a", { taskId: "t1" });
    await host.idle();
    expect([seen(), host.task("copy", "t1")]).toEqual([[], undefined]);
    await host.invokeAsync("copy", "a", { taskId: "t1" });
    await host.idle();
    expect(seen()).toHaveLength(1);
    expect(host.counters("copy")).toMatchObject({ lost: 1, enqueued: 1 });
    expect(host.faults.pending()).toEqual([]);
  });

  it("arrive twice with one request id when a delivery is doubled", async () => {
    const { code, seen } = noting();
    const { host } = hostOf({ on: { code } });
    host.faults.double("on");
    const { requestId } = await host.invokeAsync("on", "e");
    await host.idle();
    expect(seen()).toEqual([`e ${requestId}`, `e ${requestId}`]);
    expect(host.counters("on")).toMatchObject({ enqueued: 1, doubled: 1, succeeded: 2 });
  });

  it("are neither accepted nor repeated once the host is closed", async () => {
    const { code } = noting("throw new Error('down')");
    const { host } = hostOf({ on: { code } }, { retryBaseMs: 60_000 });
    await host.invokeAsync("on", "e");
    await expect.poll(() => host.counters("on").retried, { timeout: 10_000 }).toBe(1);
    await host.close();
    await expect(host.invokeAsync("on", "e")).rejects.toMatchObject({ code: "conflict" });
    await expect(host.invoke("on", "e")).rejects.toMatchObject({ code: "conflict" });
  });
});
