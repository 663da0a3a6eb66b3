import type { Job } from "../../jobs/record.ts";
import type { CopyRule, Place } from "../../model/config.ts";
import type { Reason } from "../../model/reason.ts";
import type { BatchResult, BrokenSnapshots, CopyPlan } from "./plan.ts";

export interface CopyInput {
  copyName: string;
  rule: CopyRule;
  from: Place;
  /** Uuids of the wanted snapshots when the job was requested. */
  wanted: string[];
  /** Everything that is there is read first, and what is not as recorded is copied again. */
  check?: true;
  /** Uuids of snapshots that the followed policy reported, when the job was requested. */
  reported?: string[];
}

/** A batch of which a task was started, and whose result is not recorded yet. */
export interface CopyBatchState {
  number: number;
  /** Number of the current task. */
  attempt: number;
  /** How many attempts ended because a store did not answer; they do not count as failed attempts. */
  unanswered?: number;
  /** The attempt that ended so; its result needs no further decision. */
  unansweredAttempt?: number;
}

/** Of one round: however many batches there are, the record holds their number and those that are under way. */
export interface CopyMoving {
  /** Part of every batch's id: plans of one job never share a batch. */
  plan: string;
  pieces: number;
  /** How many pieces follow each other in one batch. */
  perBatch: number;
  /** Of batches. */
  count: number;
  blobs: number;
  bytes: number;
  /** The first batch of which no task was started yet. */
  next: number;
  begun: CopyBatchState[];
  done: { batches: number; blobs: number; bytes: number };
}

/** A store does not answer: no task starts before `until`. */
export interface CopyOutage {
  since: string;
  /** Back-offs so far. */
  tries: number;
  until: string;
  /** The blob that met it last, and the store's words. */
  key: string;
  because: string;
}

export interface CopyData {
  round: number;
  pinned?: { generation: number; sha256: string };
  snapshots: { name: string; uuid: string }[];
  skipped: { blobs: number; bytes: number };
  /** Absent before the first plan, and in plans of earlier versions, which are made again. */
  moving?: CopyMoving;
  /** Set while the batches of `moving` are read and not moved: how many blobs were found to be different. */
  checking?: { different: number };
  /** What was read before the copy was planned. */
  checked?: { blobs: number; bytes: number; different: number };
  /** What was deleted at the destination because no listed snapshot had needed it for a day. */
  cleaned?: { blobs: number; bytes: number };
  /** What was transferred, over all rounds. */
  moved: { blobs: number; bytes: number };
  root?: { key: string; sha256: string };
  /** SHA-256 of the destination's root that the plan was based on. */
  seenRoot?: string | null;
  /** Snapshots that the destination must not list while blobs are written; `done` once the root without them is published. */
  unlist?: { root: { key: string; sha256: string }; uuids: string[]; again?: string[]; done?: true };
  /** Uuids of snapshots that the destination listed once, and that are whole neither there nor at the source, which still lists them. */
  left?: string[];
  /** What holds until the root is published: shown beside the reason. */
  meanwhile?: Reason;
  /** Names of snapshots at the source that lie in the future; the first few. */
  ahead?: string[];
  /** Snapshots listed at the destination that are no longer whole at the source. */
  broken?: BrokenSnapshots;
  outage?: CopyOutage;
}

export type CopyObservation =
  /** An older job of the same copy is still open. */
  | { seen: "queued"; by: string }
  /** Time ran out before there was a result. */
  | { seen: "cut" }
  | { seen: "plan"; plan: CopyPlan }
  | {
      seen: "batches";
      /** By the number of the batch. */
      results: ReadonlyMap<number, BatchResult>;
      tasks: ReadonlyMap<number, "running" | "succeeded" | "failed" | "unknown">;
      /** An open restore that reads one of the snapshots to unlist. */
      readBy?: string | undefined;
      /** The source's root is no longer the pinned one; looked up only when something did not arrive as recorded. */
      sourceMoved?: boolean;
    }
  /** Writes of another task under reused names may still arrive until then. */
  | { seen: "writing"; by: string; until: Date }
  /** A planned snapshot is no longer at the source. */
  | { seen: "sourceMoved"; snapshot: string; root: string }
  | {
      seen: "destination";
      /** How many blobs are missing, or not as this copy verified them. */
      missing: number;
      first: Gap | undefined;
      published: boolean;
      /** Blobs that no snapshot needs that the published root lists; only of a copy that deletes them. */
      unneeded?: Unneeded | undefined;
    };

export interface Unneeded {
  blobs: number;
  bytes: number;
  /** Of these: unneeded for a day, and to be deleted now. */
  due: { list: string; blobs: number; bytes: number };
}

/** `replaced`: written by another writer after this copy verified it. */
export interface Gap {
  key: string;
  expectedBytes: number | null;
  foundBytes: number | null;
  replaced?: boolean;
}

export type CopyJob = Job<CopyInput, CopyData>;

/** A dry run reads no blob, so it could not say what a check would find. */
export const CHECK_DRY = "a dry run reads no blobs, so it cannot say what a check would find; leave one of the two out";
