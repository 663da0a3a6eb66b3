import type { MemoryBucket } from "../../../shared/adapters/memory/blobStore.ts";
import type { DoneRecord, JobRecord } from "../../../shared/jobs/record.ts";
import { JOB_MARKER_KEY, JOB_MARKER_SETTING, markingJob } from "../../../shared/model/restoredName.ts";
import type { Effect } from "../gates.ts";
import type { Play, Scenario } from "../scenario.ts";

/** One invariant, observed from outside: it reads the bare parts, never through a gate. */
export interface Check {
  number: number;
  name: string;
  /** An invocation requested a write. */
  asked?(effect: Effect): void;
  /** The write is about to be tried. */
  before?(effect: Effect): void | Promise<void>;
  after?(effect: Effect): void | Promise<void>;
  /** After each step. */
  step?(): void | Promise<void>;
  /** When everything is quiet. */
  end?(): void | Promise<void>;
}

export interface JobStatus extends Play {
  scenario: Scenario;
  /** Reports a violation; the first one ends the run. */
  violated(message: string): void;
}

export type MakeCheck = (sight: JobStatus) => Check;

export function readBare<T>(bucket: MemoryBucket, key: string): T | undefined {
  const blob = bucket.get(key);
  return blob && (JSON.parse(new TextDecoder().decode(blob.bytes)) as T);
}

export function keysOf(bucket: MemoryBucket, prefix: string): string[] {
  return [...bucket.keys()].filter((key) => key.startsWith(prefix)).sort();
}

export function doneRecords(bucket: MemoryBucket, kind: string): DoneRecord[] {
  return keysOf(bucket, `done/${kind}/`).map((key) => readBare<DoneRecord>(bucket, key) as DoneRecord);
}

/** Ids of jobs that have a log and no final record. */
export function openJobs(bucket: MemoryBucket): string[] {
  const ids = new Set(keysOf(bucket, "live/jobs/").map((key) => key.split("/")[2] ?? ""));
  return [...ids].filter((id) => !isDone(bucket, id));
}

/** What each open job was asked to do, and how long it may wait (ISO). */
export function openIntents(bucket: MemoryBucket): { id: string; kind: string; input: unknown; patienceUntil: string }[] {
  return openJobs(bucket).flatMap((id) => {
    const intent = recordsOf(bucket, id).find((record) => record.intent)?.intent;
    return intent ? [{ id, kind: id.split("-")[0] ?? "", input: intent.input, patienceUntil: intent.patienceUntil }] : [];
  });
}

export function isDone(bucket: MemoryBucket, id: string): boolean {
  return bucket.has(`done/${id.split("-")[0]}/${id}.json`);
}

/** All existing records of a job's log. */
export function recordsOf(bucket: MemoryBucket, id: string): JobRecord[] {
  return keysOf(bucket, `live/jobs/${id}/`).map((key) => readBare<JobRecord>(bucket, key) as JobRecord);
}

export function isWriteOn(effect: Effect, port: string, ...calls: string[]): boolean {
  return effect.port === port && calls.includes(effect.call);
}

/** The job that requested this effect, if the request itself names it. */
export function jobOf({ call, args }: Effect): string | undefined {
  if (call === "createSnapshot") return (args[2] as { metadata: { ossnap?: { job: string } } }).metadata.ossnap?.job;
  if (call === "restore") {
    const marker = (args[0] as { indexSettings: Record<string, unknown> }).indexSettings[JOB_MARKER_SETTING];
    return String(markingJob({ [JOB_MARKER_KEY]: String(marker) }));
  }
  return undefined;
}
