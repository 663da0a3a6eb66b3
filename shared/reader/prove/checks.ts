import type { ClosureBlob } from "../../model/repository.ts";
import type { FileFaults, RecordedFile } from "./checkFiles.ts";
import type { Sampled } from "./sampler.ts";

export interface FileCheck {
  file: RecordedFile;
  /** `undefined` if time ran out. */
  run(): Promise<FileFaults | undefined>;
}

/** Files in several parts with counter names: how many bytes there are, and how many of them are verified. */
export interface PartsRead {
  files: number;
  bytes: number;
  verifiedBytes: number;
}

/** The blobs of one shard as listed. */
export interface ListedShard {
  indexId: string;
  shard: number;
  blobs: readonly ClosureBlob[];
  /** In the order of the blobs. */
  written: readonly (Date | undefined)[];
  /** In the order of the blobs. */
  etags: readonly (string | undefined)[];
  /** Keys that are already known to be wrong. */
  except: ReadonlySet<string>;
}

/** Decides which files are read and how; of a shard only candidates for a sample are kept. */
export interface DataChecks {
  ofShard(shard: ListedShard): FileCheck[];
  /** Called after every shard was offered. */
  rest(): FileCheck[];
  sampled(): Sampled | undefined;
  /** `undefined` until every shard was offered, and if there are no such files. */
  parts(): PartsRead | undefined;
  /** Files that are missing or have another size, as the ledger marks them. */
  lost(): ReadonlySet<string>;
}
