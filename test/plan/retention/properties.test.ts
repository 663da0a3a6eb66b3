import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { periodsOf } from "../../../shared/plan/retention/periods.ts";
import type { PrunableSnapshot } from "../../../shared/plan/retention/plan.ts";

import { plan, snapshot } from "./prunable.ts";

const snapshots = fc
  .uniqueArray(
    fc.record({
      hours: fc.nat(4000),
      state: fc.constantFrom("SUCCESS", "SUCCESS", "SUCCESS", "PARTIAL", "FAILED", "IN_PROGRESS"),
      ours: fc.boolean(),
      extra: fc.nat(20),
    }),
    { selector: ({ hours }) => hours, maxLength: 25 },
  )
  .map((list) =>
    list.map(({ hours, state, ours, extra }) =>
      snapshot(new Date(Date.UTC(2026, 0, 1) + hours * 3_600_000).toISOString(), {
        state: state as PrunableSnapshot["state"],
        ours: ours || extra > 3,
        indices: extra === 7 ? ["movies", "rare"] : ["movies"],
      }),
    ),
  );
const rule = fc.option(fc.nat(4), { nil: undefined });
const rules = fc.record({
  last: rule,
  hourly: rule,
  daily: rule,
  weekly: rule,
  monthly: rule,
  yearly: rule,
  withinMs: fc.option(fc.nat(200 * 3_600_000), { nil: undefined }),
  atLeast: fc.integer({ min: 1, max: 4 }),
});
const zones = fc.constantFrom("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata");

describe("any prune plan", () => {
  it("decides on every snapshot once, and never removes the newest good one, a foreign one, or one below the floor", () => {
    fc.assert(
      fc.property(snapshots, rules, zones, fc.nat(30), fc.integer({ min: 1, max: 100 }), (all, keep, timeZone, atMost, atMostPercent) => {
        const made = plan(all, keep, { timeZone, atMost, atMostPercent });
        expect([...made.keep, ...made.remove, ...made.later].map(({ name }) => name).sort()).toEqual(all.map(({ name }) => name).sort());
        const byName = new Map(all.map((one) => [one.name, one]));
        const removed = made.remove.map(({ name }) => byName.get(name) as PrunableSnapshot);
        const good = all.filter(({ ours, state }) => ours && state === "SUCCESS");
        expect(removed.every(({ ours, name, state }) => ours && name !== made.newestGood?.name && state !== "IN_PROGRESS")).toBe(true);
        expect(removed.length).toBeLessThanOrEqual(atMost);
        expect(good.length - removed.filter(({ state }) => state === "SUCCESS").length).toBeGreaterThanOrEqual(
          Math.min(keep.atLeast, good.length),
        );
        expect(new Set(all.filter((one) => good.includes(one)).flatMap(({ indices }) => indices))).toEqual(
          new Set(good.filter((one) => !removed.includes(one)).flatMap(({ indices }) => indices)),
        );
      }),
    );
  });

  it("names for each removed snapshot a kept good one, of the same period or newer", () => {
    fc.assert(
      fc.property(snapshots, rules, zones, (all, keep, timeZone) => {
        const made = plan(all, keep, { timeZone });
        const byName = new Map(all.map((one) => [one.name, one]));
        for (const { name, keptInstead, reasons } of made.remove) {
          const [gone, stays] = [byName.get(name), byName.get(keptInstead)];
          expect(made.keep.map((kept) => kept.name)).toContain(keptInstead);
          expect(stays?.state).toBe("SUCCESS");
          const { code, params } = reasons[0] as (typeof reasons)[number];
          const period = params.rule as keyof ReturnType<typeof periodsOf>;
          const fits =
            code === "remove.period"
              ? periodsOf((gone as PrunableSnapshot).time, timeZone)[period] ===
                periodsOf((stays as PrunableSnapshot).time, timeZone)[period]
              : (stays as PrunableSnapshot).time >= (gone as PrunableSnapshot).time;
          expect([name, keptInstead, code, fits]).toEqual([name, keptInstead, code, true]);
        }
      }),
    );
  });

  it("is stable: once it is applied, the next plan removes nothing", () => {
    fc.assert(
      fc.property(snapshots, rules, zones, (all, keep, timeZone) => {
        const first = plan(all, keep, { timeZone });
        const gone = new Set(first.remove.map(({ name }) => name));
        expect(
          plan(
            all.filter(({ name }) => !gone.has(name)),
            keep,
            { timeZone },
          ).remove,
        ).toEqual([]);
      }),
    );
  });

  it("does not depend on the listing order of the cluster", () => {
    fc.assert(
      fc.property(snapshots, rules, (all, keep) => {
        expect(plan([...all].reverse(), keep)).toEqual(plan(all, keep));
      }),
    );
  });

  it("has another hash when a snapshot is added, removed or replaced under its name", () => {
    fc.assert(
      fc.property(
        snapshots.filter((all) => all.length > 0),
        rules,
        (all, keep) => {
          const { hash } = plan(all, keep);
          expect(plan(all.slice(1), keep).hash).not.toBe(hash);
          expect(plan([...all, snapshot("2027-01-01T00:00:00.000Z")], keep).hash).not.toBe(hash);
          expect(
            plan(
              all.map((one, index) => (index === 0 ? { ...one, uuid: "other" } : one)),
              keep,
            ).hash,
          ).not.toBe(hash);
          expect(plan(all, keep, { fingerprint: "g" }).hash).not.toBe(hash);
        },
      ),
    );
  });
});
