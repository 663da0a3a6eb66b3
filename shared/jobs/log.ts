import * as z from "zod";
import type { BlobStore } from "../model/blobStore.ts";
import { AppError, hasCode, messageOf } from "../model/errors.ts";
import { forEachBounded, READS_AT_ONCE } from "../model/forEachBounded.ts";
import { isTooLongForJob, type JobKindName, kindOf } from "../model/jobId.ts";
import { type Reason, reason } from "../model/reason.ts";
import type { StateClock } from "../state/identity.ts";
import { stateKey } from "../state/keys.ts";
import { readObject } from "../state/objects.ts";
import { readShaped } from "../state/records.ts";
import { storedReason } from "../state/shapes.ts";
import { damagedRecord, isDate, isObject, isSaying, requireWhole } from "./damage/wholeRecords.ts";
import {
  type By,
  type DoneRecord,
  type HistoryEntry,
  idleSinceMs,
  JOB_SCHEMA,
  type Job,
  type JobIntent,
  type JobRecord,
} from "./record.ts";

/** The job log in a state store: records are written once, ordered by number, and never changed. */
export interface JobLog {
  /** Writes the intent unless the job is open or done, and returns which applies. Safe to repeat. */
  create(id: string, intent: JobIntent, first: { state: string; reason: Reason; data: unknown }): Promise<Created>;
  /** Writes the record after `head`. `lost` means that another invocation moved this job; leave it for now. */
  append(id: string, head: JobRecord, next: NextRecord): Promise<JobRecord | "lost">;
  /** An open job, or `undefined` if it has no log. A record of a newer schema is `conflict`. */
  read(id: string, headSeq?: number): Promise<Job | undefined>;
  history(id: string): Promise<HistoryEntry[]>;
  done(id: string): Promise<DoneRecord | undefined>;
  /** Writes history and final record, then removes the log; a crash in between leaves a log that is never stepped. */
  finish(job: Job, done: DoneRecord): Promise<void>;
  /** Removes the remains of a log whose final record exists. */
  sweep(id: string): Promise<void>;
}

const HISTORY = z.array(z.looseObject({ at: z.string(), by: z.string(), state: z.string(), reason: storedReason }));
/** One that says nothing must not pass for none: the job would run again. */
const DONE = z.looseObject({});

export type Created = { outcome: "created" | "open"; job: Job } | { outcome: "done"; done: DoneRecord };
export type NextRecord = Pick<JobRecord, "state" | "reason" | "data" | "claim" | "trouble" | "cancelling"> & {
  /** Whether the job gives back what it took, from this record on or still. */
  givesBack?: boolean;
};

export function jobLog(state: BlobStore, clock: StateClock, by: By): JobLog {
  const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

  async function readWhole(id: string, seq: number): Promise<JobRecord | undefined> {
    let record: JobRecord | undefined;
    try {
      record = await readObject<JobRecord>(state, stateKey.record(id, seq));
    } catch (error) {
      if (!hasCode(error, "invalid")) throw error;
      throw damagedRecord(id, seq, "is not JSON");
    }
    if (record !== undefined && !isObject(record)) throw damagedRecord(id, seq, "is not a JSON object");
    return record;
  }

  async function readRecord(id: string, seq: number): Promise<JobRecord | undefined> {
    const record = await readWhole(id, seq);
    if (record && record.schema > JOB_SCHEMA)
      throw new AppError(
        "conflict",
        `job ${id}: record ${seq} has schema ${record.schema}, newer than ${JOB_SCHEMA}, the newest that this version of ossnap knows; deploy the newer version`,
      );
    return record;
  }

  /** A PUT whose response was lost may have succeeded; the stored nonce shows it. */
  async function putRecord(id: string, record: JobRecord): Promise<boolean> {
    const key = stateKey.record(id, record.seq);
    try {
      await state.put(key, encode(record), { ifAbsent: true });
      return true;
    } catch (error) {
      if (!hasCode(error, "conflict", "transient")) throw error;
      const there = await readRecord(id, record.seq);
      if (there === undefined && hasCode(error, "transient")) throw error;
      return there?.by.nonce === by.nonce && there.at === record.at;
    }
  }

  /** A damaged record hides none of the others; when it was written is not known. */
  async function entryOf(id: string, seq: number): Promise<HistoryEntry | undefined> {
    try {
      const record = await readRecord(id, seq);
      return record && historyEntry(id, { ...record, seq });
    } catch (error) {
      if (!hasCode(error, "invalid")) throw error;
      return { at: "", by: UNKNOWN, state: UNKNOWN, reason: reason("job.recordUnreadable", { message: messageOf(error) }) };
    }
  }

  /** Of a job that is over. */
  async function storedHistory(id: string): Promise<HistoryEntry[]> {
    try {
      return (await readShaped<HistoryEntry[]>(state, stateKey.history(id), HISTORY)) ?? [];
    } catch (error) {
      if (!hasCode(error, "invalid")) throw error;
      return [{ at: UNKNOWN, by: UNKNOWN, state: UNKNOWN, reason: reason("job.recordUnreadable", { message: messageOf(error) }) }];
    }
  }

  async function putOnce(key: string, value: unknown): Promise<void> {
    try {
      await state.put(key, encode(value), { ifAbsent: true });
    } catch (error) {
      if (!hasCode(error, "conflict")) throw error;
    }
  }

  async function headSeqOf(id: string): Promise<number | undefined> {
    let last: number | undefined;
    for await (const { key } of state.list(stateKey.job(id))) last = Number(/(\d{6})\.json$/.exec(key)?.[1] ?? Number.NaN);
    return last === undefined || Number.isNaN(last) ? undefined : last;
  }

  const done = async (id: string) => {
    const kind = kindOf(id);
    return kind === undefined || isTooLongForJob(id) ? undefined : readShaped<DoneRecord>(state, stateKey.done(kind, id), DONE);
  };

  async function read(id: string, headSeq?: number): Promise<Job | undefined> {
    if (isTooLongForJob(id)) return undefined;
    const kind = kindOf(id);
    const seq = headSeq ?? (await headSeqOf(id));
    if (kind === undefined || seq === undefined) return undefined;
    const first = await readRecord(id, 0);
    const head = seq === 0 ? first : await readRecord(id, seq);
    // Swept meanwhile.
    if (!first || !head) return undefined;
    const intent = requireWhole(id, first, { ...head, seq });
    return { id, kind, intent, createdAt: new Date(first.at), head };
  }

  return {
    read,
    done,

    async create(id, intent, first) {
      const before = await done(id);
      if (before) return { outcome: "done", done: before };
      const record: JobRecord = { schema: JOB_SCHEMA, seq: 0, at: clock.now().toISOString(), by, intent, ...first };
      const won = await putRecord(id, record);
      const after = await done(id);
      if (after) {
        // The job ran and finished between our first check and our record, so the new log is garbage.
        if (won) await state.delete([stateKey.record(id, 0)]);
        return { outcome: "done", done: after };
      }
      const job = won ? { id, kind: kindOf(id) as JobKindName, intent, createdAt: new Date(record.at), head: record } : await read(id);
      if (!job) throw new AppError("conflict", `job ${id}: another process is writing it; try again`);
      return { outcome: won ? "created" : "open", job };
    },

    async append(id, head, { givesBack, ...next }) {
      const cancelling = next.cancelling ?? head.cancelling;
      const at = clock.now().toISOString();
      const record: JobRecord = {
        ...next,
        ...(cancelling ? { cancelling } : {}),
        ...(cancelling || givesBack ? givingBackOf(head, at) : {}),
        schema: JOB_SCHEMA,
        seq: head.seq + 1,
        at,
        by,
      };
      return (await putRecord(id, record)) ? record : "lost";
    },

    async history(id) {
      const last = await headSeqOf(id);
      if (last === undefined) return storedHistory(id);
      const read = new Map<number, HistoryEntry | undefined>();
      const seqs = Array.from({ length: last + 1 }, (_, seq) => seq);
      // A large copy has tens of thousands, which one after the other would outlast an invocation.
      await forEachBounded(seqs, READS_AT_ONCE, async (seq) => void read.set(seq, await entryOf(id, seq)));
      const entries: HistoryEntry[] = [];
      for (const entry of seqs.flatMap((seq) => read.get(seq) ?? []))
        entries.push(entry.at === "" ? { ...entry, at: entries.at(-1)?.at ?? "" } : entry);
      return entries;
    },

    async finish(job, record) {
      // Before the final record, while the log cannot be swept; a second finisher would otherwise store a partial history.
      await putOnce(stateKey.history(job.id), await this.history(job.id));
      await putOnce(stateKey.done(job.kind, job.id), record);
      await this.sweep(job.id);
    },

    async sweep(id) {
      const keys: string[] = [];
      // The log is removed last, so that a later sweep finds the rest.
      for (const prefix of [stateKey.work(id), stateKey.tasks(id), stateKey.job(id)])
        for await (const { key } of state.list(prefix)) keys.push(key);
      if (keys.length > 0) await state.delete(keys);
    },
  };
}

function givingBackOf(head: JobRecord, at: string): Pick<JobRecord, "givingBackSince" | "givingBackIdleMs"> {
  if (head.givingBackSince === undefined) return { givingBackSince: at };
  const idleMs = (head.givingBackIdleMs ?? 0) + idleSinceMs(head, new Date(at));
  return { givingBackSince: head.givingBackSince, ...(idleMs > 0 && { givingBackIdleMs: idleMs }) };
}

/** Of what a damaged record does not say. */
const UNKNOWN = "unknown";

function historyEntry(id: string, record: JobRecord): HistoryEntry {
  if (!isSaying(record) || !isDate(record.at)) throw damagedRecord(id, record.seq, "has no valid at, state or reason");
  const claim = record.claim ? { claim: { effect: record.claim.effect, attempt: record.claim.attempt } } : {};
  const { function: by, requestId } = (record.by ?? {}) as Partial<Record<keyof By, unknown>>;
  const request = typeof requestId === "string" ? { request: requestId } : {};
  return {
    at: record.at,
    by: typeof by === "string" ? by : UNKNOWN,
    ...request,
    state: record.state,
    reason: record.trouble ?? record.reason,
    ...claim,
  };
}
