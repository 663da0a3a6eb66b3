import { snapshotKey } from "../format/keys.ts";
import { type Reason, reason } from "../model/reason.ts";
import type { RootCatalogue, SnapshotProof, Verdict } from "../model/repository.ts";
import { namesakesOf, unlistedOf } from "./rootFaults.ts";

/** A snapshot as far as a proposal needs it. */
export interface Judged {
  name: string;
  uuid: string;
  verdict: Verdict;
  /** Its own blob `snap-<uuid>.dat` is missing. */
  noRecord: boolean;
}

export function judged({ name, uuid, verdict, missing }: Pick<SnapshotProof, "name" | "uuid" | "verdict" | "missing">): Judged {
  return { name, uuid, verdict, noRecord: missing.some(({ key }) => key === snapshotKey(uuid)) };
}

/** What makes the rest of a repository with broken snapshots usable again. */
export interface Proposal {
  /** To be deleted through Elasticsearch's API. */
  delete: { name: string; uuid: string }[];
  /** Whole snapshots that stay. */
  whole: number;
  reason: Reason;
  /** When not to, what stands in the way of a deletion, and what helps. */
  notes: Reason[];
}

const NAMES_SHOWN = 5;

/**
 * Proposes to delete the broken snapshots, so that the cluster can list, restore and write the others. None while nothing is broken, or
 * nothing is whole; `snapshots` are all snapshots of the root. Of a copy, the source is named instead.
 */
export function proposalOf(root: RootCatalogue, snapshots: readonly Judged[], { isCopy = false } = {}): Proposal | undefined {
  // Whose a faulty entry is, is unknown: nothing of it is deleted.
  const faulty = new Set(root.snapshots.flatMap(({ uuid, fault }) => (fault === undefined ? [] : uuid)));
  const broken = snapshots.filter(({ verdict, uuid }) => (verdict === "incomplete" || verdict === "damaged") && !faulty.has(uuid));
  const whole = snapshots.filter(({ verdict }) => verdict === "whole").length;
  if (broken.length === 0 || whole === 0) return undefined;
  const shared = namesakesOf(root.snapshots);
  const names = broken.map(({ name }) => name);
  const params = { count: broken.length, snapshots: names.slice(0, NAMES_SHOWN), whole };
  // No cluster may write a copied prefix, and what is broken at the source would only be copied again.
  if (isCopy) return { delete: [], whole, reason: reason("proposal.copyAgain", params), notes: [reason("proposal.atSource")] };
  const listed = unlistedOf(root).count === 0;
  const notes: Reason[] = [reason(listed ? "proposal.notWhileCopied" : "proposal.unlisted")];
  const namesakes = [...new Set(names.filter((name) => shared.has(name)))];
  if (namesakes.length > 0) notes.push(reason("proposal.sharedName", { snapshots: namesakes.slice(0, NAMES_SHOWN) }));
  const keys = broken.filter(({ noRecord }) => noRecord).map(({ uuid }) => snapshotKey(uuid));
  // Measured: 5.5.3 to 6.8.23 answer 404 and delete nothing, 7.7.1 to 9.2.0 delete it. A damaged or
  // empty blob stops none of them; with a copy of another snapshot's blob, 6.7.0 deletes that one's metadata.
  if (keys.length > 0)
    notes.push(
      reason("proposal.noListing"),
      reason("proposal.noRecord", { keys: keys.slice(0, NAMES_SHOWN), count: keys.length }),
      reason("proposal.emptyObject"),
    );
  return {
    delete: listed ? broken.filter(({ name }) => !shared.has(name)).map(({ name, uuid }) => ({ name, uuid })) : [],
    whole,
    reason: reason("proposal.delete", params),
    notes,
  };
}
