import * as z from "zod";
import { classifyKey, compareKeys, type KeyKind } from "../../../format/keys.ts";
import type { World } from "../../../jobs/world.ts";
import type { BlobInfo, BlobStore } from "../../../model/blobStore.ts";
import { digitsTime, timeDigits } from "../../../model/restoredName.ts";
import { stateKey } from "../../../state/keys.ts";
import { keysBelow, writeObject } from "../../../state/objects.ts";
import { readShaped } from "../../../state/records.ts";
import type { Unneeded } from "../types.ts";

/** Readers of a root that was replaced may still need its blobs for this long. */
const GRACE_MS = 86_400_000;
/** An incomplete list of this age belongs to an invocation that ended. */
const BROKEN_MS = 7_200_000;
/** Of a list, in one object. */
const PIECE_BLOBS = 5_000;
/** What a store deletes with one request. */
const DELETED_AT_ONCE = 1_000;
/** What only snapshots refer to. Roots, `index.latest` and whatever else lies there stay. */
const DELETABLE: readonly KeyKind[] = ["data", "shardSnapshot", "shardCatalogue", "indexMetadata", "globalMetadata", "snapshot"];

export function isDeletable(key: string): boolean {
  return DELETABLE.includes(classifyKey(key).kind);
}

/**
 * Key, size, ETag and time of the last write: a blob that was written since is another one. Last, since when it has been found unneeded by every copy;
 * absent in lists of earlier versions, which had the time of their list.
 */
type Entry = [key: string, sizeBytes: number, etag: string, written: number, since?: number | undefined];
const ENTRIES = z.array(z.tuple([z.string(), z.number(), z.string(), z.number(), z.number().optional()]));

export type DueBlob = [key: string, sizeBytes: number];
const DUE = z.array(z.tuple([z.string(), z.number()]));

const END = "end.json";
/** Of a complete list: which root needed nothing of it. */
const ENDED = z.looseObject({ root: z.string().optional() });

/** Collects what a walk over the whole destination finds unneeded, in the order of the listing. */
export interface UnneededCollector {
  /** Returns nothing for a blob that is never deleted. */
  add(blob: BlobInfo): Promise<void> | undefined;
  /** `needed` is the number of blobs that are needed. */
  end(needed: number): Promise<Unneeded>;
}

/** What a list is about. */
interface Listing {
  job: string;
  owner: string;
  atMostPercent: number;
  /** `<generation>-<sha256>` of the published root, which needs nothing of what is found. */
  root: string;
  /** Whether no root was published between this one and the one that is listed: what it needed would not be known. */
  isNextAfter: (root: string) => boolean;
}

/**
 * Lists what is unneeded now, and since when each copy has found it so: a blob that any root in between needed begins anew. Due is what has been unneeded,
 * unchanged, for {@link GRACE_MS}; of all blobs at most `atMostPercent` become due at once.
 */
export async function collectUnneeded(world: World, { job, owner, atMostPercent, root, isNextAfter }: Listing): Promise<UnneededCollector> {
  const { state } = world;
  const now = world.clock.now();
  const nowMs = now.getTime();
  const before = await lastList(world, owner, nowMs);
  const earlier = earlierEntries(world, before && isNextAfter(before.root) ? { ...before, owner } : undefined);
  const digits = timeDigits(now);
  const below = stateKey.unneeded(owner, digits);
  const list = `${digits}-${world.by.nonce}`;
  const [all, due]: [Entry[], Entry[]] = [[], []];
  const found: Unneeded = { blobs: 0, bytes: 0, due: { list, blobs: 0, bytes: 0 } };
  let [pieces, duePieces] = [0, 0];

  const flush = async (isOver: boolean): Promise<void> => {
    while (all.length >= PIECE_BLOBS || (isOver && all.length > 0)) {
      await writeObject(state, `${below}${leaf(pieces)}`, all.splice(0, PIECE_BLOBS));
      pieces += 1;
    }
    while (due.length >= DELETED_AT_ONCE || (isOver && due.length > 0)) {
      const piece: DueBlob[] = due.splice(0, DELETED_AT_ONCE).map(([key, sizeBytes]) => [key, sizeBytes]);
      await writeObject(state, `${stateKey.copyDue(job, list)}${leaf(duePieces)}`, piece);
      duePieces += 1;
    }
  };

  const add = async (blob: BlobInfo): Promise<void> => {
    const entry = entryOf(blob);
    found.blobs += 1;
    found.bytes += blob.sizeBytes;
    const since = (await earlier.since(entry)) ?? nowMs;
    all.push([entry[0], entry[1], entry[2], entry[3], since]);
    if (since <= nowMs - GRACE_MS) {
      due.push(entry);
      found.due.blobs += 1;
      found.due.bytes += blob.sizeBytes;
    }
    if (all.length >= PIECE_BLOBS || due.length >= DELETED_AT_ONCE) await flush(false);
  };

  return {
    add: (blob) => (isDeletable(blob.key) ? add(blob) : undefined),
    async end(needed) {
      await flush(true);
      await writeObject(state, `${below}${END}`, { blobs: found.blobs, pieces, root });
      await removeOthers(world, owner, digits, nowMs);
      const most = Math.floor(((needed + found.blobs) * atMostPercent) / 100);
      return found.due.blobs > most ? capped(world, job, found, most) : found;
    },
  };
}

const leaf = (number: number) => `${String(number).padStart(6, "0")}.json`;

/** Keeps the first of what is due; the rest is due again at the next copy. */
async function capped({ state }: World, job: string, found: Unneeded, most: number): Promise<Unneeded> {
  const below = stateKey.copyDue(job, found.due.list);
  const due = { ...found.due, blobs: 0, bytes: 0 };
  for (const one of await keysBelow(state, below)) {
    const key = `${below}${one}`;
    const piece = (await dueBlobs(state, key)).slice(0, most - due.blobs);
    due.blobs += piece.length;
    due.bytes += piece.reduce((sum, [, sizeBytes]) => sum + sizeBytes, 0);
    if (piece.length === 0) await state.delete([key]);
    else await writeObject(state, key, piece);
  }
  return { ...found, due };
}

/** One piece of what is to be deleted. @throws AppError `invalid` for a damaged one. */
export async function dueBlobs(state: BlobStore, key: string): Promise<DueBlob[]> {
  return (await readShaped<DueBlob[]>(state, key, DUE)) ?? [];
}

interface List {
  digits: string;
  time: number;
  root: string;
}

/** The newest complete list. One that lies in the future says nothing of a day ago. */
async function lastList({ state }: World, owner: string, nowMs: number): Promise<List | undefined> {
  const below = stateKey.unneededAll(owner);
  const ended = (await keysBelow(state, below)).filter((one) => one.endsWith(`/${END}`)).map((one) => one.slice(0, -END.length - 1));
  const digits = ended
    .filter((one) => digitsTime(one).getTime() <= nowMs)
    .sort()
    .at(-1);
  if (digits === undefined) return undefined;
  const end = await readShaped<z.infer<typeof ENDED>>(state, `${below}${digits}/${END}`, ENDED);
  return { digits, time: digitsTime(digits).getTime(), root: end?.root ?? "" };
}

/** Removes all lists but one, and what is left of incomplete ones. */
async function removeOthers({ state }: World, owner: string, kept: string, nowMs: number): Promise<void> {
  const below = stateKey.unneededAll(owner);
  const keys = await keysBelow(state, below);
  const listOf = (key: string) => key.slice(0, key.indexOf("/"));
  const ended = new Set(keys.filter((key) => key.endsWith(`/${END}`)).map(listOf));
  // Another invocation of the job may be writing a new one.
  const isOld = (digits: string) => ended.has(digits) || !(Math.abs(digitsTime(digits).getTime() - nowMs) < BROKEN_MS);
  const old = keys.filter((key) => listOf(key) !== kept && isOld(listOf(key))).map((key) => `${below}${key}`);
  // The end first: a list without it counts as none.
  const ends = old.filter((key) => key.endsWith(`/${END}`));
  if (ends.length > 0) await state.delete(ends);
  const rest = old.filter((key) => !key.endsWith(`/${END}`));
  if (rest.length > 0) await state.delete(rest);
}

function entryOf({ key, sizeBytes, etag = "", lastModified }: BlobInfo): Entry {
  return [key, sizeBytes, etag, lastModified?.getTime() ?? 0];
}

/** The entries of an earlier list, read piece by piece beside the walk; asked for in the order of the keys. */
function earlierEntries(
  { state }: World,
  list: (List & { owner: string }) | undefined,
): { since(entry: Entry): Promise<number | undefined> } {
  let [piece, at]: [Entry[], number] = [[], 0];
  let next = list === undefined ? -1 : 0;
  const advance = async (): Promise<Entry | undefined> => {
    while (at >= piece.length) {
      if (list === undefined || next < 0) return undefined;
      piece = (await readShaped<Entry[]>(state, `${stateKey.unneeded(list.owner, list.digits)}${leaf(next)}`, ENTRIES)) ?? [];
      at = 0;
      next = piece.length === 0 ? -1 : next + 1;
    }
    return piece[at];
  };
  return {
    async since(entry) {
      for (let one = await advance(); one !== undefined; one = await advance()) {
        const order = compareKeys(one[0], entry[0]);
        if (order > 0) return undefined;
        at += 1;
        if (order < 0) continue;
        const isSame = one[1] === entry[1] && one[2] === entry[2] && one[3] === entry[3];
        return isSame ? (one[4] ?? list?.time) : undefined;
      }
      return undefined;
    },
  };
}
