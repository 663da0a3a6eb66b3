import { describe, expect, it } from "vitest";
import { reason } from "../../../shared/model/reason.ts";
import type { PrunePlan } from "../../../shared/plan/retention/plan.ts";
import {
  type PruneData,
  type PruneInput,
  type PruneJob,
  type PruneObservation,
  type PruneTarget,
  stepPrune,
  withRemoved,
} from "../../../shared/verbs/prune/step.ts";
import { NIGHTLY } from "../../world/world.ts";
import { each, type Ground, type Move, must, PATIENCE_MINUTE, road, walk } from "../walk.ts";
import { expectSound } from "../walkSound.ts";

const target = (name: string): PruneTarget => ({ name, uuid: `uuid-${name}`, startTime: "2026-11-20T00:00:00.000Z" });
const planOf = (hash: string, names: readonly string[], refusal?: PrunePlan["refusal"]): PrunePlan => ({
  policy: "nightly",
  fingerprint: "f",
  hash,
  keep: [{ name: "new", uuid: "n", reasons: [] }],
  remove: names.map((name) => ({ ...target(name), reasons: [], keptInstead: "new" })),
  later: [],
  newestGood: { name: "new", uuid: "n" },
  refusal,
});
const PLANS = [
  planOf("aaaa", ["a", "b", "c"]),
  planOf("bbbb", ["a", "new"]),
  planOf("cccc", []),
  planOf("aaaa", ["a"], reason("prune.keepsNothingGood")),
];
const CALM = { appliedBefore: true, noTimer: false, policyChanged: undefined, repository: undefined, newestGoodThere: true };
const FAULT = { fault: reason("repository.taken", { repository: "backups", cluster: "source", settings: [] }) };
const CHANGED = reason("prune.policyChanged", { policy: "nightly" });
const BUSY = reason("lane.busy", { job: "backup-1", cluster: "source" });

function subsets(all: readonly PruneTarget[]): PruneTarget[][] {
  const [first, ...rest] = all;
  return first === undefined ? [[]] : subsets(rest).flatMap((some) => [some, [first, ...some]]);
}

/** What may be seen of a plan's snapshots, built once for all heads that carry the plan. */
const sightsOf = (remove: readonly PruneTarget[]): PruneObservation[] =>
  each({
    plan: PLANS,
    one: [{}, { appliedBefore: false }, { noTimer: true }, { policyChanged: CHANGED }, { repository: FAULT }, { newestGoodThere: false }],
    remaining: subsets(remove),
    protectedSince: [undefined, "b"],
    batchMax: [1, 40],
    blocked: [undefined, BUSY],
  })
    .filter(({ remaining, protectedSince }) => protectedSince === undefined || remaining.some(({ name }) => name === protectedSince))
    .map(({ one, ...seen }) => ({ ...CALM, listed: seen.remaining.length, halfDeleted: [], atOnce: 1, ...one, ...seen }));
const NO_PLAN: readonly PruneTarget[] = [];
const known = new WeakMap<readonly PruneTarget[], PruneObservation[]>();

const ground = (hash?: string): Ground<PruneInput, PruneData, PruneObservation> => ({
  id: "prune-nightly-x",
  input: { policyName: "nightly", policy: NIGHTLY, ...(hash === undefined ? {} : { hash }) },
  first: { state: "asked", data: {} },
  minutes: [0, PATIENCE_MINUTE],
  step: stepPrune,
  sights: ({ head }) => {
    const { remove } = head.data.plan ?? { remove: NO_PLAN };
    const sights = known.get(remove) ?? sightsOf(remove);
    known.set(remove, sights);
    return sights;
  },
  looks: ({ head }, _, { snapshots }: { snapshots: PruneTarget[] }) => [{ state: "planned", data: withRemoved(head.data, snapshots) }],
});

const removes = ({ plan }: PruneObservation, name: string) => plan.remove.some((one) => one.name === name);

/** Nothing unplanned is deleted, and nothing at all once the plan's preconditions no longer hold. */
const visit =
  (hash?: string) =>
  (move: Move<PruneInput, PruneData, PruneObservation>): void => {
    const { from, seen, decision } = move;
    if (decision.do === "record" && decision.state === "planned") {
      const mayRun = (seen.appliedBefore || seen.plan.remove.length === 0) && !seen.noTimer;
      must(hash === undefined ? mayRun : seen.plan.hash === hash, "a plan that removes something is first applied by hand", move);
      must(seen.plan.refusal === undefined, "a refused plan is not recorded", move);
    }
    if (decision.do === "record" && decision.state === "done")
      must(
        seen.newestGoodThere && from.data.plan !== undefined && !seen.remaining.some(({ name }) => removes(seen, name)),
        "done only when nothing is left that the current plan removes",
        move,
      );
    if (from.data.plan) must(decision.do === "wait" || decision.data.plan === from.data.plan, "the plan never changes", move);
    if (decision.do !== "effect") return;
    const { snapshots } = decision.args as { snapshots: PruneTarget[] };
    const planned = from.data.plan?.remove ?? [];
    must(!from.cancelling && !seen.blocked && !seen.repository, "deletes only while the lane is free", move);
    must(seen.newestGoodThere && seen.protectedSince === undefined, "deletes only while the plan's preconditions hold", move);
    must(seen.policyChanged === undefined, "deletes only under the policy of the request", move);
    must(
      snapshots.every(({ name }) => removes(seen, name)),
      "deletes only what the current plan removes",
      move,
    );
    must(snapshots.length > 0 && snapshots.length <= seen.batchMax, "deletes no more than fit one request", move);
    must(
      snapshots.every((one) => planned.includes(one) && seen.remaining.includes(one)),
      "deletes only planned snapshots that still exist",
      move,
    );
  };

describe("every path of a prune", { timeout: 120_000 }, () => {
  it.each([[undefined], ["aaaa"]])("ends with a reason and deletes only what was planned (by hand: %s)", (hash) => {
    const walked = walk(ground(hash), visit(hash));

    expectSound(walked, {
      states: ["asked", "planned", "done", "failed", "refused", "cancelled"],
      ownWaits: [],
      changing: ["deleteSnapshots"],
      spotsMin: 600,
      movesMin: 900_000,
    });
  });

  it.each([
    [1, ["planned", "deleteSnapshots", "deleteSnapshots", "deleteSnapshots", "done"]],
    [40, ["planned", "deleteSnapshots", "done"]],
  ])("takes one move per request of %i when all goes well", (batchMax, moves) => {
    const see = ({ head }: PruneJob, made: readonly string[]): PruneObservation => ({
      plan: PLANS[0] as PrunePlan,
      appliedBefore: true,
      noTimer: false,
      policyChanged: undefined,
      repository: undefined,
      listed: 4,
      remaining: head.data.plan?.remove.slice(made.length * batchMax) ?? [],
      halfDeleted: [],
      newestGoodThere: true,
      protectedSince: undefined,
      batchMax,
      atOnce: 1,
      blocked: undefined,
    });
    expect(road(ground(), see)).toEqual(moves);
  });
});
