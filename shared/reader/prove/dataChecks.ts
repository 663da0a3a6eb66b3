import type { BlobStore } from "../../model/blobStore.ts";
import type { ClosureBlob, ProofLevel } from "../../model/repository.ts";
import { checkContents, checkFooter, type FileFaults, type FootersFor, type RecordedFile, recordedFiles } from "./checkFiles.ts";
import { type Sample, type Sampled, samplerOf } from "./sampler.ts";

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
  /** Called after each file of a sample. */
  onRead?: ((sampled: Sampled) => void) | undefined;
  deadline?: (() => boolean) | undefined;
}

export interface FileCheck {
  file: RecordedFile;
  /** `undefined` if time ran out. */
  run(): Promise<FileFaults | undefined>;
}

/** The blobs of one shard as listed. */
export interface ListedShard {
  indexId: string;
  shard: number;
  blobs: readonly ClosureBlob[];
  /** In the order of the blobs. */
  written: readonly (Date | undefined)[];
  /** Keys that are already known to be wrong. */
  except: ReadonlySet<string>;
}

/** Decides which files are read and how; of a shard only candidates for a sample are kept. */
export interface DataChecks {
  ofShard(shard: ListedShard): FileCheck[];
  /** Called after every shard was offered. */
  rest(): FileCheck[];
  sampled(): Sampled | undefined;
}

/** `seed` determines a sample's order. */
export function dataChecks(store: BlobStore, seed: string, options: DataChecksOptions): DataChecks {
  const { level, sample, deadline } = options;
  const none = { rest: () => [], sampled: () => undefined };
  const footerOf = (file: RecordedFile): FileCheck => ({ file, run: () => checkFooter(store, file) });
  if (level === "footers") return { ...none, ofShard: (shard) => unseenFiles(shard, options).map(footerOf) };
  const all = ({ blobs, except }: ListedShard) => recordedFiles(blobs, "all", except);
  if (level === "contents" && sample !== undefined) return sampling(store, samplerOf(sample, seed), { all, footerOf, options });
  if (level === "contents")
    return { ...none, ofShard: (shard) => all(shard).map((file) => ({ file, run: () => checkContents(store, file, deadline) })) };
  return { ...none, ofShard: () => [] };
}

function unseenFiles({ indexId, shard, blobs, written, except }: ListedShard, options: DataChecksOptions): RecordedFile[] {
  const files = recordedFiles(blobs, options.footersFor ?? "all", except);
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
): DataChecks {
  const read = { files: 0, bytes: 0 };
  const sampled = (): Sampled => ({ ...read, ofFiles: sampler.ofFiles, ofBytes: sampler.ofBytes });
  const contentsOf = (file: RecordedFile): FileCheck => ({
    file,
    async run() {
      const faults = await checkContents(store, file, how.options.deadline);
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
      return files.map((file) => (chosen.has(file) ? contentsOf(file) : how.footerOf(file)));
    },
    rest: () => sampler.rest().map(contentsOf),
    sampled,
  };
}
