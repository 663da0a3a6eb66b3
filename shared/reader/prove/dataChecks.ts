import { shardPrefix } from "../../format/keys.ts";
import type { BlobStore } from "../../model/blobStore.ts";
import type { ProofLevel } from "../../model/repository.ts";
import type { Marks } from "../../proof/marks.ts";
import { heldMemory } from "../heldMemory.ts";
import type { PartLedger } from "../partLedger.ts";
import { checkFooter, type FootersFor, isSplitCounter, type RecordedFile, recordedFiles } from "./checkFiles.ts";
import { checkParts, type SplitFile, splitFile } from "./checkParts.ts";
import type { DataChecks, FileCheck, ListedShard, PartsRead } from "./checks.ts";
import { type Sample, type Sampled, samplerOf } from "./sampler.ts";
import { readContents, withMarks } from "./suspectChecks.ts";

/** Tolerance for clock differences between store and proofs, and for the duration of an upload. */
const CLOCKS_APART_MS = 15 * 60_000;

export interface DataChecksOptions {
  level: ProofLevel;
  /** At level `footers`: which data blobs are read. `counter-named` suffices for a restore, because only those names are reused. */
  footersFor?: FootersFor | undefined;
  /** At level `footers`: when a shard's footers were last proven; blobs that were not written since are not read again. */
  footersSeen?: ((indexId: string, shard: number) => Date | undefined) | undefined;
  /** At level `contents`: how much of the data is read, by default all of it. For the rest the footers are read. */
  sample?: Sample | undefined;
  /** Files in several parts with counter names that were verified before; without it all of them are read. */
  ledger?: PartLedger | undefined;
  /** Called after each such file. */
  onParts?: ((parts: PartsRead) => void) | undefined;
  /** Called after each file of a sample. */
  onRead?: ((sampled: Sampled) => void) | undefined;
  deadline?: (() => boolean) | undefined;
}

/** What a part takes in memory while it waits. */
const PART_BYTES = 400;
/** Few at a time, so that an invocation ends some of them rather than beginning many. */
const SPLIT_FILES_AT_ONCE = 2;
/** Bytes read between two times that the ledger is stored. */
const SAVE_EVERY_BYTES = 1024 ** 3;

/** `seed` determines a sample's order; `marks` are those of the ledger. */
export function dataChecks(store: BlobStore, seed: string, options: DataChecksOptions, marks: Marks): DataChecks {
  return withMarks(checksOf(store, seed, options), store, { ...options, marks });
}

function checksOf(store: BlobStore, seed: string, options: DataChecksOptions): Omit<DataChecks, "lost"> {
  const { level, sample } = options;
  const footerOf = (file: RecordedFile): FileCheck => ({ file, run: () => checkFooter(store, file) });
  if (level === "footers") {
    const split = splitFiles(store, options);
    const ofShard = (shard: ListedShard) => split.without(shard, recordedFiles(shard.blobs, options.footersFor ?? "all", shard.except));
    return {
      ofShard: (shard) => unseenFiles(shard, ofShard(shard), options).map(footerOf),
      rest: split.checks,
      sampled: () => undefined,
      parts: split.read,
    };
  }
  const all = ({ blobs, except }: ListedShard) => recordedFiles(blobs, "all", except);
  if (level === "contents" && sample !== undefined) return sampling(store, samplerOf(sample, seed), { all, footerOf, options });
  const contentsOf = (file: RecordedFile): FileCheck => ({ file, run: () => readContents(store, file, options) });
  const ofShard = (shard: ListedShard): FileCheck[] => (level === "contents" ? all(shard).map(contentsOf) : []);
  return { ofShard, rest: () => [], sampled: () => undefined, parts: () => undefined };
}

interface SplitFiles {
  /** Keeps the split ones of these files for later, and returns the others. */
  without(shard: ListedShard, files: readonly RecordedFile[]): RecordedFile[];
  /** The checks of all kept files; after that `read` knows their size. */
  checks(): FileCheck[];
  read(): PartsRead | undefined;
}

/** Split files are read last, when everything that costs little is proven and their total size is known. */
function splitFiles(store: BlobStore, { ledger, deadline, onParts }: DataChecksOptions): SplitFiles {
  const kept: SplitFile[] = [];
  const read: PartsRead = { files: 0, bytes: 0, verifiedBytes: 0 };
  let unsavedBytes = 0;
  const held = heldMemory();
  const inTurn = slots(SPLIT_FILES_AT_ONCE);
  const checkOf = (split: SplitFile): FileCheck => ({
    file: split.file,
    async run() {
      const faults = await inTurn(() => checkParts(store, split, ledger, deadline));
      if (faults === undefined) return undefined;
      read.verifiedBytes += split.file.lengthBytes;
      unsavedBytes += split.file.lengthBytes;
      onParts?.({ ...read });
      if (unsavedBytes >= SAVE_EVERY_BYTES) {
        unsavedBytes = 0;
        await ledger?.save();
      }
      return faults;
    },
  });
  return {
    without(shard, files) {
      const etags = new Map(shard.blobs.map(({ key }, at) => [key, shard.etags[at]]));
      const prefix = shardPrefix(shard.indexId, shard.shard);
      for (const file of files) {
        if (!isSplitCounter(file)) continue;
        held.hold(file.parts.length * PART_BYTES, prefix);
        kept.push(splitFile(file, prefix, (key) => etags.get(key)));
      }
      return files.filter((file) => !isSplitCounter(file));
    },
    checks() {
      read.files = kept.length;
      read.bytes = kept.reduce((sum, { file }) => sum + file.lengthBytes, 0);
      return kept.map(checkOf);
    },
    read: () => (read.files === 0 ? undefined : { ...read }),
  };
}

/** Runs at most `count` at a time, in the order of the calls within each of as many queues. */
function slots(count: number): <T>(run: () => Promise<T>) => Promise<T> {
  const queues: Promise<unknown>[] = Array.from({ length: count }, () => Promise.resolve());
  let next = 0;
  return (run) => {
    const at = next % count;
    next += 1;
    const result = (queues[at] as Promise<unknown>).then(run);
    queues[at] = result.catch(() => undefined);
    return result;
  };
}

function unseenFiles({ indexId, shard, blobs, written }: ListedShard, files: RecordedFile[], options: DataChecksOptions): RecordedFile[] {
  const seen = options.footersSeen?.(indexId, shard);
  if (seen === undefined) return files;
  const settled = seen.getTime() - CLOCKS_APART_MS;
  const old = new Set(blobs.filter((_, at) => (written[at]?.getTime() ?? Number.POSITIVE_INFINITY) < settled).map(({ key }) => key));
  return files.filter(({ parts }) => !parts.every(({ key }) => old.has(key)));
}

function sampling(
  store: BlobStore,
  sampler: ReturnType<typeof samplerOf>,
  how: {
    all: (shard: ListedShard) => RecordedFile[];
    footerOf: (file: RecordedFile) => FileCheck;
    options: DataChecksOptions;
  },
): Omit<DataChecks, "lost"> {
  const read = { files: 0, bytes: 0 };
  const split = splitFiles(store, how.options);
  const sampled = (): Sampled => ({ ...read, ofFiles: sampler.ofFiles, ofBytes: sampler.ofBytes });
  const contentsOf = (file: RecordedFile): FileCheck => ({
    file,
    async run() {
      const faults = await readContents(store, file, how.options);
      if (faults === undefined) return undefined;
      read.files += 1;
      read.bytes += file.lengthBytes;
      how.options.onRead?.(sampled());
      return faults;
    },
  });
  return {
    ofShard(shard) {
      const files = how.all(shard);
      const chosen = new Set(sampler.choose(files));
      // A footer proves nothing of the parts before the last one, whatever the sample.
      const others = split.without(
        shard,
        files.filter((file) => !chosen.has(file)),
      );
      return [...[...chosen].map(contentsOf), ...others.map(how.footerOf)];
    },
    rest: () => [...sampler.rest().map(contentsOf), ...split.checks()],
    sampled,
    parts: split.read,
  };
}
