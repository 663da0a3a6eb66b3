import type { SnapshotProgress } from "../../model/cluster.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { readByteSize } from "../../repository/byteSize.ts";

/** What Elasticsearch takes without the setting. */
const LIMIT_DEFAULT = "40mb";
/** Above this share of the limit, the limit is what the snapshot waits for. */
const AT_LIMIT = 0.9;

export interface ProgressContext {
  /** `max_snapshot_bytes_per_sec` of the registration, per node; absent for the default, 0 for none. */
  limit: string | undefined;
  dataNodes: number;
}

/** How far a running snapshot is, in the words of `_status`; rate and remaining time are those of all nodes together. */
export function progressReason(
  snapshot: string,
  progress: SnapshotProgress,
  { limit = LIMIT_DEFAULT, dataNodes }: ProgressContext,
): Reason {
  const { shards, bytes, elapsedMs = 0 } = progress;
  const { initializing = 0, started = 0, finalizing = 0 } = shards;
  const bytesPerSecond = elapsedMs > 0 ? Math.round((1000 * bytes.done) / elapsedMs) : 0;
  const leftSeconds = bytesPerSecond > 0 ? Math.round((bytes.total - bytes.done) / bytesPerSecond) : null;
  const params = {
    snapshot,
    initializing,
    started,
    finalizing,
    done: shards.done,
    failed: shards.failed,
    shards: shards.total,
    bytesDone: bytes.done,
    bytes: bytes.total,
    percent: bytes.total === 0 ? 0 : Math.floor((100 * bytes.done) / bytes.total),
    bytesPerSecond,
    leftSeconds,
  };
  const limitBytes = readByteSize(limit)?.bytes ?? 0;
  // Only nodes with a shard at work send, and at most one at a time is certain.
  const senders = Math.max(1, Math.min(dataNodes, started));
  if (limitBytes === 0 || bytesPerSecond < AT_LIMIT * limitBytes * senders) return reason("snapshot.progress", params);
  return reason("snapshot.throttled", { ...params, limit, needed: `${Math.ceil((2 * limitBytes) / MEBIBYTE)}mb` });
}

const MEBIBYTE = 1024 * 1024;
