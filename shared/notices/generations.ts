import * as z from "zod";
import type { World } from "../jobs/world.ts";
import type { BlobStore } from "../model/blobStore.ts";
import { shortHash } from "../model/hash.ts";
import type { Notice } from "../model/notice.ts";
import { type Reason, reason } from "../model/reason.ts";
import { parseNoticeLeaf, stateKey } from "../state/keys.ts";
import { readHint } from "../state/records.ts";
import { keyText } from "../state/segment.ts";
import { storedReason, storedTime } from "../state/shapes.ts";
import type { Decided } from "./decided.ts";

/** `by` is of the report that it began; records of earlier versions have none. */
export interface OpenFact extends Pick<Decided, "by"> {
  since: string;
  /** It may be over: another invocation reports that, or wrote this after it was reported. The record of its end decides. */
  ending?: true;
  code: string;
  severity: Notice["severity"];
  reason: Reason;
  upTo?: string;
  /** A hash of the fact's `about`; absent in records of earlier versions. */
  about?: string;
  snapshots?: readonly string[];
  /** Marks of the channels that there were when it began, or that heard of it since; absent in records of earlier versions. */
  channels?: readonly string[];
  /** How often it was reported again. */
  changes?: number;
}

const TEXTS = z.array(z.string()).optional();
const FACT = z.looseObject({
  since: storedTime,
  code: z.string(),
  severity: z.enum(["good", "warning", "bad"]),
  reason: storedReason,
  upTo: z.string().optional(),
  about: z.string().optional(),
  snapshots: TEXTS,
  channels: TEXTS,
  changes: z.number().optional(),
  by: z.string().optional(),
});
const CHANGE = z.looseObject({ what: z.string().optional() });

/** Whether the record of the open fact is damaged, so that what it reported is unknown. */
export const isUnreadable = ({ code }: Pick<OpenFact, "code">) => code === "notice.unreadable";

/**
 * A fact as it is open. Each time that it begins it has another generation, and thereby other keys, so that an instance that was frozen
 * touches only what it read; the first version had one key for all, which is generation 0 and never begins again.
 */
export interface Open {
  generation: number;
  fact: OpenFact;
}

/** What the records of a generation's changes and of its end are named after; those of generation 0 have the time at which it began. */
export const recordsOf = ({ generation, fact: { since } }: Open) => (generation === 0 ? since : generationId(generation));

/** What stands for a channel in keys and records. */
export const channelMark = (name: string) => shortHash(12, name);

export const channelsOf = (notifiers: World["notifiers"]) => notifiers.map(({ name }) => channelMark(name));

export const generationId = (generation: number) => String(generation).padStart(6, "0");

/** The newest generation that is open. One that this invocation's listing shows costs one read, one that it does not show one listing. */
export async function readOpen(world: Pick<World, "live" | "state" | "logger">, key: string): Promise<Open | undefined> {
  const listed = world.live?.notices.get(keyText(key));
  return (listed !== undefined && (await readGeneration(world, key, listed))) || findOpen(world, key);
}

async function findOpen(world: Pick<World, "state" | "logger">, key: string): Promise<Open | undefined> {
  const prefix = stateKey.notices(key);
  const generations: number[] = [];
  for await (const blob of world.state.list(prefix)) {
    // Other facts have keys that begin with this one's.
    const generation = parseNoticeLeaf(blob.key.slice(prefix.length));
    if (generation !== undefined) generations.push(generation);
  }
  return generations.length === 0 ? undefined : readGeneration(world, key, Math.max(...generations));
}

async function readGeneration(world: Pick<World, "state" | "logger">, key: string, generation: number): Promise<Open | undefined> {
  const fact = await readFact(world, stateKey.notice(key, generation));
  return fact && { generation, fact };
}

/**
 * The record of an open fact. A damaged one stands for a fact that is open for an unknown reason, so that it can be reported again and end; it is as
 * old as its object.
 */
export async function readFact(world: Pick<World, "state" | "logger">, object: string): Promise<OpenFact | undefined> {
  const { value, fault } = await readHint<OpenFact>(world, object, FACT, "counts as a notice that is open for an unknown reason");
  if (fault === undefined) return value;
  const since = (await world.state.head(object))?.lastModified ?? new Date(0);
  const why = reason("notice.unreadable", { object, message: fault.params.message ?? "" });
  return { since: since.toISOString(), ending: true, code: why.code, severity: "bad", reason: why };
}

/** The last change of a generation that is recorded, and what it reported if it is one that came after change number `known`. */
export async function lastChange(
  world: Pick<World, "state" | "logger">,
  key: string,
  begun: string,
  known = 0,
): Promise<{ number: number; what?: string | undefined }> {
  let last: { number: number; what?: string | undefined } = { number: known };
  for (;;) {
    const { value: there, fault } = await readHint<{ what?: string }>(
      world,
      stateKey.noticeAgain(key, begun, last.number + 1),
      CHANGE,
      "counts as a report of an unknown change",
    );
    if (there === undefined && fault === undefined) return last;
    // What a damaged one reported is unknown, and equal to nothing.
    last = { number: last.number + 1, what: fault ? "" : there?.what };
  }
}

/** The generation as which a fact that is not open begins: two invocations that see it begin name the same. */
export async function nextGeneration(state: BlobStore, key: string): Promise<number> {
  let last = 0;
  const prefix = stateKey.noticeDone(key);
  for await (const blob of state.list(prefix))
    last = Math.max(last, Number(/^(\d{6})\.json$/.exec(blob.key.slice(prefix.length))?.[1] ?? 0));
  return last + 1;
}
