import { describe, expect, it } from "vitest";
import type { Job } from "../../../shared/jobs/record.ts";
import type { KeepRules } from "../../../shared/model/config.ts";
import { MANUAL_LAST_DEFAULT } from "../../../shared/model/config.ts";
import { type Reason, reason } from "../../../shared/model/reason.ts";
import type { PrunableSnapshot, PruneInput, PrunePlan } from "../../../shared/plan/retention/plan.ts";
import { type PruneInput as JobInput, type PruneData, type PruneTarget, stepPrune } from "../../../shared/verbs/prune/step.ts";
import { plan, snapshot } from "./prunable.ts";
import { type Random, randomOf } from "./random.ts";

/** OSSNAP_RETENTION_RUNS=1000000 runs the long one; OSSNAP_RETENTION_SEED repeats one. */
const RUNS = Number(process.env.OSSNAP_RETENTION_RUNS ?? 1_500);
const SEED = Number(process.env.OSSNAP_RETENTION_SEED ?? Date.now() % 1_000_000);
const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 9, 20);
const ZONES = ["UTC", "Europe/Berlin", "Asia/Kolkata"];

const BROKEN = { verdict: "damaged", level: "contents", at: "2026-10-20T00:00:00.000Z" };

interface State {
  all: PrunableSnapshot[];
  keep: KeepRules;
  input: Partial<PruneInput>;
}

function stateOf(random: Random): State {
  const hours = new Set(Array.from({ length: 2 + random.below(11) }, () => random.below(random.one([30, 300, 3000]))));
  const all = [...hours].map((hour) => {
    const kind = random.below(10);
    const isAdopted = kind === 2 || kind === 3;
    const verdict = random.one<Partial<PrunableSnapshot>>([{}, {}, {}, {}, { proven: true }, { broken: BROKEN }]);
    const contents = random.one([["movies"], ["movies"], ["movies"], ["movies", `rare-${random.below(3)}`]]);
    return snapshot(new Date(START + hour * HOUR_MS).toISOString(), {
      state: random.one(["SUCCESS", "SUCCESS", "SUCCESS", "SUCCESS", "PARTIAL", "FAILED", "IN_PROGRESS", "INCOMPATIBLE"]),
      ours: kind !== 0,
      ...(kind === 1 ? { manual: true } : {}),
      ...(isAdopted ? { adopted: true } : {}),
      ...verdict,
      ...(isAdopted && random.chance(0.3) ? { indices: [], empty: true } : { indices: contents }),
    });
  });
  const count = () => (random.chance(0.5) ? undefined : random.below(4));
  const keep: KeepRules = {
    last: count(),
    hourly: count(),
    daily: count(),
    weekly: count(),
    monthly: count(),
    yearly: count(),
    withinMs: random.chance(0.3) ? random.below(200) * HOUR_MS : undefined,
    lastOfIndex: random.one(["always", "never", 24 * HOUR_MS]),
    manual: random.chance(0.5) ? { last: 1 + random.below(3) } : undefined,
    atLeast: 1 + random.below(3),
  };
  // The configuration refuses a policy that keeps nothing.
  if (![keep.last, keep.hourly, keep.daily, keep.weekly, keep.monthly, keep.yearly, keep.withinMs].some(Boolean)) keep.last = 1;
  const guarded = all.filter(() => random.chance(0.1)).map(({ name }): [string, Reason] => [name, reason("keep.pinned")]);
  const caps = { atMost: 1 + random.below(6), atMostPercent: random.one([1, 50, 100]) };
  return { all, keep, input: { timeZone: random.one(ZONES), protected: new Map(guarded), ...caps } };
}

const isGood = ({ ours, state, broken, empty }: PrunableSnapshot) => ours && state === "SUCCESS" && !broken && !empty;
const newestFirst = (a: PrunableSnapshot, b: PrunableSnapshot) => b.time.getTime() - a.time.getTime();
const without = (all: readonly PrunableSnapshot[], gone: ReadonlySet<string>) => all.filter(({ name }) => !gone.has(name));

function keepsLoneOnes(all: readonly PrunableSnapshot[], good: readonly PrunableSnapshot[], kept: ReadonlySet<string>): boolean {
  const held = new Set(good.flatMap(({ indices }) => indices));
  const damaged = all.filter(({ ours, state, broken }) => ours && state === "SUCCESS" && broken).sort(newestFirst);
  const lone = new Set(damaged.flatMap(({ indices }) => indices).filter((index) => !held.has(index)));
  return [...lone].every((index) => kept.has(damaged.find(({ indices }) => indices.includes(index))?.name ?? ""));
}

/** The first broken promise of a plan, if any; expectations for each of a million states would take longer than the plans. */
function brokenPromise({ all, keep, input }: State, made: PrunePlan): string | undefined {
  const byName = new Map(all.map((one) => [one.name, one]));
  const gone = made.remove.map(({ name }) => byName.get(name) as PrunableSnapshot);
  const good = all.filter(isGood).sort(newestFirst);
  const kept = new Set(made.keep.map(({ name }) => name));
  const decided = new Set([...made.keep, ...made.remove, ...made.later].map(({ name }) => name));
  if (decided.size !== all.length || made.keep.length + made.remove.length + made.later.length !== all.length)
    return "decides on each once";
  if (good[0] && !kept.has(good[0].name)) return "keeps the newest good one";
  const ownGood = good.find(({ adopted }) => !adopted);
  if (ownGood && !kept.has(ownGood.name)) return "keeps our newest good one";
  const timed = good.find(({ adopted, manual }) => !adopted && !manual);
  if (timed && !kept.has(timed.name)) return "keeps the newest good one of the timers";
  const proven = good.find((one) => one.proven);
  if (proven && !kept.has(proven.name)) return "keeps the newest proven one";
  if (good.filter(({ name }) => kept.has(name)).length < Math.min(keep.atLeast, good.length)) return "keeps the floor";
  const byHand = good.filter(({ manual }) => manual).slice(0, keep.manual?.last ?? MANUAL_LAST_DEFAULT);
  if (byHand.some(({ name }) => !kept.has(name))) return "keeps those by hand that their rule counts";
  const counted = all.filter(({ ours }) => ours).length;
  const cap = Math.min(input.atMost as number, Math.max(1, Math.floor((counted * (input.atMostPercent as number)) / 100)));
  if (gone.length > cap) return "stays below the cap";
  if (gone.some(({ ours, state, name }) => !ours || /^IN|INC/.test(state) || input.protected?.has(name)))
    return "spares what it must not touch";
  const failures = gone.filter((one) => !isGood(one));
  const replaced = (one: PrunableSnapshot) =>
    good.some((better) => (better.adopted ?? false) === (one.adopted ?? false) && better.time > one.time);
  if (!failures.every(replaced)) return "removes a failed one only after a good one of its own";
  if (keep.lastOfIndex === "always" && !keepsLoneOnes(all, good, kept))
    return "keeps the newest damaged one of an index that no good one holds";
  const stead = made.remove.every(({ keptInstead }) => kept.has(keptInstead) && isGood(byName.get(keptInstead) as PrunableSnapshot));
  if (!stead) return "names a kept good one in the stead of each";
  return undefined;
}

/** Applied without a cap, the next plan removes nothing; with a rule raised or one more pinned, no other one is removed. */
function brokenLaw({ all, keep, input }: State, random: Random): string | undefined {
  const free = { ...input, atMost: 1_000, atMostPercent: 100 };
  const made = plan(all, keep, free);
  const gone = new Set(made.remove.map(({ name }) => name));
  const left = without(all, gone);
  if (left.length > 0 && plan(left, keep, free).remove.length > 0) return "is stable";
  // A floor is filled and a last holder is kept only as far as nothing else does it, so these two rules are set apart.
  const plain: KeepRules = { ...keep, atLeast: 1, lastOfIndex: "never" };
  const before = new Set(plan(all, plain, free).remove.map(({ name }) => name));
  const rule = random.one(["last", "hourly", "daily", "weekly", "monthly", "yearly"] as const);
  const raised = plan(all, { ...plain, [rule]: (plain[rule] ?? 0) + 1 }, free).remove;
  if (!raised.every(({ name }) => before.has(name))) return `is monotone in ${rule}`;
  if (before.size === 0) return undefined;
  const more = new Map([...(input.protected ?? []), [random.one([...before]), reason("keep.pinned")] as [string, Reason]]);
  const spared = plan(all, plain, { ...free, protected: more }).remove;
  return spared.every(({ name }) => before.has(name)) && spared.length < before.size ? undefined : "is monotone in pins";
}

/** Plays a run in batches while others pause, delete, or change the policy between them. */
function brokenRun({ all, keep, input }: State, random: Random): string | undefined {
  const first = plan(all, keep, input);
  if (first.refusal || first.remove.length === 0) return undefined;
  const planned = new Set(first.remove.map(({ name }) => name));
  let here = all;
  const mine = new Set<string>();
  let [isChanged, isDisturbed] = [false, false];
  let data: PruneData = {};
  let state = "asked";
  for (let round = 0; round < 40; round += 1) {
    const event = random.below(12);
    if (event === 0) continue; // paused
    if (event === 1 && here.length > 1) {
      isDisturbed = true;
      here = without(here, new Set([random.one(here).name]));
    }
    if (event === 2 && random.chance(0.3)) isChanged = true;
    const now = plan(here, keep, input);
    const there = (target: PruneTarget) => here.some(({ name, uuid }) => name === target.name && uuid === target.uuid);
    const newest = data.plan?.newestGood;
    const job = { intent: { input: { hash: first.hash } }, head: { state, data, reason: reason("x") } } as unknown as Job<
      JobInput,
      PruneData
    >;
    const decision = stepPrune(job, {
      plan: now,
      appliedBefore: true,
      noTimer: false,
      policyChanged: isChanged ? reason("prune.policyChanged") : undefined,
      repository: undefined,
      remaining: (data.plan?.remove ?? []).filter(there),
      halfDeleted: [],
      listed: here.length,
      newestGoodThere: !newest || here.some(({ name }) => name === newest.name),
      protectedSince: undefined,
      batchMax: 1 + random.below(3),
      atOnce: 1,
      blocked: undefined,
    });
    if (decision.do === "wait") return "goes on";
    data = decision.data;
    if (decision.do === "record") {
      state = decision.state;
      if (state !== "planned") break;
      continue;
    }
    const { snapshots } = decision.args as { snapshots: PruneTarget[] };
    if (isChanged) return "deletes nothing after the policy changed";
    for (const { name } of snapshots) {
      if (!planned.has(name) || !now.remove.some((one) => one.name === name)) return "deletes only what both plans remove";
      mine.add(name);
    }
    here = without(here, new Set(snapshots.map(({ name }) => name)));
  }
  if (!isDisturbed && !isChanged && mine.size !== planned.size) return "deletes the whole plan if nobody interferes";
  return undefined;
}

describe(`generated states of a repository (seed ${SEED}, ${RUNS} runs)`, () => {
  it("keep every promise of a plan, and a run does what its plan says under any interleaving", { timeout: 7_200_000 }, () => {
    for (let run = 0; run < RUNS; run += 1) {
      const random = randomOf(SEED + run);
      const state = stateOf(random);
      const broken = brokenPromise(state, plan(state.all, state.keep, state.input)) ?? brokenLaw(state, random) ?? brokenRun(state, random);
      if (broken !== undefined) expect({ seed: SEED + run, broken, state }).toBeUndefined();
    }
  });
});
