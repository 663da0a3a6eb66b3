import { getHeapStatistics } from "node:v8";
import type { IndexMetadata } from "../format/indexMetadata.ts";
import { partCount, type ShardFile } from "../format/shardSnapshot.ts";
import { AppError } from "../model/errors.ts";
import { textBytes } from "../model/memory/texts.ts";
import { inMegabytes, WEIGHT } from "../model/memory/weights.ts";
import { reason } from "../model/reason.ts";
import type { ProvenClosure, SnapshotRecord } from "../model/repository.ts";

/** What is kept of decoded blobs may occupy at once: of 350 MB in a function of 512 MB. */
const SHARE_OF_HEAP = 0.45;
/** Measured with the strings and checksums that Elasticsearch writes. */
const [FILE_BYTES, PART_BYTES] = [320, 320];

/**
 * The memory that one run of reading holds at once. A file list or a mapping within its own limit is harmless; many of them in memory at the
 * same time end the process.
 */
export interface HeldMemory {
  /** @throws AppError `permanent` with reason `closure.tooLarge`: the blobs may be fine, and a process with more memory reads them. */
  hold(bytes: number, subject: string): void;
  fits(bytes: number): boolean;
  leftBytes(): number;
}

export function heldMemory(maxBytes = heldBytesMax()): HeldMemory {
  let heldBytes = 0;
  const fits = (bytes: number): boolean => heldBytes + bytes <= maxBytes;
  return {
    fits,
    leftBytes: () => maxBytes - heldBytes,
    hold(bytes, subject) {
      if (!fits(bytes))
        throw new AppError("permanent", `${subject}: this blob and those read before it need more than ${inMegabytes(maxBytes)}`, {
          reason: reason("closure.tooLarge", { subject, megabytes: Math.round(maxBytes / 1024 / 1024) }),
        });
      heldBytes += bytes;
    },
  };
}

export function heldBytesMax(): number {
  return Math.floor(getHeapStatistics().heap_size_limit * SHARE_OF_HEAP);
}

/** The estimated memory of a file list with the blobs that it stands for. */
export function weightOf(files: readonly ShardFile[]): number {
  return files.reduce((bytes, file) => bytes + partCount(file) * PART_BYTES, weightOfFiles(files));
}

/** The estimated memory of a file list alone. */
export function weightOfFiles(files: readonly ShardFile[]): number {
  return files.reduce((bytes, { embedded }) => bytes + FILE_BYTES + (embedded?.byteLength ?? 0), 0);
}

/** The estimated memory of an index's metadata; of a mapping only its types and analyzers are kept. */
export function weightOfMetadata(metadata: Omit<IndexMetadata, "shards" | "replicas" | "createdVersion">): number {
  const { name, settings, aliases, mappingTypes, analyzers = [], fieldTypes = [] } = metadata;
  let bytes = 2 * WEIGHT.object + WEIGHT.text + textBytes(name);
  for (const texts of [aliases, mappingTypes, analyzers, fieldTypes])
    for (const text of texts) bytes += WEIGHT.value + WEIGHT.text + textBytes(text);
  for (const [key, value] of Object.entries(settings)) bytes += WEIGHT.field + 2 * WEIGHT.text + textBytes(key) + textBytes(value);
  return bytes;
}

/** The estimated memory of a snapshot's own blob. */
export function weightOfRecord({ indices, failures, featureStates = [] }: SnapshotRecord): number {
  let bytes = 2 * WEIGHT.object;
  const states = featureStates.flatMap((state) => [state.feature, ...state.indices]);
  for (const texts of [indices, states]) for (const text of texts) bytes += WEIGHT.value + WEIGHT.text + textBytes(text);
  for (const { index, reason: why } of failures) bytes += WEIGHT.object + 2 * WEIGHT.text + textBytes(index) + textBytes(why);
  return bytes;
}

export function weightOfClosure({ snapshot, indices }: ProvenClosure): number {
  return indices.reduce((sum, index) => sum + weightOfMetadata(index), weightOfRecord(snapshot));
}

/** Lets in what fits into memory together. */
export interface HeapGate {
  /**
   * Decodes and uses a value while there is room for it. Without room what was decoded is dropped, and read and decoded again when its turn
   * comes.
   */
  run<T, R>(decode: () => Promise<T | undefined>, weigh: (value: T) => number, use: (value: T | undefined) => Promise<R>): Promise<R>;
}

/** What alone is larger than `maxBytes` runs alone. */
export function heapGate(maxBytes = heldBytesMax()): HeapGate {
  let insideBytes = 0;
  const waiting: { bytes: number; enter: () => void }[] = [];
  const fits = (bytes: number): boolean => insideBytes === 0 || insideBytes + bytes <= maxBytes;
  const leave = (bytes: number): void => {
    insideBytes -= bytes;
    while (waiting[0] !== undefined && fits(waiting[0].bytes)) {
      const next = waiting.shift();
      insideBytes += next?.bytes ?? 0;
      next?.enter();
    }
  };
  return {
    async run(decode, weigh, use) {
      let value = await decode();
      const bytes = value === undefined ? 0 : weigh(value);
      const isIn = waiting.length === 0 && fits(bytes);
      if (isIn) insideBytes += bytes;
      else {
        value = undefined;
        await new Promise<void>((enter) => waiting.push({ bytes, enter }));
      }
      try {
        return await use(isIn ? value : await decode());
      } finally {
        leave(bytes);
      }
    },
  };
}
