import type { World } from "../jobs/world.ts";
import type { BlobStore } from "../model/blobStore.ts";
import { shortHash } from "../model/hash.ts";
import type { Notice } from "../model/notice.ts";
import type { Reason } from "../model/reason.ts";
import { parseNoticeLeaf, stateKey } from "../state/keys.ts";
import { readObject } from "../state/objects.ts";
import type { Decided } from "./outbox.ts";

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
  /** Marks of the channels that there were when it began; absent in records of earlier versions. */
  channels?: readonly string[];
  /** How often it was reported again. */
  changes?: number;
}

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

/** What stands for each channel in keys and records: a hash of its name. */
export const channelsOf = (notifiers: World["notifiers"]) => notifiers.map(({ name }) => shortHash(12, name));

export const generationId = (generation: number) => String(generation).padStart(6, "0");

/** The newest generation that is open. One that this invocation's listing shows costs one read, one that it does not show one listing. */
export async function readOpen({ state, live }: Pick<World, "live" | "state">, key: string): Promise<Open | undefined> {
  const listed = live?.notices.get(key);
  return (listed !== undefined && (await readGeneration(state, key, listed))) || findOpen(state, key);
}

async function findOpen(state: BlobStore, key: string): Promise<Open | undefined> {
  const prefix = stateKey.notices(key);
  const generations: number[] = [];
  for await (const blob of state.list(prefix)) {
    // Other facts have keys that begin with this one's.
    const generation = parseNoticeLeaf(blob.key.slice(prefix.length));
    if (generation !== undefined) generations.push(generation);
  }
  return generations.length === 0 ? undefined : readGeneration(state, key, Math.max(...generations));
}

async function readGeneration(state: BlobStore, key: string, generation: number): Promise<Open | undefined> {
  const fact = await readObject<OpenFact>(state, stateKey.notice(key, generation));
  return fact && { generation, fact };
}

/** The last change of a generation that is recorded, and what it reported if it is one that came after change number `known`. */
export async function lastChange(
  state: BlobStore,
  key: string,
  begun: string,
  known = 0,
): Promise<{ number: number; what?: string | undefined }> {
  let last: { number: number; what?: string | undefined } = { number: known };
  for (;;) {
    const there = await readObject<{ what?: string }>(state, stateKey.noticeAgain(key, begun, last.number + 1));
    if (there === undefined) return last;
    last = { number: last.number + 1, what: there.what };
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
