import type { BlobStore } from "../model/blobStore.ts";
import { reason } from "../model/reason.ts";
import type { DamagedBlob, MissingBlob, RootCatalogue, SnapshotProof } from "../model/repository.ts";
import { verdictOf } from "../proof/verdict.ts";
import { checkContents, recordedFiles, type Sample, sampleFiles } from "./checkFiles.ts";
import { countingStore } from "./countingStore.ts";
import { forEachBounded } from "./forEachBounded.ts";
import type { Listing } from "./metadataReader.ts";
import { READS_AT_ONCE, readClosure } from "./readRepository.ts";

/** What of the data was read to its end. */
export interface Sampled {
  files: number;
  bytes: number;
  ofFiles: number;
  ofBytes: number;
}

export interface SampleOptions {
  sample: Sample;
  root: RootCatalogue;
  listing: Listing | undefined;
  deadline: (() => boolean) | undefined;
  /** After each file. */
  onRead: ((sampled: Sampled) => void) | undefined;
}

/** Goes on from a proof whose footers were all right: reads some of the files to their end, and says how much that was. */
export async function sampleContents(
  store: BlobStore,
  proof: SnapshotProof,
  { sample, root, listing, deadline, onRead }: SampleOptions,
): Promise<SnapshotProof & { sampled?: Sampled }> {
  const snapshot = root.snapshots.find(({ uuid }) => uuid === proof.uuid);
  if (proof.verdict !== "whole" || snapshot === undefined) return { ...proof, level: "contents" };
  const counted = countingStore(store);
  const { blobs, closure } = await readClosure(counted.store, root, snapshot, { listing });
  const files = recordedFiles(blobs, "all", new Set());
  const chosen = sampleFiles(files, sample, root.sha256);
  const sampled: Sampled = { files: 0, bytes: 0, ofFiles: files.length, ofBytes: bytesOf(files) };
  const missing: MissingBlob[] = [];
  const damaged: DamagedBlob[] = [];
  const finished = await forEachBounded(
    chosen,
    READS_AT_ONCE,
    async (file) => {
      const faults = await checkContents(counted.store, file);
      missing.push(...faults.missing);
      damaged.push(...faults.damaged);
      sampled.files += 1;
      sampled.bytes += file.lengthBytes;
      onRead?.({ ...sampled });
    },
    deadline,
  );
  const found = { ...proof, level: "contents" as const, sampled, missing, damaged, requests: together(proof, counted.requests) };
  if (closure?.digest !== proof.closure?.digest)
    return { ...found, verdict: "unproven", reason: reason("root.moved", { from: root.key, to: null }) };
  const verdict = verdictOf(missing, damaged);
  if (verdict !== "whole" || finished) return { ...found, verdict };
  return { ...found, verdict: "unproven", reason: reason("proof.outOfTime", { level: "contents" }) };
}

function bytesOf(files: readonly { lengthBytes: number }[]): number {
  return files.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
}

function together({ requests }: SnapshotProof, more: SnapshotProof["requests"]): SnapshotProof["requests"] {
  return { list: requests.list + more.list, get: requests.get + more.get, head: requests.head + more.head };
}
