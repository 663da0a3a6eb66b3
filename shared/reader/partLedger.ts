import type { BlobStore } from "../model/blobStore.ts";
import type { Place } from "../model/config.ts";
import { sha256, shortHash } from "../model/hash.ts";
import { placeId } from "../repository/place.ts";
import { stateKey } from "../state/keys.ts";
import { keysBelow, readObject, writeObject } from "../state/objects.ts";

/** A Lucene file in several parts whose checksum was verified over all of them, with the store's ETag of each part at that time. */
export interface VerifiedFile {
  checksum: string;
  lengthBytes: number;
  etags: string[];
}

/**
 * What is known of files in several parts with counter names (2.x to 6.x): Elasticsearch reuses such names, and neither sizes nor the footer in the
 * last part show that a part belongs to another file. A file verified once, by the copier or by reading it, stays verified while the ETags of its
 * parts are unchanged. An entry that is lost costs another reading, nothing else.
 */
export interface PartLedger {
  /** Files of one shard by the key of the file without its part number; `prefix` is the shard's prefix below the base path. */
  of(prefix: string): Promise<ReadonlyMap<string, VerifiedFile>>;
  add(prefix: string, fileKey: string, file: VerifiedFile): void;
  /** Stores what was added since the last call. */
  save(): Promise<void>;
}

interface Entries {
  /** Names of the stored objects whose union `files` is. */
  stored: string[];
  files: Map<string, VerifiedFile>;
}

/** A ledger without a state, for one run of a command. */
export function memoryLedger(): PartLedger {
  const shards = new Map<string, Map<string, VerifiedFile>>();
  const shardOf = (prefix: string) => shards.get(prefix) ?? new Map<string, VerifiedFile>();
  return {
    of: async (prefix) => shardOf(prefix),
    add: (prefix, fileKey, file) => void shards.set(prefix, shardOf(prefix).set(fileKey, file)),
    save: async () => undefined,
  };
}

/** The ledger of a place's blobs in the state. Costs one LIST, and one GET per shard that is asked for and has entries. */
export function partLedger(state: BlobStore, at: Place): PartLedger {
  const place = shortHash(8, placeId(at));
  const shards = new Map<string, Promise<Entries>>();
  let listed: Promise<Map<string, string[]>> | undefined;

  const entriesOf = (prefix: string): Promise<Entries> => {
    const known = shards.get(prefix);
    if (known !== undefined) return known;
    listed ??= listEntries(state, place);
    const read = listed.then((all) => readEntries(state, place, prefix, all.get(segmentOf(prefix)) ?? []));
    shards.set(prefix, read);
    return read;
  };
  const added: { prefix: string; fileKey: string; file: VerifiedFile }[] = [];

  return {
    async of(prefix) {
      const { files } = await entriesOf(prefix);
      const own = added.filter((entry) => entry.prefix === prefix);
      return own.length === 0 ? files : new Map([...files, ...own.map(({ fileKey, file }) => [fileKey, file] as const)]);
    },
    add: (prefix, fileKey, file) => void added.push({ prefix, fileKey, file }),
    async save() {
      const touched = new Set<string>();
      for (const { prefix, fileKey, file } of added.splice(0)) {
        (await entriesOf(prefix)).files.set(fileKey, file);
        touched.add(prefix);
      }
      for (const prefix of touched) await writeEntries(state, place, prefix, await entriesOf(prefix));
    },
  };
}

/** Every stored object of a place: shard → the hashes of its objects. */
async function listEntries(state: BlobStore, place: string): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const key of await keysBelow(state, stateKey.partsOf(place))) {
    const [shard = "", name = ""] = key.split("/");
    found.set(shard, [...(found.get(shard) ?? []), name.replace(/\.json$/, "")]);
  }
  return found;
}

async function readEntries(state: BlobStore, place: string, prefix: string, stored: string[]): Promise<Entries> {
  const files = new Map<string, VerifiedFile>();
  for (const hash of stored)
    for (const [fileKey, file] of Object.entries((await readObject<Record<string, VerifiedFile>>(state, keyOf(place, prefix, hash))) ?? {}))
      files.set(fileKey, file);
  return { stored, files };
}

/** The union under a name of its own, then the objects that it contains are removed: two writers never overwrite each other. */
async function writeEntries(state: BlobStore, place: string, prefix: string, entries: Entries): Promise<void> {
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

/** A shard's prefix as one segment of a key. */
function segmentOf(prefix: string): string {
  return encodeURIComponent(prefix);
}
