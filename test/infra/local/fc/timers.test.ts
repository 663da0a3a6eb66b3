import { afterEach, describe, expect, it, vi } from "vitest";
import type { FunctionHost } from "../../../../infra/local/fc/host.ts";
import { fireTimer, scheduleOf, startTimers } from "../../../../infra/local/fc/timers.ts";
import { startTestHost } from "./testHost.ts";

const trigger = { functionName: "create", name: "nightly", cron: "CRON_TZ=Asia/Shanghai 0 30 1 * * *", payload: '{"policy":"nightly"}' };

afterEach(() => {
  vi.useRealTimers();
});

/** Records what the timers deliver. */
function recordingHost(): { host: FunctionHost; events: unknown[] } {
  const events: unknown[] = [];
  const host = {
    async invokeAsync(functionName: string, event: object) {
      events.push([functionName, event]);
      return { requestId: "r", taskId: undefined };
    },
  };
  return { host: host as unknown as FunctionHost, events };
}

describe("timers", () => {
  it.each([
    ["CRON_TZ=Asia/Shanghai 0 30 1 * * *", "2026-11-21T00:00:00.000Z", "2026-11-21T17:30:00.000Z"],
    ["0 30 1 * * *", "2026-11-21T01:30:00.000Z", "2026-11-22T01:30:00.000Z"],
    ["@every 5m", "2026-11-21T01:30:07.000Z", "2026-11-21T01:35:07.000Z"],
  ])("schedule %s after %s at %s", (cron, after, due) => {
    expect(scheduleOf({ ...trigger, cron })(new Date(after)).toISOString()).toBe(due);
  });

  it.each(["30 1 * * *", "CRON_TZ=Mars/Base 0 30 1 * * *", "0 61 1 * * *", "0 0 0 30 2 *", "@every 0m", "@daily"])(
    "reject %s, naming timer and cron",
    (cron) => {
      const { host } = recordingHost();
      expect(() => startTimers({ host, triggers: [{ ...trigger, cron }] })).toThrow(`timer nightly of create: cron "${cron}"`);
    },
  );

  it("fire at the exact times of their schedule until closed", async () => {
    vi.useFakeTimers({ now: new Date("2026-11-21T17:29:58.300Z") });
    const { host, events } = recordingHost();
    const timers = startTimers({ host, triggers: [trigger, { ...trigger, name: "tick", cron: "@every 1s", payload: "" }] });
    await vi.advanceTimersByTimeAsync(2_000);
    timers.close();
    await vi.advanceTimersByTimeAsync(86_400_000);
    expect(events).toEqual([
      ["create", { triggerTime: "2026-11-21T17:29:59Z", triggerName: "tick", payload: "" }],
      ["create", { triggerTime: "2026-11-21T17:30:00Z", triggerName: "nightly", payload: '{"policy":"nightly"}' }],
      ["create", { triggerTime: "2026-11-21T17:30:00Z", triggerName: "tick", payload: "" }],
    ]);
  });

  it("wait longer than Node's longest timer without firing early", async () => {
    vi.useFakeTimers({ now: new Date("2026-01-01T00:00:01.000Z") });
    const { host, events } = recordingHost();
    const timers = startTimers({ host, triggers: [{ ...trigger, cron: "0 0 0 1 3 *" }] });
    await vi.advanceTimersByTimeAsync(58 * 86_400_000);
    expect(events).toEqual([]);
    await vi.advanceTimersByTimeAsync(86_400_000);
    expect(events).toHaveLength(1);
    timers.close();
  });

  it("report when the host accepts no event", async () => {
    vi.useFakeTimers({ now: 0 });
    const refused: string[] = [];
    const host = { invokeAsync: async () => Promise.reject(new Error("closed")) } as unknown as FunctionHost;
    const timers = startTimers({ host, triggers: [{ ...trigger, cron: "@every 1m" }], onError: (error) => refused.push(error.message) });
    await vi.advanceTimersByTimeAsync(60_000);
    timers.close();
    expect(refused).toEqual(["timer nightly of create: closed"]);
  });

  it("can fire for a past time, which the function receives as triggerTime", async () => {
    const test = startTestHost({ create: { code: "console.log('got ' + event); return ''" } });
    await fireTimer(test.host, trigger, new Date("2022-08-03T13:52:30.000Z"));
    await test.host.idle();
    await test.close();
    expect(test.lines.join("\n")).toContain(
      'got {"triggerTime":"2022-08-03T13:52:30Z","triggerName":"nightly","payload":"{\\"policy\\":\\"nightly\\"}"}',
    );
  });
});
