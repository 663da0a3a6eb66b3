import { rootKey } from "../../format/keys.ts";
import type { SnapshotChoice } from "../../model/config.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { RootCatalogue, RootSnapshot } from "../../model/repository.ts";
import { believedTimes } from "../../plan/snapshotOrder.ts";
import { matchesPattern } from "../../plan/wildcard.ts";
import { hidingReason } from "../../proof/rootFaults.ts";

/** The pieces of one plan; their number is all that the job's record holds of them. */
export interface PlannedPieces {
  /** Part of every piece's key: plans of one job never share a piece. */
  plan: string;
  count: number;
  blobs: number;
  bytes: number;
}

export interface CopyPlan {
  fault: Reason | undefined;
  pinned: { generation: number; sha256: string };
  snapshots: { name: string; uuid: string }[];
  pieces: PlannedPieces;
  /** Already present and equal. */
  skipped: { blobs: number; bytes: number };
  root: { key: string; sha256: string };
  /** SHA-256 of the destination's highest root at planning time; the plan is void if another root is found. */
  seenRoot: string | null;
  /** Snapshots to take off the destination's list before a blob is written, and the root without them. */
  unlist?: UnlistPlan | undefined;
  /** Names of snapshots that the destination lists and that the root to publish does not. */
  leaving: string[];
  /** Of a dry run: blobs at the destination that nothing in the root to publish needs. */
  unneeded?: { blobs: number; bytes: number };
  /** Uuids of snapshots that were listed at the destination, that the source has, and that neither of them holds whole. */
  left: string[];
  rootBytes: Uint8Array;
  /** Names of snapshots at the source that lie in the future, and are therefore not the newest. */
  ahead: string[];
  /** Listed at the destination, and no longer whole at the source. */
  broken: BrokenSnapshots | undefined;
  /** The destination already has this root and nothing is missing. */
  current: boolean;
  /** The batches hold what the destination has, to be read. */
  isCheck?: true;
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
  /** Or read, of a batch that is checked. */
  copied: { blobs: number; bytes: number };
  /** A piece was moved that no earlier attempt had moved: the next one goes on behind it. */
  isProgress?: true;
  /** Of a batch that is checked: how many blobs are not as recorded. */
  different?: number;
  faults: {
    key: string;
    /**
     * `unanswered`: the store did not answer, or asked to come again later. `late`: the task's time was up. `cut`: the source's blob is shorter than recorded. `otherRoot`: the
     * destination's root is no longer the one that the plan was based on, and nothing was written.
     */
    fault: "cut" | "vanished" | "damaged" | "failed" | "late" | "unanswered" | "otherRoot";
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

/** A copy of however many pieces has no more tasks than this, apart from those that were tried again: each leaves records in the job's log. */
export const BATCHES_MAX = 100;

/** How many pieces a batch of a plan has: one, unless there would be too many batches. */
export function perBatchOf(pieces: number): number {
  return Math.max(1, Math.ceil(pieces / BATCHES_MAX));
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

/** A plan that ends its job with this reason. */
export function faulty(fault: Reason): CopyPlan {
  return {
    fault,
    pinned: { generation: 0, sha256: "" },
    snapshots: [],
    pieces: { plan: "", count: 0, blobs: 0, bytes: 0 },
    skipped: { blobs: 0, bytes: 0 },
    root: { key: "", sha256: "" },
    seenRoot: null,
    unlist: undefined,
    leaving: [],
    left: [],
    ahead: [],
    broken: undefined,
    rootBytes: new Uint8Array(),
    current: false,
  };
}
