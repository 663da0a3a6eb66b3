import type { Decision } from "../../jobs/kind.ts";
import type { ClusterSnapshot } from "../../model/cluster.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { BackupData, FailedAttempt } from "./types.ts";

const SHARDS_SHOWN = 5;
const REASON_CHARACTERS_MAX = 200;

/** Duration of a finished snapshot, by the cluster's clock. */
function secondsOf({ startTime, endTime }: ClusterSnapshot): number {
  return endTime ? Math.round((endTime.getTime() - startTime.getTime()) / 1000) : 0;
}

/** What is stored of a good snapshot. */
export function measuresOf(good: ClusterSnapshot, bytes: number | undefined) {
  const { name, uuid, indices } = good;
  return { name, ...(uuid ? { uuid } : {}), indices, seconds: secondsOf(good), ...(bytes === undefined ? {} : { bytes }) };
}

export function goodReason(snapshot: ClusterSnapshot): Reason {
  const seconds = secondsOf(snapshot);
  return reason("backup.success", { snapshot: snapshot.name, indices: snapshot.indices.length, shards: snapshot.shards.total, seconds });
}

export function endedReason(ended: readonly ClusterSnapshot[]): Reason {
  const last = ended.at(-1) as ClusterSnapshot;
  if (last.state === "SUCCESS") return reason("backup.otherIndices", { snapshot: last.name, indices: last.indices.slice(0, 10) });
  return reason("backup.notGood", {
    snapshot: last.name,
    state: last.state,
    shardsFailed: last.shards.failed,
    first: firstFailure(last),
  });
}

/** Which shard, on which node, and why. */
function firstFailure({ failures: [first] }: ClusterSnapshot): string {
  if (first === undefined) return "";
  const node = first.node === undefined ? "" : ` on node ${first.node}`;
  return `${first.index}[${first.shard}]${node}: ${first.reason.slice(0, REASON_CHARACTERS_MAX)}`;
}

export function failureOf(snapshot: ClusterSnapshot, isForeign: boolean): FailedAttempt {
  const { name, state, shards, failures } = snapshot;
  const shown = failures.slice(0, SHARDS_SHOWN).map((one) => ({ ...one, reason: one.reason.slice(0, REASON_CHARACTERS_MAX) }));
  return {
    name,
    state,
    shardsFailed: shards.failed,
    ...(isForeign && { foreign: true }),
    ...(shown.length === 0 ? {} : { shards: shown }),
  };
}

/** A person who takes name after name must not keep a slot's job at work for ever. */
const STRANGERS_MAX = 10;

/** Names of attempts that other writers took: none of them is an attempt of ours. */
export function strangersOf({ failures }: Pick<BackupData, "failures">): number {
  return Math.min(STRANGERS_MAX, failures.filter(({ foreign }) => foreign).length);
}

interface Retried {
  head: { state: string; data: BackupData };
  intent: { patienceUntil: string; input: { policy: { attempts: number; patienceMs: number } } };
}

/**
 * What comes before the next attempt, whose predecessor ended otherwise than planned: the last attempt starts with half of the patience left,
 * the one before it with three quarters … A node that restarts or a shard that moves would end every attempt of the first minutes alike. The
 * state says that the job waits for its time: it must not hold up others in its lane meanwhile.
 */
export function beforeRetry({ head: { state, data }, intent }: Retried, attempt: number, now: Date): Decision<BackupData> | undefined {
  const last = data.failures.findLast(({ foreign }) => foreign === undefined);
  const { patienceMs, attempts } = intent.input.policy;
  if (last === undefined || data.name !== undefined || attempt > attempts) return undefined;
  const at = new Date(new Date(intent.patienceUntil).getTime() - patienceMs * (1 - 2 ** (attempt - attempts - 1)));
  const params = { attempt, attempts, at: at.toISOString(), snapshot: last.name, state: last.state };
  if (at > now) {
    const why = reason("backup.nextAttempt", params);
    return state === RETRYING ? { do: "wait", reason: why } : { do: "record", state: RETRYING, reason: why, data };
  }
  return state === RETRYING ? { do: "record", state: "asked", reason: reason("backup.attemptDue", params), data } : undefined;
}

const RETRYING = "retrying";
