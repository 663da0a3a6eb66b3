import { shortHash } from "./hash.ts";

/** What jobs there are; the kind is the first word of every id. */
export const JOB_KINDS = ["backup", "prune", "copy", "arrival", "restore", "retire", "verification"] as const;
export type JobKindName = (typeof JOB_KINDS)[number];

/** No deployment name in any of these: two deployments on one repository must collide, not double up. */
export const jobId = {
  backup: (policy: string, slot: string) => `backup-${policy}-${slot}`,
  prune: (policy: string, slot: string) => `prune-${policy}-${slot}`,
  applyPrune: (policy: string, hash: string) => `prune-${policy}-${hash}`,
  arrival: (watch: string, snapshotUuid: string) => `arrival-${watch}-${snapshotUuid}`,
  copy: (name: string, pinnedRootSha256: string, wanted: readonly string[]) => `copy-${name}-${shortHash(12, pinnedRootSha256, ...wanted)}`,
  restore: (input: { snapshotUuid: string; cluster: string; indices: readonly string[]; purpose: string }) =>
    `restore-${shortHash(16, input.snapshotUuid, input.cluster, [...input.indices].sort().join(","), input.purpose)}`,
  retire: (restoreId: string, indexUuid: string) => `retire-${shortHash(16, restoreId, indexUuid)}`,
  /** By hand: the caller's idempotency key decides; two requests with one key are one job. */
  byKey: (kind: JobKindName, key: string) => `${kind}-${shortHash(16, kind, key)}`,
} as const;

/** What a caller may send as an idempotency key. */
export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** The kind that an id names; `undefined` for a key that is no job's. */
export function kindOf(id: string): JobKindName | undefined {
  return JOB_KINDS.find((kind) => id.startsWith(`${kind}-`));
}
