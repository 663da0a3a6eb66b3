import type { SnapshotChoice } from "../../model/config.ts";
import { shortHash } from "../../model/hash.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { BlobKind, Closure, ClosureBlob, RootCatalogue, RootSnapshot } from "../../model/repository.ts";

/** A task reads its list from one state object and reports on each blob: bounded so that a lost task costs little. */
const BATCH_BLOBS_MAX = 500;
const BATCH_BYTES_MAX = 1024 ** 3;

/** Nothing may refer to what is not there yet: data first, what names it later, the root by a step of its own. */
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
  /** There already and equal. */
  skipped: { blobs: number; bytes: number };
  /** Everything that must lie at the destination before the root may appear there. */
  expected: { key: string; sizeBytes: number }[];
  root: { key: string; sha256: string };
  /** Of the highest root at the destination when this was planned: with another one there the plan is void. */
  seenRoot: string | null;
  rootBytes: Uint8Array;
  /** The destination's highest root is this one already and nothing is missing. */
  current: boolean;
}

/** What a task says of its batch; `faults` names each blob that could not be moved. */
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

/** The snapshots of a root that a copy wants: good ones only, newest last. */
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

/** Batches in safe order: all data before anything that names it. An id names what is in it: two plans of one round never mean two things by one. */
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

/** The blobs of several closures, each key once, without roots. */
export function unionOfClosures(closures: readonly Closure[]): ClosureBlob[] {
  const byKey = new Map<string, ClosureBlob>();
  for (const closure of closures) {
    for (const blob of closure.blobs) if (blob.kind !== "root") byKey.set(blob.key, blob);
  }
  return [...byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

export interface DestinationSeen {
  /** Highest root there, if any. */
  generation: number | undefined;
  sha256: string | undefined;
  /** Anything at all under the prefix. */
  empty: boolean;
  /** `<generation>-<sha256>` of roots that this copy published. */
  published: readonly string[];
  claimed: boolean;
}

/** Why a destination is not ours to write to; `undefined` when it is. */
export function ownershipFault(seen: DestinationSeen, url: string): Reason | undefined {
  if (seen.generation === undefined) return seen.empty || seen.claimed ? undefined : reason("copy.notEmpty", { destination: url });
  const known = seen.published.includes(`${seen.generation}-${seen.sha256}`);
  return known ? undefined : reason("copy.foreignRoot", { destination: url, root: `index-${seen.generation}` });
}

/** The number of the root to publish: the source's, unless the destination is there already with other bytes. */
export function rootGeneration(source: number, rootSha256: string, seen: DestinationSeen): number {
  if (seen.generation === undefined || seen.generation < source) return source;
  return seen.sha256 === rootSha256 ? seen.generation : seen.generation + 1;
}
