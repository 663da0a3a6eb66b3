import { sha256 } from "../../model/hash.ts";
import type { RecordedFile } from "./checkFiles.ts";

/** How much of the data is read: at least this share of its bytes, or at most so many bytes. */
export type Sample = { share: number } | { bytes: number };

/** What of the data was read to its end. */
export interface Sampled {
  files: number;
  bytes: number;
  ofFiles: number;
  ofBytes: number;
}

/** Chooses among files that come shard by shard, and keeps none that is not chosen. */
export interface Sampler {
  /** Of these files, the ones to read now. */
  choose(files: readonly RecordedFile[]): RecordedFile[];
  /** The ones to read once every file was offered. */
  rest(): RecordedFile[];
  readonly ofFiles: number;
  readonly ofBytes: number;
}

/**
 * Whole files up to the sample's size, in an order that looks random and yet is the same for the same `seed`: who looks again looks at the same files.
 * A share is taken of each shard, with the file that reaches it; a budget is never exceeded, and a file that is larger than it is never read.
 */
export function samplerOf(sample: Sample, seed: string): Sampler {
  const rankOf = (file: RecordedFile) => sha256(JSON.stringify([seed, file.parts[0]?.key]));
  let [ofFiles, ofBytes, chosenBytes] = [0, 0, 0];
  const kept: { file: RecordedFile; rank: string }[] = [];

  function keep(file: RecordedFile, budgetBytes: number): void {
    if (file.lengthBytes > budgetBytes) return;
    kept.push({ file, rank: rankOf(file) });
    chosenBytes += file.lengthBytes;
    // Not for each file: ordering the whole list as rarely as this keeps it cheap.
    if (chosenBytes > 2 * budgetBytes) cut(budgetBytes);
  }

  function cut(budgetBytes: number): void {
    kept.sort((left, right) => (left.rank < right.rank ? -1 : 1));
    while (chosenBytes > budgetBytes) chosenBytes -= kept.pop()?.file.lengthBytes ?? 0;
  }

  function share(files: readonly RecordedFile[], part: number): RecordedFile[] {
    const ranked = files.map((file) => ({ file, rank: rankOf(file) })).sort((left, right) => (left.rank < right.rank ? -1 : 1));
    return ranked.flatMap(({ file }) => {
      if (chosenBytes >= ofBytes * part) return [];
      chosenBytes += file.lengthBytes;
      return [file];
    });
  }

  return {
    choose(files) {
      ofFiles += files.length;
      ofBytes += files.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
      if ("share" in sample) return share(files, sample.share);
      for (const file of files) keep(file, sample.bytes);
      return [];
    },
    rest() {
      if ("bytes" in sample) cut(sample.bytes);
      return kept.map(({ file }) => file);
    },
    get ofFiles() {
      return ofFiles;
    },
    get ofBytes() {
      return ofBytes;
    },
  };
}
