import { sha256 } from "../../model/hash.ts";
import type { RecordedFile } from "./checkFiles.ts";

/** How much data is read: at least this share of its bytes, or at most this many bytes. */
export type Sample = { share: number } | { bytes: number };

/** How much of the data was read. */
export interface Sampled {
  files: number;
  bytes: number;
  ofFiles: number;
  ofBytes: number;
}

/** Selects from files that arrive shard by shard, and keeps only selected ones. */
export interface Sampler {
  /** Returns those of these files that are to be read now. */
  choose(files: readonly RecordedFile[]): RecordedFile[];
  /** Returns the files to read after every file was offered. */
  rest(): RecordedFile[];
  readonly ofFiles: number;
  readonly ofBytes: number;
}

/** More are not kept in memory: files of one byte fit into any budget of bytes. */
const FILES_MAX = 50_000;

/**
 * Selects whole files up to the sample's size in a pseudo-random order that depends only on `seed`, so that a repeated run reads the same
 * files. A share is taken from each shard, rounded up to whole files; a byte budget is never exceeded, so larger files are never read.
 */
export function samplerOf(sample: Sample, seed: string): Sampler {
  const rankOf = (file: RecordedFile) => sha256(JSON.stringify([seed, file.parts[0]?.key]));
  let [ofFiles, ofBytes, chosenBytes] = [0, 0, 0];
  const kept: { file: RecordedFile; rank: string }[] = [];

  function keep(file: RecordedFile, budgetBytes: number): void {
    if (file.lengthBytes > budgetBytes) return;
    kept.push({ file, rank: rankOf(file) });
    chosenBytes += file.lengthBytes;
    // Sorting the list only occasionally keeps it cheap.
    if (chosenBytes > 2 * budgetBytes || kept.length > 2 * FILES_MAX) cut(budgetBytes);
  }

  function cut(budgetBytes: number): void {
    kept.sort((left, right) => (left.rank < right.rank ? -1 : 1));
    while (chosenBytes > budgetBytes || kept.length > FILES_MAX) chosenBytes -= kept.pop()?.file.lengthBytes ?? 0;
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
