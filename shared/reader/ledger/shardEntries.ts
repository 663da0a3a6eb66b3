import * as z from "zod";
import type { BlobStore } from "../../model/blobStore.ts";
import { sha256 } from "../../model/hash.ts";
import { stateKey } from "../../state/keys.ts";
import { keysBelow, writeObject } from "../../state/objects.ts";
import { orDamaged, readShaped } from "../../state/records.ts";
import { segmentOf } from "../../state/segment.ts";

/** A Lucene file in several parts whose checksum was verified over all of them, with the store's ETag of each part at that time. */
export interface VerifiedFile {
  checksum: string;
  lengthBytes: number;
  etags: string[];
  /**
   * How many verdicts on this file came before, as far as its writer saw: of two entries for one file the higher counts, and of equals one that
   * says it is not the file. Absent in entries of earlier versions, which count as 0.
   */
  order?: number;
}

export interface Entries {
  /** Names of the stored objects whose union `files` is. */
  stored: string[];
  files: Map<string, VerifiedFile>;
}

const FILES = z.record(
  z.string(),
  z.looseObject({ checksum: z.string(), lengthBytes: z.number(), etags: z.array(z.string()), order: z.number().optional() }),
);

/** Of a damaged object nothing is known: its files are read again. */
async function storedFiles(state: BlobStore, key: string): Promise<Record<string, VerifiedFile>> {
  const found = await orDamaged(() => readShaped<Record<string, VerifiedFile>>(state, key, FILES));
  return found === "damaged" ? {} : (found ?? {});
}

export async function readEntries(state: BlobStore, place: string, prefix: string, stored: readonly string[]): Promise<Entries> {
  const entries: Entries = { stored: [], files: new Map() };
  await addStored(state, place, { prefix, stored }, entries);
  return entries;
}

/** What was stored for a shard since its entries were read; costs one LIST. */
export async function readMore(state: BlobStore, place: string, prefix: string, entries: Entries): Promise<void> {
  const names = await keysBelow(state, `${stateKey.partsOf(place)}${segmentOf(prefix)}/`);
  const stored = names.map((name) => name.replace(/\.json$/, ""));
  entries.stored = entries.stored.filter((hash) => stored.includes(hash));
  await addStored(state, place, { prefix, stored: stored.filter((hash) => !entries.stored.includes(hash)) }, entries);
}

async function addStored(
  state: BlobStore,
  place: string,
  { prefix, stored }: { prefix: string; stored: readonly string[] },
  { stored: known, files }: Entries,
): Promise<void> {
  for (const hash of stored) {
    const found = await storedFiles(state, keyOf(place, prefix, hash));
    for (const [fileKey, file] of Object.entries(found)) if (isLater(file, files.get(fileKey))) files.set(fileKey, file);
    known.push(hash);
  }
}

export function orderOf(file: VerifiedFile | undefined): number {
  return file?.order ?? 0;
}

/** A disproof costs at most another reading; a wrong proof costs data. */
function isLater(file: VerifiedFile, than: VerifiedFile | undefined): boolean {
  const [one, other] = [orderOf(file), orderOf(than)];
  return than === undefined || one > other || (one === other && !isDisproof(than));
}

function isDisproof({ lengthBytes }: VerifiedFile): boolean {
  return lengthBytes < 0;
}

/** The union under a name of its own, then the objects that it contains are removed: two writers never overwrite each other. */
export async function writeEntries(state: BlobStore, place: string, prefix: string, entries: Entries): Promise<void> {
  const value = Object.fromEntries(entries.files);
  const hash = sha256(JSON.stringify(value)).slice(0, 16);
  if (entries.stored.includes(hash)) return;
  await writeObject(state, keyOf(place, prefix, hash), value);
  const old = entries.stored.map((before) => keyOf(place, prefix, before));
  entries.stored = [hash];
  if (old.length > 0) await state.delete(old);
}

function keyOf(place: string, prefix: string, hash: string): string {
  return `${stateKey.partsOf(place)}${segmentOf(prefix)}/${hash}.json`;
}
