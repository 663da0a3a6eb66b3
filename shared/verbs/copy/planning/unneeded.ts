import * as z from "zod";
import { classifyKey, type KeyKind } from "../../../format/keys.ts";
import type { World } from "../../../jobs/world.ts";
import type { BlobInfo, BlobStore } from "../../../model/blobStore.ts";
import { timeDigits } from "../../../model/restoredName.ts";
import { stateKey } from "../../../state/keys.ts";
import { keysBelow, writeObject } from "../../../state/objects.ts";
import { readShaped } from "../../../state/records.ts";
import type { Unneeded } from "../types.ts";

/** Readers of a root that was replaced may still need its blobs for this long. */
const GRACE_MS = 86_400_000;
/** A list is not written more often: with copies every few minutes there would be hundreds. */
const LISTS_APART_MS = 6 * 3_600_000;
/** Of a list, in one object. */
const PIECE_BLOBS = 5_000;
/** What a store deletes with one request. */
const DELETED_AT_ONCE = 1_000;
/** What only snapshots refer to. Roots, `index.latest` and whatever else lies there stay. */
const DELETABLE: readonly KeyKind[] = ["data", "shardSnapshot", "shardCatalogue", "indexMetadata", "globalMetadata", "snapshot"];

export function isDeletable(key: string): boolean {
  return DELETABLE.includes(classifyKey(key).kind);
}

/** Key, size, ETag and time of the last write: a blob that was written since is another one. */
type Entry = [key: string, sizeBytes: number, etag: string, written: number];
const ENTRIES = z.array(z.tuple([z.string(), z.number(), z.string(), z.number()]));

export type DueBlob = [key: string, sizeBytes: number];
const DUE = z.array(z.tuple([z.string(), z.number()]));

const END = "end.json";

/** Collects what a walk over the whole destination finds unneeded, in the order of the listing. */
export interface UnneededCollector {
  /** Returns nothing for a blob that is never deleted. */
  add(blob: BlobInfo): Promise<void> | undefined;
  /** `needed` is the number of blobs that are needed. */
  end(needed: number): Promise<Unneeded>;
}

/**
 * Compares with what an earlier copy listed as unneeded at least {@link GRACE_MS} ago: what is in both, unchanged, is due. What is unneeded now is
 * listed for later copies. Of all blobs at most `atMostPercent` become due at once.
 */
export async function collectUnneeded(
  world: World,
  { job, owner, atMostPercent }: { job: string; owner: string; atMostPercent: number },
): Promise<UnneededCollector> {
  const { state } = world;
  const now = world.clock.now();
  const lists = await listsOf(world, owner);
  const before = lists.findLast(({ time }) => time <= now.getTime() - GRACE_MS);
  const isListed = !lists.some(({ time }) => time > now.getTime() - LISTS_APART_MS);
  const earlier = earlierEntries(world, before && stateKey.unneeded(owner, before.digits));
  const below = stateKey.unneeded(owner, timeDigits(now));
  const list = `${timeDigits(now)}-${world.by.nonce}`;
  const [all, due]: [Entry[], Entry[]] = [[], []];
  const found: Unneeded = { blobs: 0, bytes: 0, due: { list, blobs: 0, bytes: 0 } };
  let [pieces, duePieces] = [0, 0];

  const flush = async (isOver: boolean): Promise<void> => {
    while (isListed && (all.length >= PIECE_BLOBS || (isOver && all.length > 0))) {
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
    if (isListed) all.push(entry);
    if (await earlier.has(entry)) {
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
      if (isListed) await writeObject(state, `${below}${END}`, { blobs: found.blobs, pieces });
      await removeLists(world, owner, lists.slice(0, before ? lists.indexOf(before) : 0));
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
}

/** The complete lists, the oldest first. */
async function listsOf({ state }: World, owner: string): Promise<List[]> {
  const leaves = await keysBelow(state, stateKey.unneededAll(owner));
  const ended = leaves.filter((one) => one.endsWith(`/${END}`)).map((one) => one.slice(0, -END.length - 1));
  return ended.map((digits) => ({ digits, time: timeOf(digits) })).sort((one, other) => one.time - other.time);
}

/** Of `yyyymmddhhmmssSSS`, in UTC. */
function timeOf(digits: string): number {
  const [, year, month, day, hour, minute, second, ms] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})$/.exec(digits) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
}

async function removeLists({ state }: World, owner: string, lists: readonly List[]): Promise<void> {
  for (const { digits } of lists) {
    const below = stateKey.unneeded(owner, digits);
    const keys = (await keysBelow(state, below)).map((one) => `${below}${one}`);
    // The end first: a list without it counts as none.
    await state.delete([`${below}${END}`]);
    if (keys.length > 0) await state.delete(keys);
  }
}

function entryOf({ key, sizeBytes, etag = "", lastModified }: BlobInfo): Entry {
  return [key, sizeBytes, etag, lastModified?.getTime() ?? 0];
}

/** The entries of an earlier list, read piece by piece beside the walk; asked for in the order of the keys. */
function earlierEntries({ state }: World, below: string | undefined): { has(entry: Entry): Promise<boolean> } {
  let [piece, at]: [Entry[], number] = [[], 0];
  let next = below === undefined ? -1 : 0;
  const advance = async (): Promise<Entry | undefined> => {
    while (at >= piece.length) {
      if (next < 0) return undefined;
      piece = (await readShaped<Entry[]>(state, `${below}${leaf(next)}`, ENTRIES)) ?? [];
      at = 0;
      next = piece.length === 0 ? -1 : next + 1;
    }
    return piece[at];
  };
  return {
    async has(entry) {
      for (let one = await advance(); one !== undefined; one = await advance()) {
        const order = Buffer.compare(Buffer.from(one[0]), Buffer.from(entry[0]));
        if (order > 0) return false;
        at += 1;
        if (order === 0) return one[1] === entry[1] && one[2] === entry[2] && one[3] === entry[3];
      }
      return false;
    },
  };
}
