import type { OpenWork } from "../../jobs/openWork.ts";
import type { DoneRecord, FinalState, Job } from "../../jobs/record.ts";
import type { World } from "../../jobs/world.ts";
import { shortHash } from "../../model/hash.ts";
import type { JobKindName } from "../../model/jobId.ts";
import type { Reason } from "../../model/reason.ts";
import { timeDigits } from "../../model/restoredName.ts";
import { stateKey } from "../../state/keys.ts";
import { writeObject } from "../../state/objects.ts";
import type { AgainMark } from "../../state/watchMarks.ts";

const [MINUTE_MS, HOUR_MS] = [60_000, 3_600_000];

/** A refusal costs a preflight; a failure may cost a whole restore, or a proof of hours. */
const BACK_OFF = {
  refused: { firstMs: 15 * MINUTE_MS, mostMs: 6 * HOUR_MS },
  failed: { firstMs: HOUR_MS, mostMs: 24 * HOUR_MS },
} as const;
const FACTOR = 4;

/** How a run ended for which its snapshot may be asked for again. */
export interface EndedRun {
  kind: JobKindName;
  /** Counted from 1. */
  run: number;
  state: FinalState;
  reason: Reason;
  /** ISO. */
  at: string;
  /** The fingerprint of the watch at that time; absent in records of earlier versions. */
  print: string | undefined;
  done: DoneRecord;
}

export function endedRun(done: DoneRecord, run = runOf(done.id)): EndedRun {
  const { kind, state, reason, at, result } = done;
  return { kind, run, state, reason, at, print: (result as { print?: string } | null)?.print, done };
}

/** The run in an id that ends in `-r2`. */
export function runOf(id: string): number {
  return Number(/-r(\d+)$/.exec(id)?.[1] ?? 1);
}

/** What a change of ossnap.yaml or of the root stopped: it says nothing about the snapshot. */
function isAtOnce({ state, reason }: Pick<EndedRun, "state" | "reason">): boolean {
  return (state !== "failed" && state !== "refused") || reason.code.startsWith("config.");
}

/** Whether the snapshot is asked for again now: when the back-off has ended, or at once when the watch's fingerprint is another one. */
export function isAgainDue(ended: EndedRun, print: string, now: Date): boolean {
  return isAtOnce(ended) || ended.print !== print || dueOf(ended) <= now;
}

function dueOf({ state, run, at }: Pick<EndedRun, "state" | "run" | "at">): Date {
  const { firstMs, mostMs } = BACK_OFF[state === "refused" ? "refused" : "failed"];
  return new Date(new Date(at).getTime() + Math.min(firstMs * FACTOR ** (run - 1), mostMs));
}

/**
 * Notes when a watch is checked again after a job of its own was refused or failed: at once for the snapshot that comes next, and after the
 * back-off for the same one. The keys depend on the record alone, so that finishing it twice writes them once.
 */
export async function noteAgain(world: World, { id, kind, intent, head }: Job): Promise<void> {
  const { watchName, watch } = intent.input as { watchName?: string; watch?: string };
  const name = kind === "arrival" ? watchName : kind === "restore" && intent.asked.by !== "person" ? watch : undefined;
  const { state, reason, at } = head;
  if (name === undefined || (state !== "failed" && state !== "refused")) return;
  const isChange = isAtOnce({ state, reason });
  const times = [...(isChange || kind === "arrival" ? [new Date(at)] : []), ...(isChange ? [] : [dueOf({ state, run: runOf(id), at })])];
  for (const time of times) await writeObject(world.state, `${stateKey.again(name)}${timeDigits(time)}~${jobHash(id)}`, {});
}

/** The marks whose time has come. */
export function dueAgain({ live }: OpenWork, watchName: string, now: Date): AgainMark[] {
  return live.again.get(watchName)?.filter(({ dueDigits }) => dueDigits <= timeDigits(now)) ?? [];
}

/** Removes handled marks; one whose job has not ended yet is kept, because the check saw that job open. */
export async function dropAgain(world: World, { jobs, live }: OpenWork, watchName: string, due: readonly AgainMark[]): Promise<void> {
  const open = new Set(jobs.map(({ id }) => jobHash(id)));
  const over = due.filter(({ job }) => !open.has(job));
  if (over.length === 0) return;
  await world.state.delete(over.map(({ key }) => key));
  live.again.set(watchName, live.again.get(watchName)?.filter((one) => !over.includes(one)) ?? []);
}

const jobHash = (id: string) => shortHash(8, id);
