import { rootKey } from "../../format/keys.ts";
import type { SnapshotChoice } from "../../model/config.ts";
import { shortHash } from "../../model/hash.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { BlobKind, Closure, ClosureBlob, RootCatalogue, RootSnapshot } from "../../model/repository.ts";
import { believedTimes } from "../../plan/snapshotOrder.ts";
import { matchesPattern } from "../../plan/wildcard.ts";
import { hidingReason } from "../../proof/rootFaults.ts";

/** A task reads its list from one state object and reports per blob; the bounds limit what a lost task costs. */
export const BATCH_BLOBS_MAX = 500;
export const BATCH_BYTES_MAX = 1024 ** 3;

/** Blobs are written before those that refer to them; the root is published by a separate step. */
const COPY_ORDER: readonly BlobKind[] = ["data", "shardSnapshot", "indexMetadata", "globalMetadata", "snapshot"];

export interface CopyBatch {
  id: string;
  blobs: ClosureBlob[];
  bytes: number;
}

/** A blob that the root to publish needs. */
export interface ExpectedBlob {
  key: string;
  sizeBytes: number;
  /** Of a blob with a counter name that the plan found equal at the destination: the ETag under which it was compared. */
  etag?: string;
}

export interface CopyPlan {
  fault: Reason | undefined;
  pinned: { generation: number; sha256: string };
  snapshots: { name: string; uuid: string }[];
  batches: CopyBatch[];
  /** Already present and equal. */
  skipped: { blobs: number; bytes: number };
  /** Everything that must exist at the destination before the root is published. */
  expected: ExpectedBlob[];
  root: { key: string; sha256: string };
  /** SHA-256 of the destination's highest root at planning time; the plan is void if another root is found. */
  seenRoot: string | null;
  /** Snapshots to take off the destination's list before a blob is written, and the root without them. */
  unlist?: UnlistPlan | undefined;
  /** Uuids of snapshots that were listed at the destination, that the source has, and that neither of them holds whole. */
  left: string[];
  rootBytes: Uint8Array;
  /** Names of snapshots at the source that lie in the future, and are therefore not the newest. */
  ahead: string[];
  /** Listed at the destination, and no longer whole at the source. */
  broken: BrokenSnapshots | undefined;
  /** The destination already has this root and nothing is missing. */
  current: boolean;
}

/** Snapshots that a copy published and whose source lost a part of them; `kept` stay at the destination, which has all they need. */
export interface BrokenSnapshots {
  /** The first few names. */
  snapshots: string[];
  count: number;
  kept: number;
  /** The first blob that is gone or damaged. */
  first: string;
}

/** A root for the time of the copy: it lists only snapshots that stay restorable while blobs are written. */
export interface UnlistPlan {
  root: { key: string; sha256: string };
  bytes: Uint8Array;
  /** Of the snapshots that it no longer lists. */
  uuids: string[];
  /** Of these, and of those that an earlier copy took off the list, what is to be listed again. */
  again: string[];
}

/** The result of a batch; `faults` names each blob that was not moved. */
export interface BatchResult {
  copied: { blobs: number; bytes: number };
  /** ETags at the destination of the blobs with counter names that were written and verified. */
  etags?: Record<string, string>;
  faults: {
    key: string;
    /**
     * `unanswered`: the store did not answer, or asked to come again later. `cut`: the source's blob is shorter than recorded. `otherRoot`: the
     * destination's root is no longer the one that the plan was based on, and nothing was written.
     */
    fault: "cut" | "vanished" | "damaged" | "failed" | "unanswered" | "otherRoot";
    expectedBytes: number | null;
    foundBytes: number | null;
    message: string;
  }[];
}

export interface ChoosingInput {
  /** The store's clock: what lies in its future is not the newest. */
  now: Date;
  /** Uuids of snapshots that the followed policy reported; `latest` includes them although another one is newer. */
  reported?: readonly string[] | undefined;
}

/** The snapshots of a root that a copy selects: successful ones only, newest last. */
export function chooseSnapshots(root: RootCatalogue, choice: SnapshotChoice, { now, reported = [] }: ChoosingInput): RootSnapshot[] {
  const good = root.snapshots.filter(({ state, fault }) => fault === undefined && (state === "SUCCESS" || state === undefined));
  const believed = believedTimes(good, now);
  const timeOf = (snapshot: RootSnapshot) => believed.get(snapshot) ?? Number.NEGATIVE_INFINITY;
  const inOrder = [...good].sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : timeOf(a) > timeOf(b) ? 1 : a.name < b.name ? -1 : 1));
  if (choice === "all") return inOrder;
  if (choice === "latest") return inOrder.filter((snapshot) => snapshot === inOrder.at(-1) || reported.includes(snapshot.uuid));
  if ("since" in choice) {
    const sinceMs = new Date(choice.since).getTime();
    return inOrder.filter((snapshot) => timeOf(snapshot) >= sinceMs || (snapshot.startTime?.getTime() ?? 0) >= sinceMs);
  }
  return inOrder.filter(({ name }) => matchesPattern(choice.pattern, name));
}

/**
 * Batches in safe order: data before blobs that refer to it, and the parts of one file together. The id is derived from the contents, so that two
 * plans never share an id for different batches.
 */
export function orderBatches(blobs: readonly ClosureBlob[], jobId: string, round: number): CopyBatch[] {
  const batches: CopyBatch[] = [];
  for (const kind of COPY_ORDER) {
    for (const unit of unitsOf(blobs.filter((candidate) => candidate.kind === kind))) {
      const bytes = unit.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0);
      const last = batches.at(-1);
      const isOfKind = last?.blobs[0]?.kind === kind;
      if (last && isOfKind && last.blobs.length + unit.length <= BATCH_BLOBS_MAX && last.bytes + bytes <= BATCH_BYTES_MAX) {
        last.blobs.push(...unit);
        last.bytes += bytes;
      } else {
        batches.push({ id: "", blobs: [...unit], bytes });
      }
    }
  }
  return batches.map((batch, number) => ({
    ...batch,
    id: `${round}-${number}-${shortHash(6, jobId, ...batch.blobs.map(({ key }) => key))}`,
  }));
}

/** Blobs that are moved and checked as one: the parts of a file in their order, everything else by itself. In order of their first keys. */
export function unitsOf(blobs: readonly ClosureBlob[]): ClosureBlob[][] {
  const units = new Map<string, ClosureBlob[]>();
  for (const blob of blobs) {
    const isPart = (blob.file?.parts ?? 1) > 1;
    const name = isPart ? `${blob.key.slice(0, blob.key.lastIndexOf(".part"))} in parts` : blob.key;
    units.set(name, [...(units.get(name) ?? []), blob]);
  }
  return [...units.values()].map((unit) => unit.sort((a, b) => (a.file?.part ?? 0) - (b.file?.part ?? 0)));
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
  /** Keys that Elasticsearch takes for a newer root. */
  hiding?: readonly string[];
}

/** Why a destination must not be written; `undefined` if it may be. */
export function ownershipConflict(seen: DestinationSeen, url: string): Reason | undefined {
  const hidden = hidingReason(url, seen.hiding ?? []);
  if (hidden) return hidden;
  if (seen.generation === undefined) return seen.empty || seen.claimed ? undefined : reason("copy.notEmpty", { destination: url });
  const known = seen.published.includes(`${seen.generation}-${seen.sha256}`);
  return known ? undefined : reason("copy.foreignRoot", { destination: url, root: rootKey(seen.generation) });
}

/** Generation of the root to publish: the source's, unless the destination already uses it for other bytes. */
export function rootGeneration(source: number, rootSha256: string, seen: DestinationSeen): number {
  if (seen.generation === undefined || seen.generation < source) return source;
  return seen.sha256 === rootSha256 ? seen.generation : seen.generation + 1;
}
