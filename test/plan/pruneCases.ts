import { reason } from "../../shared/model/reason.ts";
import type { PrunableSnapshot, PruneInput, PrunePlan } from "../../shared/plan/retention/plan.ts";
import { plan, snapshot } from "./retention/prunable.ts";

const HOUR_MS = 3_600_000;
const at = (time: string, name: string, change: Partial<PrunableSnapshot> = {}) =>
  snapshot(time, { name, uuid: `uuid-${name}`, startTime: new Date(new Date(time).getTime() + 61_000), ...change });
const night = (day: number, change: Partial<PrunableSnapshot> = {}) =>
  at(`2026-11-${String(day).padStart(2, "0")}T01:30:00Z`, `night-${day}`, change);
const nights = (...all: number[]) => all.map((day) => night(day));
const failed = (day: number, state: PrunableSnapshot["state"] = "FAILED") => night(day, { name: `failed-${day}`, state });

const year = [
  at("2025-12-31T01:30:00Z", "last-year"),
  at("2026-09-30T01:30:00Z", "september"),
  at("2026-10-31T01:30:00Z", "october"),
  ...nights(14, 18, 19, 20),
  at("2026-11-21T01:10:00Z", "early"),
  at("2026-11-21T01:50:00Z", "late"),
];
const gone = (count: number) => Array.from({ length: count }, (_, number) => `gone-${number}`);
const left = [night(10, { indices: ["movies", ...gone(6)] }), ...nights(12, 13)];
const DAY_MS = 24 * HOUR_MS;
const states = (of: Record<string, string | undefined>): Partial<PruneInput> => ({ stateOf: ({ name }, index) => of[`${name} ${index}`] });
const held = [night(9, { indices: ["movies", "series"] }), night(10, { indices: ["movies", "series"] }), ...nights(12, 13)];

/** Name → the plan. */
export const PLANS: Readonly<Record<string, () => PrunePlan>> = {
  "every rule for itself": () => plan(year, { last: 2, hourly: 2, daily: 2, weekly: 2, monthly: 2, yearly: 2 }),
  "what a period keeps stands for the others in it": () => plan(year, { daily: 1, weekly: 1, monthly: 1, yearly: 1 }),
  "within counts from the newest, to the millisecond": () =>
    plan([...nights(19, 20), night(18, { time: new Date("2026-11-18T01:29:59.999Z") })], { withinMs: 2 * DAY_MS }),
  "within in hours": () => plan(nights(18, 19, 20), { withinMs: 47.4 * HOUR_MS }),
  "no rule but the floor": () => plan(nights(17, 18, 19, 20), { atLeast: 3 }),
  "two attempts of one slot": () => plan([night(20, { name: "try-2" }), night(20, { name: "try-1" }), night(20, { name: "try-3" })], {}),
  "two attempts of an older slot": () => plan([night(19, { name: "try-1" }), night(19, { name: "try-2" }), ...nights(20)], { daily: 2 }),
  "failures around the newest good one": () =>
    plan([failed(15), failed(16, "PARTIAL"), failed(17), night(18), failed(18, "INCOMPATIBLE"), failed(19, "PARTIAL")], {}),
  "a failure in the same slot as the newest good one": () =>
    plan([failed(13), failed(16), failed(17), failed(18), night(18), night(14)], { last: 1 }),
  "nothing is good": () => plan([failed(17), failed(18, "PARTIAL")], {}),
  "there is nothing": () => plan([], { last: 1 }),
  "foreign, running, protected and without a uuid": () =>
    plan(
      [
        night(14, { ours: false }),
        night(15, { ours: false, foreign: reason("keep.unmarked") }),
        night(16, { state: "IN_PROGRESS" }),
        ...nights(17, 18),
        night(19, { uuid: undefined }),
        night(20, { uuid: undefined }),
      ],
      {},
      { protected: new Map([["night-17", reason("keep.pinned", { by: "ops", because: "audit" })]]) },
    ),
  "an hour ahead is the newest": () => plan(nights(18, 19), {}, { now: new Date(night(19).time.getTime() - HOUR_MS) }),
  "more than an hour ahead is put aside": () => plan(nights(17, 18, 19), {}, { now: new Date(night(19).time.getTime() - HOUR_MS - 1) }),
  "the cap is a number": () => plan(nights(15, 16, 17, 18, 19, 20), {}, { atMost: 2 }),
  "the cap is a share of what counts": () => plan([...nights(15, 16, 17, 18, 19), night(14, { ours: false })], {}, { atMostPercent: 59 }),
  "the cap is at least one": () => plan(nights(18, 19, 20), {}, { atMostPercent: 1 }),
  "six indices left, and nothing says for how long": () => plan(left, {}),
  "six indices left, and fall": () => plan(left, { lastOfIndex: "never" }),
  "an index left a day ago": () => plan(left, { lastOfIndex: DAY_MS }),
  "an index left more than a day ago": () => plan(left, { lastOfIndex: DAY_MS - 1 }),
  "one of six still exists on the cluster": () => plan(left, { lastOfIndex: 1 }, { existing: new Set(["gone-3"]) }),
  "an index that exists falls all the same with never": () => plan(left, { lastOfIndex: "never" }, { existing: new Set(["gone-3"]) }),
  "an index is held in its last state by one of two": () =>
    plan(
      held,
      { lastOfIndex: "always" },
      {
        ...states({ "night-8 series": "w", "night-9 series": "x", "night-10 series": "x" }),
        snapshots: [night(8, { indices: ["movies", "series"] }), ...held],
        protected: new Map(["night-8", "night-9"].map((name) => [name, reason("keep.pinned", { by: "ops", because: "audit" })])),
      },
    ),
  "an index is held by name": () =>
    plan(
      held,
      { last: 2, lastOfIndex: "always" },
      { protected: new Map([["night-9", reason("keep.pinned", { by: "ops", because: "audit" })]]) },
    ),
  "an index is held in its last state": () =>
    plan(
      held,
      { lastOfIndex: "always" },
      {
        ...states({ "night-9 series": "x", "night-10 series": "x" }),
        protected: new Map([["night-9", reason("keep.pinned", { by: "ops", because: "audit" })]]),
      },
    ),
  "an index is held in another state": () =>
    plan(
      held,
      { lastOfIndex: "always" },
      {
        ...states({ "night-9 series": "x", "night-10 series": "y" }),
        protected: new Map([["night-9", reason("keep.pinned", { by: "ops", because: "audit" })]]),
      },
    ),
  "an index is held by its last snapshot itself": () =>
    plan(
      held,
      { lastOfIndex: "always" },
      { ...states({}), protected: new Map([["night-10", reason("keep.pinned", { by: "ops", because: "audit" })]]) },
    ),
  "the newest proven one": () =>
    plan([night(17, { proven: true }), night(18, { proven: true }), night(19, { proven: false }), ...nights(20)], {}),
  "the newest one is proven": () => plan([night(19, { proven: true }), night(20, { proven: true })], {}),
  "days of a zone": () => plan(nights(18, 19, 20), { hourly: 1, daily: 2, weekly: 1 }, { timeZone: "America/New_York" }),
};
