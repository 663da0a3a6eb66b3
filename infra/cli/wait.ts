import { setTimeout as pause } from "node:timers/promises";
import { isFinal } from "../../shared/jobs/record.ts";
import type { World } from "../../shared/jobs/world.ts";
import { hasCode, messageOf } from "../../shared/model/errors.ts";
import { doneRow, type JobRow, openRow } from "../../shared/verbs/jobs/show.ts";

/** A job's record is one small object, so this interval is short enough to report changes promptly and long enough to cost nothing. */
const POLL_MS = 2_000;

/** What a job waits for is asked of its cluster, which costs a few requests. */
const QUIET_MS = 15_000;

export interface JobStatus {
  row: JobRow;
  /** The job's final record is written. */
  over: boolean;
}

/** The current state of a job: two small reads while it is open. */
export async function readJobStatus(world: World, id: string): Promise<JobStatus | undefined> {
  const open = await world.log.read(id);
  if (open && !isFinal(open.head.state)) return { row: openRow(open), over: false };
  const done = await world.log.done(id);
  if (done) return { row: doneRow(done), over: true };
  return open && { row: openRow(open), over: false };
}

export interface WatchOptions {
  waitMs: number;
  pollMs?: number;
  /** Aborted when the user stops watching. */
  signal: AbortSignal;
  onChange(row: JobRow): void;
  /** Called while the job's record does not change: at once, then every {@link WatchOptions.quietMs}. Waiting leaves no record. */
  onQuiet?(row: JobRow): Promise<void>;
  quietMs?: number;
  onTrouble(message: string): void;
}

export type Watched = { end: "over" | "timeout" | "interrupted"; row: JobRow | undefined };

/** Polls until the job is over, the time is up or the signal is aborted; retries while the state store does not answer. */
export async function watchJob(look: () => Promise<JobStatus | undefined>, options: WatchOptions): Promise<Watched> {
  const untilMs = Date.now() + options.waitMs;
  let last: JobRow | undefined;
  const sayQuiet = nowAndThen(options);
  for (;;) {
    const sight = await patiently(look, options.onTrouble);
    if (sight && !same(sight.row, last)) options.onChange(sight.row);
    last = sight?.row ?? last;
    if (sight?.over) return { end: "over", row: last };
    if (sight) await sayQuiet(sight.row);
    if (options.signal.aborted) return { end: "interrupted", row: last };
    const leftMs = untilMs - Date.now();
    if (leftMs <= 0) return { end: "timeout", row: last };
    await pause(Math.min(options.pollMs ?? POLL_MS, leftMs), undefined, { signal: options.signal }).catch((error: unknown) => {
      if (!options.signal.aborted) throw error;
    });
  }
}

function nowAndThen({ onQuiet, quietMs = QUIET_MS }: WatchOptions): (row: JobRow) => Promise<void> {
  let nextMs = 0;
  return async (row) => {
    if (Date.now() < nextMs) return;
    await onQuiet?.(row);
    nextMs = Date.now() + quietMs;
  };
}

async function patiently(look: () => Promise<JobStatus | undefined>, onTrouble: (message: string) => void): Promise<JobStatus | undefined> {
  try {
    return await look();
  } catch (error) {
    if (!hasCode(error, "transient")) throw error;
    onTrouble(messageOf(error));
    return undefined;
  }
}

function same(row: JobRow, other: JobRow | undefined): boolean {
  return (
    other !== undefined && row.at === other.at && row.state === other.state && JSON.stringify(row.reason) === JSON.stringify(other.reason)
  );
}
