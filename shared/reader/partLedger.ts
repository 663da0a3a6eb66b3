import type { BlobStore } from "../model/blobStore.ts";
import type { Place } from "../model/config.ts";
import { forEachBounded, READS_AT_ONCE } from "../model/forEachBounded.ts";
import { shortHash } from "../model/hash.ts";
import { MARKS_MAX, type Mark, type Marks, markOf } from "../proof/marks.ts";
import { placeId } from "../repository/place.ts";
import { stateKey } from "../state/keys.ts";
import { keysBelow, writeObject } from "../state/objects.ts";
import { segmentOf, segmentsOf, textOfSegments } from "../state/segment.ts";
import { type Entries, orderOf, readEntries, readMore, type VerifiedFile, writeEntries } from "./ledger/shardEntries.ts";

/**
 * What is known of single files at a place. First, of files in several parts with counter names (2.x to 6.x): Elasticsearch reuses such names,
 * and neither sizes nor the footer in the last part show that a part belongs to another file. A file verified once, by the copier or by reading it, stays verified while the ETags of its
 * parts are unchanged. An entry that is lost costs another reading, nothing else.
 */
export interface PartLedger {
  /** Whether other runs will know what this one notes. */
  isStored: boolean;
  /** Files of one shard by the key of the file without its part number; `prefix` is the shard's prefix below the base path. */
  of(prefix: string): Promise<ReadonlyMap<string, VerifiedFile>>;
  add(prefix: string, fileKey: string, file: VerifiedFile): void;
  marks(): Promise<Marks>;
  /** `blob` is that of {@link markOf}. */
  setMark(mark: Mark, blob: string, isSet: boolean): void;
  /** Stores what was added since the last call. */
  save(): Promise<void>;
  /** Frees what was read of a shard; it is read again when it is asked for. */
  release(prefix: string): void;
}

/** In the place of a shard's prefix, which never begins like this. */
export const MARKS = "~";

/** A ledger without a state, for one run of a command. */
export function memoryLedger(): PartLedger {
  const shards = new Map<string, Map<string, VerifiedFile>>();
  const marks = { suspects: new Set<string>(), lost: new Set<string>() };
  const shardOf = (prefix: string) => shards.get(prefix) ?? new Map<string, VerifiedFile>();
  return {
    isStored: false,
    of: async (prefix) => shardOf(prefix),
    add: (prefix, fileKey, file) => void shards.set(prefix, shardOf(prefix).set(fileKey, file)),
    marks: async () => marks,
    setMark: (mark, key, isSet) => void (isSet ? marks[mark].add(key) : marks[mark].delete(key)),
    save: async () => undefined,
    release: () => undefined,
  };
}

/** The ledger of a place's blobs in the state. Costs one LIST, and one GET per shard that is asked for and has entries. */
export function partLedger(state: BlobStore, at: Place): PartLedger {
  const place = shortHash(8, placeId(at));
  const shards = new Map<string, Promise<Entries>>();
  let listed: Promise<Listed> | undefined;

  const entriesOf = (prefix: string): Promise<Entries> => {
    const known = shards.get(prefix);
    if (known !== undefined) return known;
    listed ??= listEntries(state, place);
    const read = listed.then(({ entries }) => readEntries(state, place, prefix, entries.get(segmentOf(prefix)) ?? []));
    shards.set(prefix, read);
    return read;
  };
  const added = new Map<string, Map<string, VerifiedFile>>();
  /** Of a shard to which something was added: what is stored with what was added, kept because a shard may have a hundred thousand files. */
  const united = new Map<string, Map<string, VerifiedFile>>();
  const changed = { suspects: new Map<string, boolean>(), lost: new Map<string, boolean>() };
  const marked = (mark: Mark, stored: ReadonlySet<string>): ReadonlySet<string> => {
    const now = new Set(stored);
    for (const [key, isSet] of changed[mark]) isSet ? now.add(key) : now.delete(key);
    return now;
  };

  async function saveChanged(): Promise<void> {
    listed ??= listEntries(state, place);
    const { marks } = await listed;
    for (const mark of ["suspects", "lost"] as const) {
      for (const [key, isSet] of changed[mark]) isSet ? marks[mark].add(key) : marks[mark].delete(key);
      await saveMarks(state, place, mark, changed[mark]);
    }
  }

  return {
    isStored: true,
    async of(prefix) {
      const { files } = await entriesOf(prefix);
      const own = added.get(prefix);
      if (own === undefined) return files;
      const all = united.get(prefix) ?? new Map([...files, ...own]);
      united.set(prefix, all);
      return all;
    },
    add(prefix, fileKey, file) {
      const own = added.get(prefix) ?? new Map<string, VerifiedFile>();
      added.set(prefix, own.set(fileKey, file));
      united.get(prefix)?.set(fileKey, file);
    },
    async marks() {
      listed ??= listEntries(state, place);
      const { marks } = await listed;
      return { suspects: marked("suspects", marks.suspects), lost: marked("lost", marks.lost) };
    },
    setMark: (mark, key, isSet) => void changed[mark].set(key, isSet),
    async save() {
      if (changed.suspects.size + changed.lost.size > 0) await saveChanged();
      const all = [...added];
      added.clear();
      united.clear();
      for (const [prefix, own] of all) {
        const entries = await entriesOf(prefix);
        // Other writers may have judged these files since they were read.
        await readMore(state, place, prefix, entries);
        for (const [fileKey, file] of own) entries.files.set(fileKey, { ...file, order: orderOf(entries.files.get(fileKey)) + 1 });
        await writeEntries(state, place, prefix, entries);
      }
    },
    release(prefix) {
      shards.delete(prefix);
      united.delete(prefix);
    },
  };
}

/** A ledger that notes nothing: for dry runs, which read what it says. */
export function readOnlyLedger(ledger: PartLedger): PartLedger {
  const nothing = () => undefined;
  return { ...ledger, isStored: false, add: nothing, setMark: nothing, save: async () => undefined };
}

export function marksIn(keys: readonly string[]): Record<Mark, Set<string>> {
  const of = (mark: Mark) => keys.filter((key) => key.startsWith(markPrefix(mark))).map((key) => key.slice(markPrefix(mark).length));
  const texts = (mark: Mark) => new Set(of(mark).flatMap((key) => textOfSegments(key) ?? []));
  return { suspects: texts("suspects"), lost: texts("lost") };
}

function markPrefix(mark: Mark): string {
  return `${MARKS}${mark}/`;
}

interface Listed {
  /** Shard → the hashes of its objects. */
  entries: Map<string, string[]>;
  marks: Record<Mark, Set<string>>;
}

/** Every stored object of a place. */
async function listEntries(state: BlobStore, place: string): Promise<Listed> {
  const entries = new Map<string, string[]>();
  const keys = await keysBelow(state, stateKey.partsOf(place));
  for (const key of keys.filter((one) => !one.startsWith(MARKS))) {
    const [shard = "", name = ""] = key.split("/");
    entries.set(shard, [...(entries.get(shard) ?? []), name.replace(/\.json$/, "")]);
  }
  return { entries, marks: marksIn(keys) };
}

/** One object each, so that a listing shows them, and two writers do not overwrite each other. */
async function saveMarks(state: BlobStore, place: string, mark: Mark, changed: Map<string, boolean>): Promise<void> {
  const objectOf = (key: string) => `${stateKey.partsOf(place)}${markPrefix(mark)}${segmentsOf(key)}`;
  const all = [...changed];
  changed.clear();
  const found = all.filter(([, isSet]) => isSet).slice(0, MARKS_MAX);
  await forEachBounded(found, READS_AT_ONCE, ([key]) => writeObject(state, objectOf(key), {}));
  const cleared = all.filter(([, isSet]) => !isSet).map(([key]) => objectOf(key));
  if (cleared.length > 0) await state.delete(cleared);
}
