import { Cron } from "croner";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { longestIntervalMs } from "../../shared/repository/interval.ts";

const HOUR_MS = 3_600_000;

describe("longest interval of a schedule", () => {
  it.each([
    ["0 30 1 * * *", 24],
    ["0 0 0/12 * * *".replace("0/12", "*/12"), 12],
    ["0 0 9-17 * * MON-FRI", 64],
    ["0 0 1 * * FRI-MON", 96],
    ["0 0 0 1 * *", 31 * 24],
    ["0 0 0 ? * SUN", 7 * 24],
    ["0 0 0 1 JAN,JUL ?", 184 * 24],
    ["0 0 1 * * TUE-MON", 24],
    ["0 0 0 */2 * *", 2 * 24],
    ["0 0 0 1 */4 *", 123 * 24],
    ["0 */20 * * * *", 1 / 3],
  ])("%s: %d hours", (cron, hours) => {
    expect(longestIntervalMs(cron)).toBe(hours * HOUR_MS);
  });

  it("agrees with the timer's own runs", () => {
    const minute = fc.constantFrom("0", "*/15", "5,50", "10-40/10");
    const hour = fc.constantFrom("1", "*", "*/6", "0,22-23", "9-17");
    const day = fc.constantFrom("* * *", "1,15 * *", "* * MON-FRI", "? * SAT", "* FEB,MAR *");
    fc.assert(
      fc.property(minute, hour, day, (one, other, days) => {
        const cron = `0 ${one} ${other} ${days}`;
        const timer = new Cron(cron, { mode: "6-part", timezone: "UTC", paused: true });
        const runs = timer.nextRuns(400, new Date(0)).map((run) => run.getTime());
        const seen = Math.max(...runs.slice(1).map((run, index) => run - (runs[index] ?? run)));
        expect(longestIntervalMs(cron)).toBeGreaterThanOrEqual(seen);
        expect(longestIntervalMs(cron)).toBeLessThanOrEqual(Math.max(seen, 366 * 24 * HOUR_MS));
      }),
      { numRuns: 15 },
    );
  });
});
