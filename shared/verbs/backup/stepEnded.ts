import type { Decision } from "../../jobs/kind.ts";
import type { ClusterSnapshot } from "../../model/cluster.ts";
import { becauseOf, type Reason, reason } from "../../model/reason.ts";
import type { BackupData, FailedAttempt } from "./types.ts";

const SHARDS_SHOWN = 5;
const INDICES_SHOWN = 10;
const REASON_CHARACTERS_MAX = 200;

/** Duration of a finished snapshot, by the cluster's clock. */
function secondsOf({ startTime, endTime }: ClusterSnapshot): number {
  return endTime ? Math.round((endTime.getTime() - startTime.getTime()) / 1000) : 0;
}

/** What is stored of a good snapshot. */
export function measuresOf(good: ClusterSnapshot, bytes: number | undefined) {
  const { name, uuid, indices } = good;
  const measured = { startTime: good.startTime.toISOString(), seconds: secondsOf(good), ...(bytes === undefined ? {} : { bytes }) };
  return { name, ...(uuid ? { uuid } : {}), indices, ...measured };
}

export function goodReason(snapshot: ClusterSnapshot): Reason {
  const seconds = secondsOf(snapshot);
  return reason("backup.success", { snapshot: snapshot.name, indices: snapshot.indices.length, shards: snapshot.shards.total, seconds });
}

export function endedReason(ended: readonly ClusterSnapshot[]): Reason {
  return attemptReason(failureOf(ended.at(-1) as ClusterSnapshot, false));
}

/** Why an attempt was not good: which shard failed, on which node and why, or what the snapshot contains instead. */
function attemptReason({ name, state, shardsFailed, indices = [], ...attempt }: FailedAttempt): Reason {
  if (state === "SUCCESS") return reason("backup.otherIndices", { snapshot: name, indices });
  return reason("backup.notGood", { snapshot: name, state, shardsFailed, first: firstFailure(attempt) });
}

function firstFailure({ shards: [first] = [] }: Pick<FailedAttempt, "shards">): string {
  if (first === undefined) return "";
  const node = first.node === undefined ? "" : ` on node ${first.node}`;
  return `${first.index}[${first.shard}]${node}: ${first.reason}`;
}

/** That there is no further attempt, with the cause of the last one. */
export function usedUpReason(failures: readonly FailedAttempt[], attempts: number): Reason {
  const last = failures.findLast(({ foreign }) => foreign === undefined);
  return reason("backup.attempts", { attempts, last: last?.state ?? "FAILED", ...(last && { first: firstFailure(last) }) });
}

export function failureOf(snapshot: ClusterSnapshot, isForeign: boolean): FailedAttempt {
  const { name, state, shards, failures, indices } = snapshot;
  const shown = failures.slice(0, SHARDS_SHOWN).map((one) => ({ ...one, reason: one.reason.slice(0, REASON_CHARACTERS_MAX) }));
  return {
    name,
    state,
    shardsFailed: shards.failed,
    ...(isForeign && { foreign: true }),
    ...(shown.length === 0 ? {} : { shards: shown }),
    // Without a failed shard, these are what is wrong with it.
    ...(state === "SUCCESS" && !isForeign && { indices: indices.slice(0, INDICES_SHOWN) }),
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
  const next = { attempt, attempts, at: at.toISOString() };
  if (at > now) {
    const why = reason("backup.nextAttempt", becauseOf(attemptReason(last), next));
    return state === RETRYING ? { do: "wait", reason: why } : { do: "record", state: RETRYING, reason: why, data };
  }
  const due = reason("backup.attemptDue", { ...next, snapshot: last.name, state: last.state });
  return state === RETRYING ? { do: "record", state: "asked", reason: due, data } : undefined;
}

const RETRYING = "retrying";
