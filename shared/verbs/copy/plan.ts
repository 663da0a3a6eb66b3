import type { SnapshotChoice } from "../../model/config.ts";
import { shortHash } from "../../model/hash.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { BlobKind, Closure, ClosureBlob, RootCatalogue, RootSnapshot } from "../../model/repository.ts";

/** A task reads its list from one state object and reports per blob; the bounds limit what a lost task costs. */
const BATCH_BLOBS_MAX = 500;
const BATCH_BYTES_MAX = 1024 ** 3;

/** Blobs are written before those that refer to them; the root is published by a separate step. */
const COPY_ORDER: readonly BlobKind[] = ["data", "shardSnapshot", "indexMetadata", "globalMetadata", "snapshot"];

export interface CopyBatch {
  id: string;
  blobs: ClosureBlob[];
  bytes: number;
}

export interface CopyPlan {
  fault: Reason | undefined;
  pinned: { generation: number; sha256: string };
  snapshots: { name: string; uuid: string }[];
  batches: CopyBatch[];
  /** Already present and equal. */
  skipped: { blobs: number; bytes: number };
  /** Everything that must exist at the destination before the root is published. */
  expected: { key: string; sizeBytes: number }[];
  root: { key: string; sha256: string };
  /** SHA-256 of the destination's highest root at planning time; the plan is void if another root is found. */
  seenRoot: string | null;
  rootBytes: Uint8Array;
  /** The destination already has this root and nothing is missing. */
  current: boolean;
}

/** The result of a batch; `faults` names each blob that was not moved. */
export interface BatchResult {
  copied: { blobs: number; bytes: number };
  faults: {
    key: string;
    fault: "cut" | "vanished" | "damaged" | "failed";
    expectedBytes: number | null;
    foundBytes: number | null;
    message: string;
  }[];
}

/** The snapshots of a root that a copy selects: successful ones only, newest last. */
export function chooseSnapshots(root: RootCatalogue, choice: SnapshotChoice): RootSnapshot[] {
  const good = root.snapshots.filter((snapshot) => snapshot.state === "SUCCESS" || snapshot.state === undefined);
  const inOrder = [...good].sort((a, b) => startOf(a) - startOf(b) || (a.name < b.name ? -1 : 1));
  if (choice === "all") return inOrder;
  if (choice === "latest") return inOrder.slice(-1);
  if ("since" in choice) return inOrder.filter((snapshot) => startOf(snapshot) >= new Date(choice.since).getTime());
  const pattern = new RegExp(
    `^${choice.pattern
      .split("*")
      .map((piece) => piece.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*")}$`,
  );
  return inOrder.filter((snapshot) => pattern.test(snapshot.name));
}

const startOf = (snapshot: RootSnapshot) => snapshot.startTime?.getTime() ?? 0;

/**
 * Batches in safe order: data before blobs that refer to it. The id is derived from the contents, so that two plans never share an id for
 * different batches.
 */
export function orderBatches(blobs: readonly ClosureBlob[], jobId: string, round: number): CopyBatch[] {
  const batches: CopyBatch[] = [];
  for (const kind of COPY_ORDER) {
    for (const blob of blobs.filter((candidate) => candidate.kind === kind)) {
      const bytes = blob.sizeBytes ?? 0;
      const last = batches.at(-1);
      const first = last?.blobs[0];
      const fits = last && first?.kind === kind && last.blobs.length < BATCH_BLOBS_MAX && last.bytes + bytes <= BATCH_BYTES_MAX;
      if (fits) {
        last.blobs.push(blob);
        last.bytes += bytes;
      } else {
        batches.push({ id: "", blobs: [blob], bytes });
      }
    }
  }
  return batches.map((batch, number) => ({
    ...batch,
    id: `${round}-${number}-${shortHash(6, jobId, ...batch.blobs.map(({ key }) => key))}`,
  }));
}

/** The union of several closures without roots; each key occurs once. */
export function unionOfClosures(closures: readonly Closure[]): ClosureBlob[] {
  const byKey = new Map<string, ClosureBlob>();
  for (const closure of closures) {
    for (const blob of closure.blobs) if (blob.kind !== "root") byKey.set(blob.key, blob);
  }
  return [...byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

export interface DestinationSeen {
  /** Generation of the highest root, if any. */
  generation: number | undefined;
  sha256: string | undefined;
  /** Whether nothing exists under the prefix. */
  empty: boolean;
  /** `<generation>-<sha256>` of roots that this copy published. */
  published: readonly string[];
  claimed: boolean;
}

/** Why a destination must not be written; `undefined` if it may be. */
export function ownershipConflict(seen: DestinationSeen, url: string): Reason | undefined {
  if (seen.generation === undefined) return seen.empty || seen.claimed ? undefined : reason("copy.notEmpty", { destination: url });
  const known = seen.published.includes(`${seen.generation}-${seen.sha256}`);
  return known ? undefined : reason("copy.foreignRoot", { destination: url, root: `index-${seen.generation}` });
}

/** Generation of the root to publish: the source's, unless the destination already uses it for other bytes. */
export function rootGeneration(source: number, rootSha256: string, seen: DestinationSeen): number {
  if (seen.generation === undefined || seen.generation < source) return source;
  return seen.sha256 === rootSha256 ? seen.generation : seen.generation + 1;
}
