import { describe, expect, it } from "vitest";
import { reason } from "../../../shared/model/reason.ts";
import type { PrunePlan } from "../../../shared/plan/retention/plan.ts";
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
  noTimer: false,
  policyChanged: undefined,
  repository: undefined,
  remaining: [target("a"), target("b")],
  halfDeleted: [],
  listed: 3,
  newestGoodThere: true,
  protectedSince: undefined,
  batchMax: 1,
  atOnce: 1,
  blocked: undefined,
  ...change,
});

const CHANGED = reason("prune.policyChanged", { policy: "nightly" });

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

  it.each<[string, PruneJob, PruneObservation, string, string]>([
    [
      "refuses a plan of another policy than is configured now",
      job({ plan: SETTLED }),
      seen({ policyChanged: CHANGED }),
      "refused",
      "prune.policyChanged",
    ],
    ["refuses another policy before it plans", job(), seen({ policyChanged: CHANGED }), "refused", "prune.policyChanged"],
    ["refuses a timer that ossnap.yaml does not have", job(), seen({ noTimer: true }), "refused", "prune.noTimer"],
    ["plans by hand without a timer", job({}, { hash: "aaaa" }), seen({ noTimer: true }), "planned", "prune.planned"],
    [
      "does not take an empty listing for its own deletion",
      job({ plan: SETTLED, removed: [] }),
      seen({ remaining: [], listed: 0, newestGoodThere: false }),
      "refused",
      "prune.listsNothing",
    ],
    [
      "does not take a shrunken listing for its own deletion",
      job({ plan: SETTLED, removed: [] }),
      seen({ remaining: [], listed: 1, newestGoodThere: false }),
      "refused",
      "prune.newestGone",
    ],
    [
      "counts only its own deletions",
      job({ plan: SETTLED, removed: [target("a")] }),
      seen({ remaining: [] }),
      "done",
      "prune.doneByOthers",
    ],
    [
      "is done when it saw all of them go",
      job({ plan: SETTLED, removed: [target("a"), target("b")] }),
      seen({ remaining: [] }),
      "done",
      "prune.done",
    ],
  ])("%s", (_, made, observation, what, code) => {
    const decision = stepPrune(made, observation);
    expect([decision.do === "record" ? decision.state : decision.do === "effect" ? decision.effect : "wait", decision.reason.code]).toEqual(
      [what, code],
    );
  });

  it("deletes only what the plan of this moment removes too, in batches as large as the cluster accepts", () => {
    const settled = job({ plan: SETTLED, removed: [] });
    expect(stepPrune(settled, seen({ batchMax: 40 }))).toMatchObject({ args: { snapshots: [{ name: "a" }, { name: "b" }] } });
    const narrower = seen({ batchMax: 40, plan: { ...PLAN, hash: "cccc", remove: [removed("new"), removed("b")] } });
    expect(stepPrune(settled, narrower)).toMatchObject({ args: { snapshots: [{ name: "b", uuid: "uuid-b" }] } });
  });

  it("names what it spared and why", () => {
    const kept = { name: "b", uuid: "uuid-b", reasons: [reason("keep.lastOfIndex", { indices: ["gone"], count: 1 })] };
    const now = seen({ remaining: [target("b")], plan: { ...PLAN, keep: [...PLAN.keep, kept], remove: [] } });
    expect(stepPrune(job({ plan: SETTLED, removed: [target("a")] }), now)).toMatchObject({
      state: "done",
      reason: reason("prune.doneSpared", {
        removed: 1,
        asked: 2,
        keep: 1,
        spared: ["b"],
        first: "b",
        because: "keep.lastOfIndex",
        indices: ["gone"],
        count: 1,
      }),
    });
  });

  it("counts a request whose response was lost, but not one that was rejected", () => {
    const settled = job({ plan: SETTLED, removed: [] });
    const claim = {
      effect: "deleteSnapshots",
      args: { snapshots: [target("a"), target("b")] },
      attempt: 1,
      until: "2026-11-20T00:00:00.000Z",
    };
    const claimed = (code: string): PruneJob => ({ ...settled, head: { ...settled.head, claim, reason: reason(code) } });
    expect(stepPrune(claimed("prune.delete"), seen({ remaining: [] }))).toMatchObject({
      reason: { code: "prune.done", params: { removed: 2 } },
    });
    expect(stepPrune(claimed("effect.refused"), seen({ remaining: [] }))).toMatchObject({
      reason: { code: "prune.doneByOthers", params: { removed: 0, vanished: ["a", "b"] } },
    });
  });

  it("continues a plan stored by an earlier version, which recorded no deletions", () => {
    expect(stepPrune(job({ plan: SETTLED }), seen({ remaining: [] }))).toMatchObject({
      reason: { code: "prune.done", params: { removed: 2 } },
    });
  });
});
