import { describe, expect, it } from "vitest";
import { reason } from "../../../shared/model/reason.ts";
import type { PrunePlan } from "../../../shared/plan/retention.ts";
import { type PruneData, type PruneJob, type PruneObservation, type PruneTarget, stepPrune } from "../../../shared/verbs/prune/step.ts";
import { jobOf } from "../../jobs/jobs.ts";
import { NIGHTLY } from "../../world/world.ts";

const target = (name: string): PruneTarget => ({ name, uuid: `uuid-${name}`, startTime: "2026-11-20T00:00:00.000Z" });
const removed = (name: string) => ({ ...target(name), reasons: [], keptInstead: "new" });
const PLAN: PrunePlan = {
  policy: "nightly",
  fingerprint: "f",
  hash: "aaaa",
  keep: [{ name: "new", uuid: "n", reasons: [] }],
  remove: [removed("a"), removed("b")],
  later: [],
  newestGood: { name: "new", uuid: "n" },
  refusal: undefined,
};
const SETTLED = { hash: "aaaa", fingerprint: "f", remove: [target("a"), target("b")], newestGood: { name: "new", uuid: "n" }, kept: 1 };

const job = (data: PruneData = {}, change: { hash?: string; cancelling?: boolean } = {}): PruneJob =>
  jobOf({
    id: "prune-nightly-x",
    state: data.plan ? "planned" : "asked",
    input: { policyName: "nightly", policy: NIGHTLY, ...(change.hash ? { hash: change.hash } : {}) },
    data,
    cancelling: change.cancelling ?? false,
  });
const seen = (change: Partial<PruneObservation> = {}): PruneObservation => ({
  plan: PLAN,
  appliedBefore: true,
  repository: undefined,
  remaining: [target("a"), target("b")],
  newestGoodThere: true,
  protectedSince: undefined,
  batchMax: 1,
  blocked: undefined,
  ...change,
});

describe("prune step", () => {
  it.each<[string, PruneJob, PruneObservation, string, string]>([
    ["records the current plan", job(), seen(), "planned", "prune.planned"],
    ["records the plan that was shown", job({}, { hash: "aaaa" }), seen({ appliedBefore: false }), "planned", "prune.planned"],
    ["refuses when the plan differs from the one shown", job({}, { hash: "bbbb" }), seen(), "refused", "plan.stale"],
    [
      "invariant 5: refuses a timer's plan when no plan was ever applied by hand",
      job(),
      seen({ appliedBefore: false }),
      "refused",
      "prune.notApplied",
    ],
    [
      "refuses a plan that keeps no good snapshot",
      job(),
      seen({ plan: { ...PLAN, refusal: reason("prune.keepsNothingGood") } }),
      "refused",
      "prune.keepsNothingGood",
    ],
    [
      "fails when the repository's name is taken",
      job(),
      seen({ repository: { fault: reason("repository.taken") } }),
      "failed",
      "repository.taken",
    ],
    [
      "stops when the newest good snapshot no longer exists",
      job({ plan: SETTLED }),
      seen({ newestGoodThere: false }),
      "refused",
      "prune.newestGone",
    ],
    [
      "stops when a planned snapshot was pinned in the meantime",
      job({ plan: SETTLED }),
      seen({ protectedSince: "b" }),
      "refused",
      "prune.protectedSince",
    ],
    ["waits until its lane is free", job({ plan: SETTLED }), seen({ blocked: reason("lane.busy") }), "wait", "lane.busy"],
    ["deletes the planned snapshots", job({ plan: SETTLED }), seen(), "deleteSnapshots", "prune.delete"],
    ["is done when all planned snapshots are deleted", job({ plan: SETTLED }), seen({ remaining: [] }), "done", "prune.done"],
    ["is done when the plan removes nothing", job({ plan: { ...SETTLED, remove: [] } }), seen({ remaining: [] }), "done", "prune.nothing"],
    ["is cancelled between two requests", job({ plan: SETTLED }, { cancelling: true }), seen(), "cancelled", "job.cancelled"],
  ])("%s", (_, made, observation, what, code) => {
    const decision = stepPrune(made, observation);
    expect([decision.do === "record" ? decision.state : decision.do === "effect" ? decision.effect : "wait", decision.reason.code]).toEqual(
      [what, code],
    );
  });

  it("deletes exactly what was settled, whatever a newer plan contains, in batches as large as the cluster accepts", () => {
    const other = seen({ plan: { ...PLAN, hash: "cccc", remove: [removed("new")] } });
    expect(stepPrune(job({ plan: SETTLED }), other)).toMatchObject({ args: { snapshots: [{ name: "a", uuid: "uuid-a" }] } });
    expect(stepPrune(job({ plan: SETTLED }), { ...other, batchMax: 40 })).toMatchObject({
      args: { snapshots: [{ name: "a" }, { name: "b" }] },
    });
  });
});
