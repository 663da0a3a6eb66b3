import { shortHash } from "./hash.ts";

/** The job kinds; every id starts with its kind. */
export const JOB_KINDS = ["backup", "prune", "copy", "arrival", "restore", "retire", "rollback", "verification", "migration"] as const;
export type JobKindName = (typeof JOB_KINDS)[number];

/** Ids contain no deployment name: two deployments on one repository must collide rather than duplicate work. */
export const jobId = {
  backup: (policy: string, slot: string) => `backup-${policy}-${slot}`,
  prune: (policy: string, slot: string) => `prune-${policy}-${slot}`,
  applyPrune: (policy: string, hash: string) => `prune-${policy}-${hash}`,
  applyDeletion: (repository: string, hash: string) => `prune-delete-${repository}-${hash}`,
  arrival: (watch: string, snapshotUuid: string) => `arrival-${watch}-${snapshotUuid}`,
  copy: (name: string, pinnedRootSha256: string, wanted: readonly string[]) => `copy-${name}-${shortHash(12, pinnedRootSha256, ...wanted)}`,
  restore: (input: { snapshotUuid: string; cluster: string; indices: readonly string[]; purpose: string }) =>
    `restore-${shortHash(16, input.snapshotUuid, input.cluster, [...input.indices].sort().join(","), input.purpose)}`,
  retire: (restoreId: string, indexUuid: string) => `retire-${shortHash(16, restoreId, indexUuid)}`,
  rollback: (restoreId: string, loseWrites = false) => `rollback-${shortHash(16, restoreId, ...(loseWrites ? ["lose writes"] : []))}`,
  migration: (name: string, mode: string, slot: string) => `migration-${name}-${mode}-${slot}`,
  /** For requests by hand: two requests with one idempotency key are one job. */
  byKey: (kind: JobKindName, key: string) => `${kind}-${shortHash(16, kind, key)}`,
} as const;

/** What a caller may send as an idempotency key. */
export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** No id of ours comes near it; a longer one cannot be part of a key, neither in a directory nor in a bucket. */
const ID_BYTES_MAX = 240;

/** True for a text that is too long to be the id of any job. */
export function isTooLongForJob(id: string): boolean {
  return Buffer.byteLength(id) > ID_BYTES_MAX;
}

/** The kind that an id starts with; `undefined` for a text that is no job id. */
export function kindOf(id: string): JobKindName | undefined {
  return JOB_KINDS.find((kind) => id.startsWith(`${kind}-`));
}

/** The largest number of finished jobs of one kind that a listing returns. */
export const DONE_SHOWN_MAX = 200;
