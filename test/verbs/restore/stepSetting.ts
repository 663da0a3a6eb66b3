import { reason } from "../../../shared/model/reason.ts";
import type { PreflightCheck } from "../../../shared/plan/preflight.ts";
import type { RestoreData, RestoreInput, RestoreJob, RestoreObservation, TargetSeen } from "../../../shared/verbs/restore/types.ts";
import { jobOf } from "../../jobs/jobs.ts";
import { MOVED } from "../../world/world.ts";

export const NOW = new Date("2026-11-21T02:00:00Z");
export const MINUTE_MS = 60_000;
export const ago = (ms: number) => new Date(NOW.getTime() - ms).toISOString();
export const AS = "movies-20261121010006531-0123abcd";
export const OTHER = "stars-20261121010006531-0123abcd";
export const TARGET = { index: "movies", as: AS, shards: 3, documents: 7_000, bytes: 5_242_880 };
export const SECOND = { index: "stars", as: OTHER, shards: 2, documents: 40, bytes: 2_048 };
export const DONE = { ...TARGET, restored: { uuid: "uuid-new", documents: 7_000 } };
export const SECOND_DONE = { ...SECOND, restored: { uuid: "uuid-stars", documents: 40 } };
export const HOLDER = { name: AS, uuid: "uuid-new" };
export const OLD = { name: "movies-20261120010006531-89ab0123", uuid: "uuid-old" };
export const STUCK = reason("restore.stuck", { index: AS, started: 1, shards: 3, minutes: 11, why: "no room" });
export const BUSY = reason("lane.busy", { job: "backup-nightly-1", cluster: "target" });
export const WHY = "allocation failed: disk watermark";
const INPUT: RestoreInput = {
  snapshot: { name: "nightly-1", uuid: "uuid-1", startTime: "2026-11-21T01:00:06.531Z" },
  repository: "moved-movies",
  place: MOVED,
  indices: ["movies"],
  alias: "films",
  replicas: 2,
  keepOldMs: 86_400_000,
  watch: "moved",
  serves: true,
};

interface Change extends Partial<RestoreData> {
  input?: Partial<RestoreInput>;
  head?: Partial<RestoreJob["head"]>;
  /** Of the head, before now. */
  ageMs?: number;
}

export const job = (state: string, { input, head, ageMs = 0, ...data }: Change = {}): RestoreJob => {
  const made: RestoreJob = jobOf({ id: "restore-moved-1", state, input: { ...INPUT, ...input }, data: { targets: [TARGET], ...data } });
  return { ...made, head: { ...made.head, at: ago(ageMs), ...head } };
};
export const there = (change: Partial<TargetSeen> = {}): TargetSeen => ({
  as: AS,
  there: "ours",
  uuid: "uuid-new",
  replicas: 0,
  primariesActive: 1,
  unassigned: 0,
  restoring: true,
  bytesTotal: 5_242_880,
  bytesRecovered: 1_048_576,
  green: false,
  documents: undefined,
  ...change,
});
export const no = (change: Partial<TargetSeen> = {}) => there({ there: "no", restoring: false, ...change });
export const all = (change: Partial<TargetSeen> = {}) =>
  there({ primariesActive: 3, restoring: false, bytesRecovered: 5_242_880, green: true, documents: 7_000, replicas: 2, ...change });
export const stars = (change: Partial<TargetSeen> = {}) =>
  all({ as: OTHER, uuid: "uuid-stars", primariesActive: 2, documents: 40, ...change });
export const broken = (change: Partial<TargetSeen> = {}) => there({ restoring: false, unassigned: 2, why: WHY, ...change });
/** Who has the alias of these restores. */
export const behind = (holders: readonly { name: string; uuid: string }[]) => [{ alias: "films", holders }];
export const seen = (targets: TargetSeen[] = [], change: Partial<RestoreObservation> = {}): RestoreObservation => ({
  repository: undefined,
  preflight: undefined,
  digest: "4f9c51",
  targets,
  aliases: behind([OLD]),
  dataNodes: 4,
  overtaken: undefined,
  blocked: undefined,
  ...change,
});
export const preflight = (...checks: PreflightCheck[]) => ({
  preflight: {
    refused: false,
    targets: [TARGET],
    checks: [{ check: "closure", result: "ok", reason: WHOLE }, ...checks],
  },
});
const WHOLE = reason("closure.whole", { level: "footers", generation: 17, blobs: 42 });
export const TAKEN: PreflightCheck = {
  check: "name",
  result: "refuse",
  reason: reason("name.taken", { index: "movies", as: AS }),
  wayOut: reason("wayOut.deleteIndex", { index: AS }),
};
export const IS_INDEX: PreflightCheck = { check: "alias", result: "refuse", reason: reason("alias.isIndex", { alias: "films" }) };
export const WARNED: PreflightCheck = { check: "version", result: "warn", reason: reason("version.unknown", { version: "9.9.9" }) };
export const cancelling = { cancelling: { who: "ops", at: ago(0) } };
export const claim = (effect: string, change = {}) => ({ claim: { effect, args: {}, attempt: 1, until: ago(0), ...change } });
export const parts = (verifiedBytes: number) => reason("proof.parts", { files: 2, percent: 40, verifiedBytes, bytes: 5_000 });

export type Row = [name: string, job: RestoreJob, seen: RestoreObservation];
