import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FunctionHost } from "../../../../infra/local/fc/host.ts";
import { startTestHost, type TestHost } from "./testHost.ts";

let eventsDirectory: string;
const open: TestHost[] = [];
beforeEach(() => {
  eventsDirectory = mkdtempSync(join(tmpdir(), "fc-events-"));
});
afterEach(async () => {
  for (const host of open.splice(0)) await host.close();
  rmSync(eventsDirectory, { recursive: true, force: true });
});

const HANGS = { code: "await new Promise(() => {})" };

/** Starts another host on the same directory; the previous one counts as killed and takes no further part. */
function hostOf(sources: Parameters<typeof startTestHost>[0]): FunctionHost {
  const started = startTestHost(sources, { eventsDirectory });
  open.push(started);
  return started.host;
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("asynchronous events across a killed host", () => {
  it("are delivered by the next host when no attempt had started, and deleted once they succeeded", async () => {
    const first = hostOf({ night: { ...HANGS } });
    first.faults.delay("night", 60_000);
    await first.invokeAsync("night", "slot 1");

    const second = hostOf({ night: { code: "return event.toString()" } });
    expect(second.counters("night").invocations).toBe(0);
    second.resume();
    await second.idle();
    expect(second.counters("night")).toMatchObject({ invocations: 1, succeeded: 1 });
    expect(readdirSync(eventsDirectory)).toEqual([]);
  });

  it("are retried after the attempt that ran, while the function has retries left", async () => {
    const first = hostOf({ night: { ...HANGS, maxAsyncRetryAttempts: 1 } });
    await first.invokeAsync("night", "slot 1");
    await until(() => first.counters("night").invocations === 1);

    const second = hostOf({ night: { ...HANGS, maxAsyncRetryAttempts: 1 } });
    second.resume();
    await until(() => second.counters("night").invocations === 1);

    const third = hostOf({ night: { code: "return ''", maxAsyncRetryAttempts: 1 } });
    third.resume();
    await third.idle();
    expect(third.counters("night").invocations).toBe(0);
    expect(readdirSync(eventsDirectory)).toEqual([]);
  });

  it("keep the ids and results of tasks; one that ran without retries has failed", async () => {
    const functions = {
      copy: { code: "if (event.toString() === 'hang') await new Promise(() => {})", asyncTask: true, maxAsyncRetryAttempts: 0 },
    };
    const first = hostOf(functions);
    await first.invokeAsync("copy", "go", { taskId: "over" });
    await first.idle();
    await first.invokeAsync("copy", "hang", { taskId: "running" });
    await until(() => first.task("copy", "running")?.status === "Running");

    const second = hostOf(functions);
    expect(second.task("copy", "over")).toMatchObject({ status: "Succeeded" });
    expect(second.task("copy", "running")).toMatchObject({
      status: "Failed",
      errorMessage: "Process exited unexpectedly before completing request",
    });
    await expect(second.invokeAsync("copy", "go", { taskId: "running" })).rejects.toMatchObject({ reason: { code: "task.exists" } });
  });

  it("leave no trace of the second delivery of a doubled event", async () => {
    const host = hostOf({ night: { code: "return ''" } });
    host.faults.double("night");
    await host.invokeAsync("night", "slot 1");
    await host.idle();
    expect(host.counters("night").succeeded).toBe(2);
    expect(readdirSync(eventsDirectory)).toEqual([]);
  });
});
