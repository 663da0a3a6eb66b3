import { describe, expect, it } from "vitest";
import { dueSlots, nextSlot } from "../../shared/plan/slots.ts";

const at = (text: string) => new Date(text);
const due = (cron: string, timeZone: string, since: string, now: string) =>
  dueSlots({ cron, timeZone }, at(since), at(now)).map((slot) => slot.toISOString());

describe("due slots", () => {
  it("are those after the last handled slot up to now, oldest first", () => {
    expect(due("0 30 1 * * *", "UTC", "2026-11-19T01:30:00Z", "2026-11-21T01:30:00Z")).toEqual([
      "2026-11-20T01:30:00.000Z",
      "2026-11-21T01:30:00.000Z",
    ]);
    expect(due("0 30 1 * * *", "UTC", "2026-11-21T01:30:00Z", "2026-11-22T01:29:59Z")).toEqual([]);
  });

  it("follow the wall clock of the time zone", () => {
    expect(due("0 30 1 * * *", "Asia/Shanghai", "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z")).toEqual(["2026-11-20T17:30:00.000Z"]);
  });

  it.each([
    ["Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z"],
    ["Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z"],
    ["America/New_York", "2026-10-31T12:00:00Z", "2026-11-02T12:00:00Z"],
    ["America/New_York", "2026-03-07T12:00:00Z", "2026-03-09T12:00:00Z"],
  ])("occur once a night across a clock change (%s from %s)", (timeZone, since, now) => {
    expect(due("0 30 2 * * *", timeZone, since, now)).toHaveLength(2);
  });

  it("are each found once, however often and whenever the schedule is polled", () => {
    const schedule = { cron: "0 */20 * * * *", timeZone: "Europe/Berlin" };
    const [start, end] = [at("2026-10-24T23:00:00Z").getTime(), at("2026-10-25T04:00:00Z").getTime()];
    const atOnce = dueSlots(schedule, new Date(start), new Date(end)).map(Number);
    const found: number[] = [];
    let since = new Date(start);
    for (let now = start; now <= end; now += 7 * 60_000) {
      const slots = dueSlots(schedule, since, new Date(now));
      found.push(...slots.map(Number));
      since = slots.at(-1) ?? since;
    }
    expect(new Set(found).size).toBe(found.length);
    expect(atOnce.slice(0, found.length)).toEqual(found);
    expect(atOnce.length).toBe(15);
  });

  it("are limited to the newest ones after a long outage", () => {
    const slots = dueSlots({ cron: "0 * * * * *", timeZone: "UTC" }, at("2026-11-20T00:00:00Z"), at("2026-11-21T00:00:00Z"));
    expect([slots.length, slots.at(-1)?.toISOString()]).toEqual([500, "2026-11-21T00:00:00.000Z"]);
  });

  it("include the next slot after a given time", () => {
    expect(nextSlot({ cron: "0 30 1 * * *", timeZone: "UTC" }, at("2026-11-21T01:30:00Z"))?.toISOString()).toBe("2026-11-22T01:30:00.000Z");
  });
});
