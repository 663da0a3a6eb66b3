import { reason } from "../../../shared/model/reason.ts";
import { stepRestore } from "../../../shared/verbs/restore/step.ts";
import type { RestoreData, RestoreInput, RestoreObservation } from "../../../shared/verbs/restore/types.ts";
import { type Decided, decide } from "../decisions.ts";
import { overwriting } from "./decisionsOver.ts";
import { serving, undoing } from "./decisionsServing.ts";
import {
  ago,
  all,
  BUSY,
  behind,
  broken,
  claim,
  DONE,
  HOLDER,
  IS_INDEX,
  job,
  MINUTE_MS,
  NOW,
  no,
  OLD,
  OTHER,
  parts,
  preflight,
  type Row,
  SECOND,
  seen,
  TAKEN,
  TARGET,
  there,
  WARNED,
  WHY,
} from "./stepSetting.ts";

const planning = (): Row[] => [
  ["the repository is registered first", job("asked"), seen([], { repository: { register: true } })],
  [
    "the repository's name is taken",
    job("asked"),
    seen([], {
      repository: { fault: reason("repository.taken", { repository: "moved-movies", cluster: "target", settings: ["location"] }) },
    }),
  ],
  ["the repository is being registered", job("asked"), seen()],
  ["the proof has not ended", job("asked"), seen([], { proving: reason("copy.reading") })],
  ["the proof read further", job("asked", { head: { reason: parts(1_000) } }), seen([], { proving: parts(2_000) })],
  ["the proof read nothing more", job("asked", { head: { reason: parts(2_000) } }), seen([], { proving: parts(2_000) })],
  ["the preflight passes with a warning", job("asked"), seen([], preflight(WARNED) as never)],
  ["the preflight passes, and the closure's digest is unknown", job("asked"), seen([], { ...(preflight() as object), digest: undefined })],
  ["the preflight refuses twice, with a way out", job("asked"), seen([], preflight(TAKEN, WARNED, IS_INDEX) as never)],
  ["the preflight refuses, without a way out", job("asked"), seen([], preflight(IS_INDEX) as never)],
  ["a newer snapshot is served before it began", job("planned"), seen([no()], { overtaken: "nightly-2" })],
  [
    "a newer snapshot is served while one of its indices is there",
    job("restoring", { targets: [TARGET, SECOND] }),
    seen([there({ as: OTHER }), no()], { overtaken: "nightly-2" }),
  ],
  [
    "a newer snapshot is served while a request is under way",
    job("planned", { head: claim("restoreIndex") }),
    seen([no()], { overtaken: "nightly-2" }),
  ],
];
const restoring = (): Row[] => [
  ["the first index is restored", job("planned", { targets: [TARGET, SECOND] }), seen([no(), no({ as: OTHER })])],
  ["an index that was not looked for", job("planned"), seen()],
  ["the next index is restored", job("restoring", { targets: [DONE, SECOND] }), seen([all(), no({ as: OTHER })])],
  ["another job must end first", job("planned"), seen([no()], { blocked: BUSY })],
  ["the cluster starts it", job("restoring"), seen([no({ restoring: true })])],
  ["it vanished after it was counted", job("restored", { targets: [DONE] }), seen([no()])],
  ["another index has its name", job("planned"), seen([there({ there: "foreign" })])],
  ["its request was not looked up yet", job("restoring", { head: claim("restoreIndex") }), seen([there()])],
  ["the first look at its progress", job("restoring"), seen([there({ why: WHY })])],
  ["it progresses", job("restoring", { progress: { bytes: 4, at: ago(10 * MINUTE_MS - 1) } }), seen([there()])],
  ["it progressed within ten minutes", job("restoring", { progress: { bytes: 4, at: ago(10 * MINUTE_MS) } }), seen([there()])],
  [
    "it stalls for ten minutes",
    job("restoring", { progress: { bytes: 1_048_576, at: ago(10.4 * MINUTE_MS) } }),
    seen([there({ why: WHY })]),
  ],
  ["it stalls for exactly ten minutes", job("restoring", { progress: { bytes: 1_048_576, at: ago(10 * MINUTE_MS) } }), seen([there()])],
  ["all primaries are there, and the documents are not counted yet", job("restoring"), seen([all({ documents: undefined })])],
  ["the documents are counted, and a primary is down", job("restoring"), seen([all({ primariesActive: 2, unassigned: 0 })])],
  ["a shard is missing, and the restore still runs", job("restoring"), seen([there({ unassigned: 2 })])],
  ["a shard is missing and none is unassigned", job("restoring"), seen([there({ restoring: false })])],
  ["replicas alone are not assigned", job("restoring"), seen([all({ documents: undefined, unassigned: 2 })])],
  ["it broke off", job("restoring", { begunAgain: 1 }), seen([broken()])],
  [
    "it broke off less than a minute ago",
    job("restoring", { progress: { bytes: 4, at: ago(MINUTE_MS - 1), brokenOff: true } }),
    seen([broken({ why: undefined })]),
  ],
  ["it broke off a minute ago", job("restoring", { progress: { bytes: 4, at: ago(MINUTE_MS), brokenOff: true } }), seen([broken()])],
  [
    "it broke off for the second time",
    job("restoring", { begunAgain: 1, progress: { bytes: 4, at: ago(MINUTE_MS), brokenOff: true } }),
    seen([broken()]),
  ],
  [
    "it broke off for the third time",
    job("restoring", { begunAgain: 2, progress: { bytes: 4, at: ago(MINUTE_MS), brokenOff: true } }),
    seen([broken()]),
  ],
  [
    "it broke off while it serves",
    job("restoring", { progress: { bytes: 4, at: ago(MINUTE_MS), brokenOff: true } }),
    seen([broken({ why: undefined })], { aliases: behind([OLD, HOLDER]) }),
  ],
  ["the documents differ", job("restoring"), seen([all({ documents: 6_999 })])],
  ["the documents are equal", job("restoring", { progress: { bytes: 4, at: ago(0) } }), seen([all()])],
  ["the documents of one of two are equal", job("restoring", { targets: [TARGET, SECOND] }), seen([all(), no({ as: OTHER })])],
];
export function restoreDecisions(): Decided[] {
  return decide<RestoreInput, RestoreData, RestoreObservation>(stepRestore, NOW, [
    ...planning(),
    ...restoring(),
    ...serving(),
    ...undoing(),
    ...overwriting(),
  ]);
}
