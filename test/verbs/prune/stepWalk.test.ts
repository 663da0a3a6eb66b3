import { describe, expect, it } from "vitest";
import { reason } from "../../../shared/model/reason.ts";
import type { PrunePlan } from "../../../shared/plan/retention.ts";
import {
  type PruneData,
  type PruneInput,
  type PruneJob,
  type PruneObservation,
  type PruneTarget,
  stepPrune,
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
const FAULT = { fault: reason("repository.taken", { repository: "backups", cluster: "source", settings: [] }) };
const BUSY = reason("lane.busy", { job: "backup-1", cluster: "source" });

function subsets(all: readonly PruneTarget[]): PruneTarget[][] {
  const [first, ...rest] = all;
  return first === undefined ? [[]] : subsets(rest).flatMap((some) => [some, [first, ...some]]);
}

const ground = (hash?: string): Ground<PruneInput, PruneData, PruneObservation> => ({
  id: "prune-nightly-x",
  input: { policyName: "nightly", policy: NIGHTLY, ...(hash === undefined ? {} : { hash }) },
  first: { state: "asked", data: {} },
  minutes: [0, PATIENCE_MINUTE],
  step: stepPrune,
  sights: ({ head }) =>
    each({
      plan: PLANS,
      appliedBefore: [true, false],
      repository: [undefined, FAULT],
      remaining: subsets(head.data.plan?.remove ?? []),
      newestGoodThere: [true, false],
      protectedSince: [undefined, "b"],
      batchMax: [1, 2, 40],
      blocked: [undefined, BUSY],
    }).filter(({ remaining, protectedSince }) => protectedSince === undefined || remaining.some(({ name }) => name === protectedSince)),
  looks: ({ head }) => [{ state: "planned", data: head.data }],
});

/** Nothing unplanned is deleted, and nothing at all once the plan's preconditions no longer hold. */
const visit =
  (hash?: string) =>
  (move: Move<PruneInput, PruneData, PruneObservation>): void => {
    const { from, seen, decision } = move;
    if (decision.do === "record" && decision.state === "planned") {
      must(hash === undefined ? seen.appliedBefore : seen.plan.hash === hash, "a plan is first applied by hand", move);
      must(seen.plan.refusal === undefined, "a refused plan is not recorded", move);
    }
    if (decision.do === "record" && decision.state === "done")
      must(seen.remaining.length === 0 && from.data.plan !== undefined, "done only when all planned snapshots are deleted", move);
    if (from.data.plan) must(decision.do === "wait" || decision.data === from.data, "the plan never changes", move);
    if (decision.do !== "effect") return;
    const { snapshots } = decision.args as { snapshots: PruneTarget[] };
    const planned = from.data.plan?.remove ?? [];
    must(!from.cancelling && !seen.blocked && !seen.repository, "deletes only while the lane is free", move);
    must(seen.newestGoodThere && seen.protectedSince === undefined, "deletes only while the plan's preconditions hold", move);
    must(snapshots.length > 0 && snapshots.length <= seen.batchMax, "deletes no more than fit one request", move);
    must(
      snapshots.every((one) => planned.includes(one) && seen.remaining.includes(one)),
      "deletes only planned snapshots that still exist",
      move,
    );
  };

describe("every path of a prune", () => {
  it.each([[undefined], ["aaaa"]])("ends with a reason and deletes only what was planned (by hand: %s)", (hash) => {
    const walked = walk(ground(hash), visit(hash));

    expectSound(walked, {
      states: ["asked", "planned", "done", "failed", "refused", "cancelled"],
      ownWaits: [],
      changing: ["deleteSnapshots"],
      spotsMin: 16,
      movesMin: 35_000,
    });
  });

  it.each([
    [1, ["planned", "deleteSnapshots", "deleteSnapshots", "deleteSnapshots", "done"]],
    [40, ["planned", "deleteSnapshots", "done"]],
  ])("takes one move per request of %i when all goes well", (batchMax, moves) => {
    const see = ({ head }: PruneJob, made: readonly string[]): PruneObservation => ({
      plan: PLANS[0] as PrunePlan,
      appliedBefore: true,
      repository: undefined,
      remaining: head.data.plan?.remove.slice(made.length * batchMax) ?? [],
      newestGoodThere: true,
      protectedSince: undefined,
      batchMax,
      blocked: undefined,
    });
    expect(road(ground(), see)).toEqual(moves);
  });
});
