import * as z from "zod";
import type { World } from "../jobs/world.ts";
import type { Notice } from "../model/notice.ts";
import { type Hint, readHint } from "../state/records.ts";
import { storedReason, storedTime } from "../state/shapes.ts";

/**
 * What makes a notice true. Its text is stored before that, so that no crash and no failed write loses it, and sent after it: an entry whose
 * decision was not made, or was made by another invocation, is never sent.
 */
export interface Decision {
  /** The state object that is created once, and in entries of earlier versions where it is kept later: one of them names `by`. */
  keys: [string, ...string[]];
  /** Of no other invocation. */
  by: string;
  /** The record of the fact's end: once it exists it says who began the fact, and how many changes were reported before. */
  over?: string;
  /** Of a change: its number, and the record of the next one. */
  change?: { number: number; next: string };
}

/** What a state object tells about the decisions that it stands for. */
export interface Decided {
  by?: string;
  /** By whom it was reported that it began, when `by` is of the report that it is over. */
  begunBy?: string;
  /** Of the report that it is over: how many changes were reported before. */
  changes?: number;
}

/** A notice as it is stored until every channel has accepted it. */
export interface Entry {
  notice: Omit<Notice, "since" | "at"> & { since: string; at: string };
  /** Names of the channels that have not accepted it. */
  channels: string[];
  /** Names of those that have; a channel that is in neither list was added or corrected since, and gets it too. */
  accepted?: string[];
  /** Of a fact that channels are told later: marks of those that had heard of it, also of such as are not in ossnap.yaml now. */
  heard?: readonly string[];
  /** Absent in entries of earlier versions, which were stored after their decision. */
  decision?: Decision;
}

const DECISION = z.looseObject({
  keys: z.array(z.string()).min(1),
  by: z.string(),
  over: z.string().optional(),
  change: z.looseObject({ number: z.number(), next: z.string() }).optional(),
});
const ENTRY = z.looseObject({
  notice: z.looseObject({ key: z.string(), status: z.string(), since: storedTime, at: storedTime, reason: storedReason }),
  channels: z.array(z.string()),
  accepted: z.array(z.string()).optional(),
  heard: z.array(z.string()).optional(),
  decision: DECISION.optional(),
});
const DECIDED = z.looseObject({ by: z.string().optional(), begunBy: z.string().optional(), changes: z.number().optional() });

/** Whether a notice is true, or was until what followed. */
export async function isDecided(world: World, { keys, by, over, change }: Decision): Promise<boolean> {
  const ended = over === undefined ? undefined : await readDecided(world, over);
  if (ended && change === undefined) return ended.begunBy === by;
  if (ended && change && (ended.changes ?? 0) < change.number) return false;
  for (const key of keys) {
    const found = await readDecided(world, key);
    if (found?.by === by || found?.begunBy === by) return true;
  }
  return false;
}

/** Whether what a stored notice says was reported: what nobody decided, or another invocation did, is never sent. */
export async function isReported(world: World, { decision }: Pick<Entry, "decision">): Promise<boolean> {
  return decision === undefined || isDecided(world, decision);
}

/** A stored notice; one that is damaged stops neither the tick nor the other notices. */
export async function readEntry(world: World, key: string): Promise<Hint<Entry>> {
  return readHint<Entry>(world, key, ENTRY, "is not sent");
}

/** What a state object tells about its decisions; a damaged one tells of none. */
export async function readDecided(world: World, key: string): Promise<Decided | undefined> {
  const { value, fault } = await readHint<Decided>(world, key, DECIDED, "counts as a decision of nobody known");
  return value ?? (fault && {});
}
