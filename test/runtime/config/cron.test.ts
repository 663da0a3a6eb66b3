import { describe, expect, it } from "vitest";
import { cronProblem, timeZoneProblem } from "../../../shared/runtime/config/cron.ts";

describe("cron expressions with the same meaning here and on Function Compute", () => {
  it.each([
    "0 30 1 * * *",
    "0 */5 * * * *",
    "0 0 1-5,20 * * *",
    "0 0 1 1,15 * *",
    "0 0 1 * JAN-MAR *",
    "0 0 1 ? * MON-FRI",
    "0 0 1 * * sat,sun",
    "0 0 0 29 2 *",
    "59 59 23 31 12 *",
  ])("%s is accepted", (cron) => {
    expect(cronProblem(cron)).toBeUndefined();
  });

  it.each([
    ["30 1 * * *", "not a cron expression of six fields, has 5"],
    ["0 0 1 * * * 2026", "not a cron expression of six fields, has 7"],
    ["@daily", "not a cron expression of six fields, has 1"],
    ["@every 5m", "not a cron expression of six fields, has 2"],
    ["CRON_TZ=UTC 0 30 1 * * *", "not a cron expression of six fields, has 7"],
    ["* 30 1 * * *", "cron field second is not usable"],
    ["0 x 1 * * *", "cron field minute is not usable"],
    ["0 0 1 L * *", "cron field day is not usable"],
    ["0 0 1 15W * *", "cron field day is not usable"],
    ["0 0 1 * * 1-5", "cron field weekday is not usable"],
    ["0 0 1 * * MON#2", "cron field weekday is not usable"],
    ["0 0 1 1 * MON", "cron names days and weekdays at once, which timers read differently"],
    ["0 61 1 * * *", "cron has a value out of range"],
    ["0 0 24 * * *", "cron has a value out of range"],
    ["0 0 0 30 2 *", "cron never fires"],
  ])("%s is rejected: %s", (cron, wrong) => {
    expect(cronProblem(cron)?.wrong).toBe(wrong);
  });
});

describe("time zones", () => {
  it.each(["UTC", "Asia/Shanghai", "Europe/Berlin"])("%s is valid", (timeZone) => {
    expect(timeZoneProblem(timeZone)).toBeUndefined();
  });

  it.each(["", "+08:00", "Asia/Peking", "Shanghai", "local"])("%j is not a time zone", (timeZone) => {
    expect(timeZoneProblem(timeZone)?.wrong).toBe("not a time zone");
  });
});
