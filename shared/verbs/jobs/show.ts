import * as z from "zod";
import { readOpenWork, type UnreadJob } from "../../jobs/openWork.ts";
import { type Asked, type DoneRecord, type HistoryEntry, isFinal, type Job } from "../../jobs/record.ts";
import type { World } from "../../jobs/world.ts";
import { AppError, hasCode, messageOf } from "../../model/errors.ts";
import { DONE_SHOWN_MAX, isTooLongForJob, JOB_KINDS, type JobKindName, kindOf } from "../../model/jobId.ts";
import { shownCut } from "../../model/plainText.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { newestFirst } from "../../plan/newestFirst.ts";
import { meantText, nearNames } from "../../repository/fault.ts";
import { stateKey } from "../../state/keys.ts";
import { newestDone } from "../../state/newestDone.ts";
import { damagedObject, keysBelow } from "../../state/objects.ts";
import { readShaped } from "../../state/records.ts";
import { storedAsked, storedReason } from "../../state/shapes.ts";

/** Number of finished jobs listed per kind by default. */
const DONE_SHOWN = 20;

export interface JobRow {
  id: string;
  kind: JobKindName;
  about: string;
  state: string;
  reason: Reason;
  by: string;
  askedBy: Asked["by"];
  since: string;
  at: string;
  /** What holds until an open job has done its work, beside its reason. */
  meanwhile?: Reason;
  /** `reason` says why the job cannot be moved. */
  isTrouble?: true;
  /** Present for finished jobs. */
  result?: unknown;
}

/** A job whose records cannot be read: nothing moves it, and nobody knows what it needs. */
export interface UnreadRow {
  id: string;
  /** Where its records lie in the state. */
  key: string;
  reason: Reason;
}

export interface JobList {
  rows: JobRow[];
  unread: UnreadRow[];
}

export interface JobQuestion {
  open?: boolean;
  kind?: string;
  /** Number of finished jobs per kind, at most 200. */
  limit?: number;
}

/** The jobs of {@link listJobsAndUnread} that can be read. */
export async function listJobs(world: World, question: JobQuestion = {}): Promise<JobRow[]> {
  return (await listJobsAndUnread(world, question)).rows;
}

/**
 * Lists open jobs by the time of their request, then the newest finished ones of each kind by the time of their end; newest first. Jobs whose
 * records cannot be read hide no other.
 */
export async function listJobsAndUnread(world: World, question: JobQuestion = {}): Promise<JobList> {
  const kinds = JOB_KINDS.filter((kind) => question.kind === undefined || kind === question.kind);
  if (kinds.length === 0)
    throw new AppError("invalid", `kind: "${question.kind}" is not a kind of job; write one of ${JOB_KINDS.join(", ")}`);
  const limit = question.limit ?? DONE_SHOWN;
  if (!Number.isInteger(limit) || limit < 1 || limit > DONE_SHOWN_MAX)
    throw new AppError("invalid", `limit: ${limit} is out of range; write a number from 1 to ${DONE_SHOWN_MAX}`);
  const { jobs, unread } = await readOpenWork(world);
  const open = newestFirst(jobs.filter(({ kind }) => kinds.includes(kind)).map(openRow), ({ since, id }) => ({ time: since, name: id }));
  // The kind of an unknown one may be a newer version's.
  const left = unread.filter(({ id }) => question.kind === undefined || kindOf(id) === question.kind).map(unreadRow);
  if (question.open) return { rows: open, unread: left };
  const over: JobRow[] = [];
  for (const kind of kinds) {
    const done = await doneRows(world, kind, limit);
    over.push(...done.rows);
    left.push(...done.unread);
  }
  return { rows: [...open, ...newestFirst(over, ({ at, id }) => ({ time: at, name: id }))], unread: left };
}

async function doneRows(world: World, kind: JobKindName, limit: number): Promise<JobList> {
  const newest = await newestDone(world.state, kind, limit);
  const records = await Promise.all(newest.map((key) => readDone(world, key)));
  return {
    rows: records.flatMap((record) => (record && !("key" in record) ? [doneRow(record)] : [])),
    unread: records.flatMap((record) => (record && "key" in record ? [record] : [])),
  };
}

async function readDone(world: World, key: string): Promise<DoneRecord | UnreadRow | undefined> {
  const id = key.slice(key.lastIndexOf("/") + 1).replace(/\.json$/, "");
  try {
    return await wholeDone(world, key);
  } catch (error) {
    if (!hasCode(error, "invalid")) throw error;
    return { id, key, reason: unreadableDone(id, error) };
  }
}

const DONE = z.looseObject({
  id: z.string(),
  about: z.string(),
  state: z.string(),
  reason: storedReason,
  asked: storedAsked,
  createdAt: z.string().optional(),
  at: z.string(),
});

/** The record as far as it is shown must not fail there, with words that name neither it nor what helps. */
async function wholeDone(world: World, key: string): Promise<DoneRecord | undefined> {
  try {
    return await readShaped<DoneRecord>(world.state, key, DONE);
  } catch (error) {
    if (!hasCode(error, "invalid")) throw error;
    throw damagedObject(
      key,
      `cannot be read (${messageOf(error)}); put it back from a copy or an earlier version; the job is not run again`,
    );
  }
}

const unreadableDone = (id: string, error: unknown) => reason("job.unreadableDone", { job: id, message: messageOf(error) });

function unreadRow({ id, key, message }: UnreadJob): UnreadRow {
  return { id, key, reason: reason("job.unreadable", { job: id, message }) };
}

/** The current status of an open job, determined without moving it. */
export interface JobNow {
  /** `waits` for other or its own work; `moves` at the next tick. */
  does: "waits" | "moves";
  reason: Reason;
  /** ISO time at which waiting for other work becomes a failure. Absent while the job's own work runs. */
  givesUpAt?: string;
}

/** Passed in by callers because only the tick knows all kinds of jobs. */
export type LookAtJob = (world: World, id: string) => Promise<JobNow | undefined>;

export interface JobShown extends JobRow {
  history: HistoryEntry[];
  /** For an open job that was examined: what it waits for or does next. */
  now?: JobNow;
}

/** One job with its history and, given `look`, its current status. An unknown id is `absent`. */
export async function showJob(world: World, id: string, look?: LookAtJob): Promise<JobShown> {
  const open = kindOf(id) === undefined ? undefined : await readOpen(world, id);
  if (open && !isFinal(open.head.state)) {
    const now = await look?.(world, id);
    return { ...openRow(open), ...(now ? { now } : {}), history: await world.log.history(id) };
  }
  const done = (await endOf(world, id)) ?? (open && (await doneSoon(world, id)));
  if (!done && open) return { ...openRow(open), history: await world.log.history(id) };
  if (!done) throw await unknownJob(world, id);
  return { ...doneRow(done), history: await world.log.history(id) };
}

/** Between its last step and its permanent record a job has no result yet: that takes two requests, or until the next tick after a crash. */
const SOON_MS = [50, 200, 750];

async function doneSoon(world: World, id: string): Promise<DoneRecord | undefined> {
  for (const ms of SOON_MS) {
    await world.sleep(ms);
    const done = await endOf(world, id);
    if (done) return done;
  }
  return undefined;
}

/** How a job ended; a damaged record is the state's fault, not the request's. */
async function endOf(world: World, id: string): Promise<DoneRecord | undefined> {
  const kind = kindOf(id);
  if (kind === undefined || isTooLongForJob(id)) return undefined;
  try {
    return await wholeDone(world, stateKey.done(kind, id));
  } catch (cause) {
    if (!hasCode(cause, "invalid")) throw cause;
    throw new AppError("conflict", messageOf(cause), { cause, reason: unreadableDone(id, cause) });
  }
}

/** An open job; damaged records are the state's fault, not the request's. */
export async function readOpen(world: World, id: string): Promise<Job | undefined> {
  try {
    return await world.log.read(id);
  } catch (cause) {
    if (!hasCode(cause, "invalid")) throw cause;
    const message = messageOf(cause);
    throw new AppError("conflict", message, { cause, reason: reason("job.unreadable", { job: id, message }) });
  }
}

/** Longer than any id. */
const ID_CHARACTERS_SHOWN = 240;

async function unknownJob(world: World, id: string): Promise<AppError> {
  const kind = kindOf(id);
  const near = kind === undefined ? [] : nearNames(id, await idsOf(world, kind));
  const wrong =
    kind === undefined ? `is not the id of a job; ids begin with ${JOB_KINDS.join("-, ")}-` : `does not exist${meantText(near)}`;
  return new AppError("absent", `job ${shownCut(id, ID_CHARACTERS_SHOWN)}: ${wrong}; \`ossnap jobs\` lists the jobs`, {
    reason: reason("job.absent", { id, near }),
  });
}

async function idsOf(world: World, kind: JobKindName): Promise<string[]> {
  const { jobs } = await readOpenWork(world);
  const done = await keysBelow(world.state, stateKey.doneAll(kind));
  return [...jobs.map(({ id }) => id), ...done.map((name) => name.replace(/\.json$/, "")).reverse()].filter((id) => kindOf(id) === kind);
}

export function openRow({ id, kind, intent, head, createdAt }: Job): JobRow {
  const { meanwhile } = (head.data ?? {}) as Pick<JobRow, "meanwhile">;
  const isSaid = storedReason.safeParse(meanwhile).success;
  return {
    id,
    kind,
    about: intent.about,
    state: head.state,
    reason: head.trouble ?? head.reason,
    by: intent.asked.who,
    askedBy: intent.asked.by,
    since: createdAt.toISOString(),
    at: head.at,
    ...(meanwhile && isSaid && { meanwhile }),
    ...(head.trouble && { isTrouble: true }),
  };
}

export function doneRow({ id, kind, about, state, reason: why, asked, createdAt, at, result }: DoneRecord): JobRow {
  return { id, kind, about, state, reason: why, by: asked.who, askedBy: asked.by, since: createdAt, at, result };
}
