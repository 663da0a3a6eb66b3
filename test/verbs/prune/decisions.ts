import { reason } from "../../../shared/model/reason.ts";
import type { PrunePlan } from "../../../shared/plan/retention/plan.ts";
import { type PruneData, type PruneJob, type PruneObservation, type PruneTarget, stepPrune } from "../../../shared/verbs/prune/step.ts";
import { jobOf } from "../../jobs/jobs.ts";
import { NIGHTLY } from "../../world/world.ts";
import { type Decided, decide } from "../decisions.ts";

const target = (day: number, uuid: string | undefined = `uuid-${day}`): PruneTarget => ({
  name: `nightly-${day}`,
  uuid,
  startTime: `2026-11-${day}T01:30:00.000Z`,
});
const [A, B, C] = [target(11), target(12), target(13)];
/** Of 2.x, where name and start time identify a snapshot. */
const OLD = target(10, undefined);
OLD.uuid = undefined;
const NEWEST = { name: "nightly-20", uuid: "uuid-20" };
const removed = (one: PruneTarget) => ({ ...one, reasons: [], keptInstead: NEWEST.name });
const PLAN: PrunePlan = {
  policy: "nightly",
  fingerprint: "f1f2",
  hash: "aaaa",
  keep: [
    { ...NEWEST, reasons: [reason("keep.last", { last: 2 })] },
    { name: "nightly-19", uuid: "uuid-19", reasons: [] },
  ],
  remove: [removed(A), removed(B), removed(C)],
  later: [removed(target(14))],
  newestGood: NEWEST,
  refusal: undefined,
};
const SETTLED = { hash: "aaaa", fingerprint: "f1f2", remove: [A, B, C], newestGood: NEWEST, kept: 5 };

const job = (data: PruneData = { plan: SETTLED, removed: [] }, change: { hash?: string; cancelling?: boolean } = {}): PruneJob =>
  jobOf({
    id: "prune-nightly-x",
    state: data.plan ? "planned" : "asked",
    input: { policyName: "nightly", policy: NIGHTLY, ...(change.hash ? { hash: change.hash } : {}) },
    data,
    cancelling: change.cancelling ?? false,
  });
const claiming = (made: PruneJob, effect: string, code: string, snapshots?: PruneTarget[]): PruneJob => {
  const claim = { effect, args: snapshots ? { snapshots } : {}, attempt: 1, until: "2026-11-21T02:31:00.000Z" };
  return { ...made, head: { ...made.head, claim, reason: reason(code) } };
};
const seen = (change: Partial<PruneObservation> = {}): PruneObservation => ({
  plan: PLAN,
  appliedBefore: true,
  noTimer: false,
  policyChanged: undefined,
  repository: undefined,
  remaining: [A, B, C],
  halfDeleted: [],
  listed: 9,
  newestGoodThere: true,
  protectedSince: undefined,
  batchMax: 2,
  atOnce: 2,
  blocked: undefined,
  ...change,
});
const kept = (one: PruneTarget, change: Partial<PruneTarget> = {}) => ({
  name: one.name,
  uuid: one.uuid,
  ...change,
  reasons: [reason("keep.lastOfIndex", { indices: ["films-1999"], count: 1 }), reason("keep.last", { last: 2 })],
});
const planWith = (change: Partial<PrunePlan>) => seen({ remaining: [B], plan: { ...PLAN, ...change } });
const oldJob = () => job({ plan: { ...SETTLED, remove: [OLD] }, removed: [] });
const laterOld = { ...OLD, startTime: "2026-11-10T05:00:00.000Z" };

const planning = (): [string, PruneJob, PruneObservation][] => [
  ["a timer plans", job({}), seen()],
  ["a person applies the plan that was shown", job({}, { hash: "aaaa" }), seen({ appliedBefore: false, noTimer: true })],
  ["the plan that was shown is out of date", job({}, { hash: "bbbb" }), seen()],
  [
    "the plan is refused",
    job({}, { hash: "aaaa" }),
    seen({ plan: { ...PLAN, refusal: reason("prune.keepsNothingGood", { policy: "nightly" }) } }),
  ],
  ["a timer plans without a timer in the configuration", job({}), seen({ noTimer: true, appliedBefore: false })],
  ["a timer plans what was never applied by hand", job({}), seen({ appliedBefore: false })],
  ["the policy changed", job(), seen({ policyChanged: reason("prune.policyChanged", { policy: "nightly" }) })],
  [
    "the repository's name is taken",
    job(),
    seen({ repository: { fault: reason("repository.taken", { repository: "backups", cluster: "source", settings: ["location"] }) } }),
  ],
  ["it is cancelled", job(undefined, { cancelling: true }), seen()],
];
const deleting = (): [string, PruneJob, PruneObservation][] => [
  ["deletes as many as one request takes", job(), seen()],
  ["deletes what is left", job(), seen({ remaining: [C] })],
  ["does not delete what the plan of this moment keeps", job(), seen({ plan: { ...PLAN, remove: [removed(target(14)), removed(B)] } })],
  [
    "does not delete another snapshot of the same name",
    job(),
    seen({ plan: { ...PLAN, remove: [removed({ ...A, uuid: "uuid-other" })] } }),
  ],
  [
    "deletes a snapshot without a uuid by its name and start",
    oldJob(),
    seen({ remaining: [OLD], plan: { ...PLAN, remove: [removed(OLD)] } }),
  ],
  [
    "does not delete a snapshot without a uuid that started at another time",
    oldJob(),
    seen({ remaining: [OLD], plan: { ...PLAN, remove: [removed(laterOld)] } }),
  ],
  [
    "does not delete a snapshot of another name with the same start",
    oldJob(),
    seen({ remaining: [OLD], plan: { ...PLAN, remove: [removed({ ...OLD, name: "by-hand" })] } }),
  ],
  ["waits for its lane", job(), seen({ blocked: reason("lane.busy", { job: "backup-nightly-1", cluster: "source" }) })],
  ["a planned snapshot was pinned", job(), seen({ protectedSince: B.name })],
  ["the newest good snapshot is gone", job(), seen({ remaining: [], listed: 1, newestGoodThere: false })],
  ["the repository lists nothing", job(), seen({ remaining: [], listed: 0, newestGoodThere: false })],
  [
    "an answer was lost: only what is gone counts as removed",
    claiming(job(), "deleteSnapshots", "prune.delete", [A, B]),
    seen({ remaining: [B, C] }),
  ],
  ["an answer was lost, and nothing is gone", claiming(job(), "deleteSnapshots", "prune.delete", [A, B]), seen()],
  [
    "an earlier version's answer was lost, and nothing is gone",
    claiming(job({ plan: SETTLED }), "deleteSnapshots", "prune.delete", [A]),
    seen(),
  ],
  ["another effect's claim is no deletion", claiming(job(), "other", "prune.delete", [A, B]), seen({ remaining: [C] })],
  ["a claim without arguments", claiming(job(), "deleteSnapshots", "prune.delete"), seen({ remaining: [C] })],
  [
    "an answer was lost while the newest good snapshot is gone",
    claiming(job(), "deleteSnapshots", "prune.delete", [A]),
    seen({ remaining: [], newestGoodThere: false }),
  ],
];
const concluding = (): [string, PruneJob, PruneObservation][] => [
  ["all of them are gone", job({ plan: SETTLED, removed: [A, B, C] }), seen({ remaining: [] })],
  ["an earlier version recorded no deletions", job({ plan: SETTLED }), seen({ remaining: [] })],
  [
    "an earlier version's answer was lost",
    claiming(job({ plan: SETTLED }), "deleteSnapshots", "prune.delete", [C, A]),
    seen({ remaining: [] }),
  ],
  ["an earlier version recorded no deletions, and one is kept now", job({ plan: SETTLED }), planWith({ remove: [], keep: [kept(B)] })],
  [
    "a snapshot without a uuid is passed over while another one without is kept",
    oldJob(),
    seen({ remaining: [OLD], plan: { ...PLAN, remove: [], keep: [{ ...kept(OLD), name: "by-hand" }] } }),
  ],
  ["others deleted some", job({ plan: SETTLED, removed: [B] }), seen({ remaining: [] })],
  ["there was nothing to remove", job({ plan: { ...SETTLED, remove: [] }, removed: [] }), seen({ remaining: [] })],
  [
    "some are half deleted",
    job({ plan: SETTLED, removed: [A] }),
    seen({ plan: { ...PLAN, remove: [] }, remaining: [B, C], halfDeleted: [B, C] }),
  ],
  ["one is kept now, and the plan says why", job({ plan: SETTLED, removed: [A, C] }), planWith({ remove: [], keep: [kept(A), kept(B)] })],
  ["one was passed over because of the cap", job({ plan: SETTLED, removed: [A, C] }), planWith({ remove: [], keep: [kept(C)] })],
  [
    "another snapshot of its name is kept",
    job({ plan: SETTLED, removed: [A, C] }),
    planWith({ remove: [], keep: [kept(B, { uuid: "uuid-other" })] }),
  ],
];

export function pruneDecisions(): Decided[] {
  return decide<PruneJob["intent"]["input"], PruneData, PruneObservation>(stepPrune, new Date(0), [
    ...planning(),
    ...deleting(),
    ...concluding(),
  ]);
}
