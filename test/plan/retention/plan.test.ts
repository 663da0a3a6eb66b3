import { describe, expect, it } from "vitest";
import { reason } from "../../../shared/model/reason.ts";
import { periodsOf } from "../../../shared/plan/retention/periods.ts";
import type { PrunableSnapshot, PrunePlan } from "../../../shared/plan/retention/plan.ts";
import { say } from "../../../shared/words/say.ts";
import { plan, snapshot } from "./prunable.ts";

/** Maps each name to the codes that keep it, or to the code that removes it, with a minus in front. */
function table({ keep, remove, later }: PrunePlan): Record<string, string> {
  const kept = keep.map(({ name, reasons }) => [name, reasons.map(({ code }) => code.replace("keep.", "")).join(" ")]);
  const gone = [...remove, ...later].map(({ name, reasons }) => [
    name,
    reasons.map(({ code, params }) => `-${code.replace("remove.", "")} ${params.rule ?? ""}`.trim()).join(" "),
  ]);
  return Object.fromEntries([...kept, ...gone]);
}

const days = (...hours: string[]) => hours.map((hour) => snapshot(hour));

describe("retention in a time zone", () => {
  it("keeps one snapshot an hour through the autumn night that has 02:00 twice (Berlin)", () => {
    // 02:30 summer time, 02:30 winter time, 02:50 winter time, 03:10.
    const night = days("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T01:50:00Z", "2026-10-25T02:10:00Z");
    expect(table(plan(night, { hourly: 3 }, { timeZone: "Europe/Berlin" }))).toEqual({
      "2026-10-25T02:10:00Z": "newest hourly",
      "2026-10-25T01:50:00Z": "hourly",
      "2026-10-25T01:30:00Z": "-period hourly",
      "2026-10-25T00:30:00Z": "hourly",
    });
  });

  it("does not count the skipped hour in spring (New York)", () => {
    // 01:30 and 03:30 on the wall clock, one hour apart.
    const night = days("2026-03-08T06:30:00Z", "2026-03-08T07:30:00Z", "2026-03-08T08:30:00Z");
    const { keep } = plan(night, { hourly: 3 }, { timeZone: "America/New_York" });
    expect(keep.map(({ reasons }) => reasons.find(({ code }) => code === "keep.hourly")?.params.period)).toEqual([
      "2026-03-08T04GMT-04:00",
      "2026-03-08T03GMT-04:00",
      "2026-03-08T01GMT-05:00",
    ]);
  });

  it.each([
    // 23:30 UTC is the next morning in Shanghai.
    ["UTC", { "2026-11-20T23:30:00Z": "newest daily", "2026-11-20T15:30:00Z": "-period daily", "2026-11-19T23:30:00Z": "daily" }],
    ["Asia/Shanghai", { "2026-11-20T23:30:00Z": "newest daily", "2026-11-20T15:30:00Z": "daily", "2026-11-19T23:30:00Z": "-period daily" }],
  ])("determines days by the wall clock of %s", (timeZone, expected) => {
    const nights = days("2026-11-19T23:30:00Z", "2026-11-20T15:30:00Z", "2026-11-20T23:30:00Z");
    expect(table(plan(nights, { daily: 2 }, { timeZone }))).toEqual(expected);
  });

  it("assigns the first days of January to the ISO week of the old year", () => {
    expect(periodsOf(new Date("2027-01-03T12:00:00Z"), "UTC")).toMatchObject({ weekly: "2026-W53", monthly: "2027-01", yearly: "2027" });
    expect(periodsOf(new Date("2027-01-04T12:00:00Z"), "UTC").weekly).toBe("2027-W01");
  });

  it("applies every rule independently, each keeping the newest snapshot of its period", () => {
    const all = days(
      "2025-12-31T01:30:00Z",
      "2026-09-30T01:30:00Z",
      "2026-10-31T01:30:00Z",
      "2026-11-14T01:30:00Z",
      "2026-11-19T01:30:00Z",
      "2026-11-20T01:30:00Z",
      "2026-11-21T01:30:00Z",
    );
    expect(table(plan(all, { daily: 2, weekly: 2, monthly: 2, yearly: 2 }))).toEqual({
      "2026-11-21T01:30:00Z": "newest daily weekly monthly yearly",
      "2026-11-20T01:30:00Z": "daily",
      "2026-11-19T01:30:00Z": "-period weekly",
      "2026-11-14T01:30:00Z": "weekly",
      "2026-10-31T01:30:00Z": "monthly",
      "2026-09-30T01:30:00Z": "-period yearly",
      "2025-12-31T01:30:00Z": "yearly",
    });
  });

  it("counts `within` back from the newest snapshot, not from the clock, so that a pause in backups deletes nothing", () => {
    const old = days("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z", "2020-01-03T00:00:00Z");
    expect(table(plan(old, { withinMs: 24 * 3_600_000 }))).toMatchObject({
      "2020-01-02T00:00:00Z": "within",
      "2020-01-01T00:00:00Z": "-beyond",
    });
  });
});

describe("invariant 5: pruning never removes", () => {
  const four = days("2026-11-18T00:00:00Z", "2026-11-19T00:00:00Z", "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z");
  const change = (index: number, more: Partial<PrunableSnapshot>) => four.map((one, at) => (at === index ? { ...one, ...more } : one));

  it("the newest good snapshot, whatever followed it", () => {
    const failed = change(3, { state: "PARTIAL" });
    expect(table(plan(failed, {}))).toMatchObject({ "2026-11-21T00:00:00Z": "notReplaced", "2026-11-20T00:00:00Z": "newest" });
  });

  it("the last snapshot that holds an index", () => {
    const { keep } = plan(change(1, { indices: ["movies", "gone"] }), {});
    expect(keep.find(({ name }) => name === "2026-11-19T00:00:00Z")?.reasons).toEqual([
      reason("keep.lastOfIndex", { indices: ["gone"], count: 1, goneSince: "2026-11-20T00:00:00.000Z" }),
    ]);
  });

  it("a snapshot that is pinned or needed, and gives the reason", () => {
    const why = new Map([["2026-11-18T00:00:00Z", reason("keep.pinned", { by: "ops", because: "audit" })]]);
    expect(table(plan(four, {}, { protected: why }))).toMatchObject({
      "2026-11-18T00:00:00Z": "pinned",
      "2026-11-19T00:00:00Z": "-beyond",
    });
  });

  it("a snapshot that is foreign or running", () => {
    expect(table(plan(change(0, { ours: false }), {}))).toMatchObject({ "2026-11-18T00:00:00Z": "foreign" });
    expect(table(plan(change(0, { state: "IN_PROGRESS" }), {}))).toMatchObject({ "2026-11-18T00:00:00Z": "running" });
  });

  it("anything below the floor", () => {
    const { keep, remove } = plan(four, { atLeast: 3 });
    expect([keep.length, remove.length]).toEqual([3, 1]);
    expect(table(plan(four, { atLeast: 9 }))).not.toMatchObject({ "2026-11-18T00:00:00Z": expect.stringMatching(/^-/) });
  });

  it("more than the caps at once, oldest first, and lists the rest for later", () => {
    expect(plan(four, {}, { atMost: 2 })).toMatchObject({
      remove: [{ name: "2026-11-18T00:00:00Z" }, { name: "2026-11-19T00:00:00Z" }],
      later: [{ name: "2026-11-20T00:00:00Z" }],
    });
    expect(plan(four, {}, { atMostPercent: 50 }).remove).toHaveLength(2);
    expect(plan(four, {}, { atMostPercent: 1 }).remove).toHaveLength(1);
    expect(plan(four, {}, { atMost: 0 }).remove).toEqual([]);
  });

  it("anything when no good snapshot would remain", () => {
    const failures = four.map((one) => ({ ...one, state: "FAILED" as const }));
    expect(plan(failures, {}).remove).toEqual([]);
  });
});

describe("failed snapshots", () => {
  it("are removed once a good one replaced them, except the two newest", () => {
    const failed = (time: string) => snapshot(time, { state: "FAILED" });
    const all = [
      failed("2026-11-17T00:00:00Z"),
      failed("2026-11-18T00:00:00Z"),
      failed("2026-11-19T00:00:00Z"),
      snapshot("2026-11-20T00:00:00Z"),
    ];
    expect(table(plan(all, {}))).toEqual({
      "2026-11-20T00:00:00Z": "newest",
      "2026-11-19T00:00:00Z": "failure",
      "2026-11-18T00:00:00Z": "failure",
      "2026-11-17T00:00:00Z": "-failed",
    });
  });
});

describe("a snapshot that a stored proof found broken", () => {
  const all = days("2026-11-16T00:00:00Z", "2026-11-17T00:00:00Z", "2026-11-18T00:00:00Z", "2026-11-19T00:00:00Z", "2026-11-20T00:00:00Z");
  const broken = { verdict: "damaged", level: "contents", at: "2026-11-21T00:00:00.000Z" };
  const withBroken = (...which: number[]) => all.map((one, at) => (which.includes(at) ? { ...one, broken } : { ...one, proven: true }));

  it("fills no rule, is not the newest good one, and is kept until a good one exists, for diagnosis", () => {
    const made = plan(withBroken(4, 3), { last: 2, daily: 2 });
    expect(table(made)).toEqual({
      "2026-11-20T00:00:00Z": "notReplaced broken",
      "2026-11-19T00:00:00Z": "notReplaced broken",
      "2026-11-18T00:00:00Z": "newest last daily",
      "2026-11-17T00:00:00Z": "last daily",
      "2026-11-16T00:00:00Z": "-beyond",
    });
    expect(made.newestGood?.name).toBe("2026-11-18T00:00:00Z");
    expect(made.keep[0]?.reasons.map(say)).toEqual([
      "damaged, and there is no good snapshot since",
      "proven damaged at level contents on 2026-11-21T00:00:00.000Z: no rule counts it",
    ]);
  });

  it("stays as one of the two newest failures, and then goes with its verdict as the reason", () => {
    const made = plan(withBroken(0, 1, 3), { last: 1 });
    expect(table(made)).toEqual({
      "2026-11-20T00:00:00Z": "newest last",
      "2026-11-19T00:00:00Z": "failure broken",
      "2026-11-18T00:00:00Z": "-beyond",
      "2026-11-17T00:00:00Z": "failure broken",
      "2026-11-16T00:00:00Z": "-broken",
    });
    expect(made.remove[0]?.reasons.map(say)).toEqual([
      "proven damaged at level contents on 2026-11-21T00:00:00.000Z; 2026-11-20T00:00:00Z is kept",
    ]);
  });

  it("is kept as the only one with an index, and does not stand for a good one with it", () => {
    const held = withBroken(0, 1, 2, 3).map((one, at) => (at < 1 ? { ...one, indices: ["movies", "only"] } : one));
    expect(table(plan(held, { last: 1 }))["2026-11-16T00:00:00Z"]).toBe("lastOfIndex broken");
    expect(table(plan(held, { last: 1, lastOfIndex: "never" }))["2026-11-16T00:00:00Z"]).toBe("-broken");
    const both = withBroken(3).map((one, at) => (at === 2 || at === 3 ? { ...one, indices: ["movies", "only"] } : one));
    expect(table(plan(both, { last: 1 }))["2026-11-18T00:00:00Z"]).toBe("lastOfIndex");
  });
});

describe("reasons of a removal", () => {
  const night = days("2026-11-19T01:30:00Z", "2026-11-20T01:30:00Z", "2026-11-21T01:30:00Z");

  it("name only rules that the policy has", () => {
    expect(table(plan(night, { last: 1 }))).toEqual({
      "2026-11-21T01:30:00Z": "newest last",
      "2026-11-20T01:30:00Z": "-beyond",
      "2026-11-19T01:30:00Z": "-beyond",
    });
  });

  it("name a period only for the snapshot that the rule keeps for it", () => {
    // Both days are beyond `daily`, so the one that `last` keeps does not stand for its day.
    const twice = days("2026-11-20T01:30:00Z", "2026-11-20T02:30:00Z", "2026-11-21T01:30:00Z");
    expect(table(plan(twice, { last: 2, daily: 1 }))).toMatchObject({ "2026-11-20T01:30:00Z": "-beyond" });
  });

  it("have their periods in words", () => {
    const sentences = (keep: object, times: string[]) =>
      plan(days(...times), keep, { timeZone: "Europe/Berlin" }).remove.map(({ reasons }) => reasons.map(say).join());
    expect(sentences({ hourly: 2 }, ["2026-11-20T05:10:00Z", "2026-11-20T05:40:00Z"])).toEqual([
      "2026-11-20T05:40:00Z is kept for 06:00 of 20 November 2026, GMT+01:00 (hourly)",
    ]);
    expect(sentences({ daily: 1 }, ["2026-11-20T05:10:00Z", "2026-11-20T09:10:00Z"])[0]).toContain("kept for 20 November 2026 (daily)");
    expect(sentences({ weekly: 1 }, ["2026-11-19T05:10:00Z", "2026-11-20T09:10:00Z"])[0]).toContain("kept for week 47 of 2026 (weekly)");
    expect(sentences({ monthly: 1 }, ["2026-11-01T05:10:00Z", "2026-11-20T09:10:00Z"])[0]).toContain("kept for November 2026 (monthly)");
    expect(sentences({ yearly: 1 }, ["2026-01-19T05:10:00Z", "2026-11-20T09:10:00Z"])[0]).toContain("kept for 2026 (yearly)");
  });
});

describe("a snapshot with a time in the future", () => {
  const now = new Date("2026-11-21T02:00:00Z");
  const nights = days("2026-11-19T01:30:00Z", "2026-11-20T01:30:00Z", "2026-11-21T01:30:00Z");
  const ahead = snapshot("2027-11-21T01:30:00Z");

  it.each([{ withinMs: 2 * 86_400_000 }, { last: 3 }, { daily: 3 }, { weekly: 1, daily: 3 }, { atLeast: 3 }])(
    "is kept, named, and does not change what %o keeps",
    (keep) => {
      const { [ahead.name]: why, ...others } = table(plan([...nights, ahead], keep, { now }));
      expect(why).toBe("future");
      expect(others).toEqual(table(plan(nights, keep, { now })));
      expect(Object.values(others).some((said) => said.startsWith("-"))).toBe(false);
    },
  );

  it("is not the newest good one, and does not stand for failed ones", () => {
    const failed = snapshot("2026-11-21T01:40:00Z", { state: "FAILED" });
    const made = plan([...nights, failed, ahead, { ...ahead, name: "ahead", state: "FAILED" }], { last: 1 }, { now });
    expect(made.newestGood?.name).toBe("2026-11-21T01:30:00Z");
    expect(table(made)).toMatchObject({ "2026-11-21T01:40:00Z": "notReplaced", ahead: "future" });
  });

  it("is accepted within the slack between two clocks", () => {
    expect(plan([...nights, snapshot("2026-11-21T02:30:00Z")], {}, { now }).newestGood?.name).toBe("2026-11-21T02:30:00Z");
  });
});

describe("indices that left the cluster", () => {
  const DAY_MS = 86_400_000;
  /** 90 nights of 14 daily indices that the user deletes after two weeks. */
  const nights = Array.from({ length: 90 }, (_, night) => {
    const at = Date.UTC(2026, 0, 1, 1, 30) + night * DAY_MS;
    const indices = Array.from({ length: 14 }, (_, age) => `logstash-${new Date(at - age * DAY_MS).toISOString().slice(0, 10)}`);
    return snapshot(new Date(at).toISOString(), { indices });
  });
  const kept = (lastOfIndex?: number | "always" | "never") =>
    plan(nights, { daily: 7, weekly: 4, ...(lastOfIndex === undefined ? {} : { lastOfIndex }) }).keep.length;

  it("leave the backups after the protection, and at once without one", () => {
    expect([kept(30 * DAY_MS), kept("never")]).toEqual([24, 9]);
  });

  it("keep their last snapshots for ever with `always`, which is also what a policy of an earlier version means", () => {
    expect([kept("always"), kept()]).toEqual([82, 82]);
  });

  const gone = snapshot("2026-01-01T01:30:00Z", { indices: ["movies", "gone"] });
  const later = days("2026-03-01T01:30:00Z", "2026-03-02T01:30:00Z");

  it("are protected as long as they exist on the cluster, by their last snapshot", () => {
    const existing = new Set(["gone"]);
    expect(table(plan([gone, ...later], { lastOfIndex: 1 }, { existing }))).toMatchObject({ "2026-01-01T01:30:00Z": "lastOfIndex" });
    expect(table(plan([gone, ...later], { lastOfIndex: 1 }))).toMatchObject({ "2026-01-01T01:30:00Z": "-beyond -lastOfIndex" });
  });

  it("are counted from the first snapshot without them, and named when they fall", () => {
    const rule = { lastOfIndex: DAY_MS };
    expect(table(plan([gone, ...later], rule))).toMatchObject({ "2026-01-01T01:30:00Z": "lastOfIndex" });
    const made = plan([gone, ...later, snapshot("2026-03-03T01:30:00Z")], rule);
    expect(table(made)).toMatchObject({ "2026-01-01T01:30:00Z": "-beyond -lastOfIndex" });
    expect(made.remove[0]?.reasons[1]?.params).toEqual({ indices: ["gone"], count: 1 });
  });

  describe("and that another kept snapshot holds", () => {
    const earlier = snapshot("2025-12-31T01:30:00Z", { indices: ["movies", "gone"] });
    const of = (states: (string | undefined)[]) => {
      const stateOf = ({ name }: PrunableSnapshot) => states[[earlier.name, gone.name].indexOf(name)];
      return table(plan([earlier, gone, ...later], { yearly: 2, lastOfIndex: "always" }, { stateOf }));
    };

    it.each<[string, (string | undefined)[], string]>([
      ["fall when it has the same files", ["x", "x"], "-period yearly"],
      ["stay when it has other files: their last hours would be lost", ["x", "y"], "lastOfIndex"],
      ["stay when its files are not known", [undefined, "y"], "lastOfIndex"],
      ["stay when neither is known", [undefined, undefined], "lastOfIndex"],
    ])("%s", (_, states, last) => {
      expect(of(states)).toMatchObject({ "2025-12-31T01:30:00Z": "yearly", "2026-01-01T01:30:00Z": last });
    });

    it("go by name in a history without files", () => {
      expect(table(plan([earlier, gone, ...later], { yearly: 2, lastOfIndex: "always" }))).toMatchObject({
        "2026-01-01T01:30:00Z": "-period yearly",
      });
    });
  });
});

describe("the newest proven snapshot", () => {
  const nights = days("2026-11-19T01:30:00Z", "2026-11-20T01:30:00Z", "2026-11-21T01:30:00Z", "2026-11-22T01:30:00Z");
  const proven = (...at: number[]) => nights.map((night, index) => ({ ...night, proven: at.includes(index) }));

  it("is kept while newer ones are unproven", () => {
    expect(table(plan(proven(0, 1), { last: 1 }))).toMatchObject({
      "2026-11-20T01:30:00Z": "newestProven",
      "2026-11-19T01:30:00Z": "-beyond",
    });
  });

  it("is the newest one where that is proven, and none where nothing is", () => {
    for (const made of [plan(proven(1, 3), { last: 1 }), plan(proven(), { last: 1 })]) expect(made.keep).toHaveLength(1);
  });
});

describe("a snapshot of which nobody knows what it stands for", () => {
  const why = { code: "keep.faultyEntry", params: { fault: "listed twice" } } as const;
  const [old, good, odd] = ["2026-11-18T01:30:00Z", "2026-11-19T01:30:00Z", "2026-11-20T01:30:00Z"] as const;
  const all = [snapshot(odd, { proven: true, indices: ["movies", "users"] }), snapshot(good), snapshot(old)];

  it.each<[string, Parameters<typeof plan>[1]]>([
    ["newest", {}],
    ["last", { last: 1 }],
    ["within", { withinMs: 3_600_000 }],
    ["daily", { daily: 1 }],
    ["yearly", { yearly: 1 }],
    ["atLeast", { atLeast: 1 }],
  ])("is kept and does not count as %s", (_, keep) => {
    const { keep: kept, remove, newestGood } = plan(all, keep, { unclear: new Map([[odd, why]]) });
    expect(kept.map(({ name }) => name)).toEqual([odd, good]);
    expect(kept[0]?.reasons).toEqual([why]);
    expect([remove.map(({ name, keptInstead }) => [name, keptInstead]), newestGood?.name]).toEqual([[[old, good]], good]);
  });

  it("is no newest proven snapshot, and not the last with an index", () => {
    const snapshots = [
      snapshot(odd, { proven: true, indices: ["movies", "users"] }),
      snapshot(good),
      snapshot(old, { indices: ["users"] }),
    ];
    const { keep: kept } = plan(snapshots, { lastOfIndex: "always" }, { unclear: new Map([[odd, why]]) });
    expect(kept.map(({ name, reasons }) => [name, reasons.map(({ code }) => code)])).toEqual([
      [odd, ["keep.faultyEntry"]],
      [good, ["keep.newest"]],
      [old, ["keep.lastOfIndex"]],
    ]);
  });

  it("leaves nothing good when it is the only one: then nothing is removed", () => {
    const failed = snapshot(old, { state: "FAILED" });
    const failures = [failed, snapshot(`${old}2`, { state: "FAILED", time: failed.time })];
    const { remove } = plan([snapshot(odd), ...failures], {}, { unclear: new Map([[odd, why]]) });
    expect(remove).toEqual([]);
  });
});
