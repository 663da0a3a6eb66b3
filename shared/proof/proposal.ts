import { globalMetadataKey, snapshotKey } from "../format/keys.ts";
import { type Reason, reason } from "../model/reason.ts";
import { isBroken, type RootCatalogue, type SnapshotProof, type Verdict } from "../model/repository.ts";
import { namesakesOf, unindexedOf, unindexedReason, unlistedOf } from "./rootFaults.ts";
import { heldBy } from "./roots/holdings.ts";

/** A snapshot as far as a proposal needs it. */
export interface Judged {
  name: string;
  uuid: string;
  verdict: Verdict;
  /** Its own blob `snap-<uuid>.dat` is missing. */
  noRecord: boolean;
  /** Its own blob is there and contradicts the root: it may be another snapshot's, whose metadata a deletion would remove. */
  foreignRecord?: boolean;
  /** Of a broken one: only its cluster state is lost, which no restore of indices reads. */
  stateLost?: boolean;
  /** Of a broken one: the root lacks an index that its own blob names, or cannot be read there. */
  rootLost?: boolean;
  /** Of a broken one: its indices that can be restored, at most {@link NAMES_SHOWN}, and the number of all of them. */
  intact?: Intact | undefined;
}

export interface Intact {
  indices: string[];
  count: number;
}

/** What a tool or a cluster does at the place; nothing is known of a place that ossnap.yaml only reads. */
export interface Standing {
  /** A tool writes the blobs there and no cluster may. */
  isCopy?: boolean;
  /** The repository of ossnap.yaml whose cluster writes there. */
  writer?: { repository: string; cluster: string } | undefined;
}

/** With its uuid where another snapshot has the same name: a name alone may be the whole one's. */
type Shown = Judged & { shown: string };

type Proven = Pick<SnapshotProof, "name" | "uuid" | "verdict" | "missing" | "damaged" | "closure">;

export function judged(proof: Proven, root: RootCatalogue): Judged {
  const { name, uuid, verdict, missing, damaged } = proof;
  const intact = isBroken(proof) ? intactIndices(proof, root) : [];
  const keys = [...missing, ...damaged].map(({ key }) => key);
  return {
    name,
    uuid,
    verdict,
    noRecord: missing.some(({ key }) => key === snapshotKey(uuid)),
    ...(damaged.some((blob) => isForeign(blob, uuid)) && { foreignRecord: true }),
    ...(intact.length > 0 && keys.length > 0 && keys.every((key) => key === globalMetadataKey(uuid)) && { stateLost: true }),
    ...(damaged.some(({ key }) => key === root.key) && { rootLost: true }),
    ...(intact.length > 0 && { intact: { indices: intact.slice(0, NAMES_SHOWN), count: intact.length } }),
  };
}

/** Bytes that cannot be read are no other snapshot's; those that can name another uuid, as `expected` and `found` of the reader show. */
function isForeign({ key, check, expected, found }: SnapshotProof["damaged"][number], uuid: string): boolean {
  return key === snapshotKey(uuid) && check === "format" && expected.split(" ").includes(uuid) && !found.split(" ").includes(uuid);
}

/**
 * Indices of which no blob is at fault and no shard failed; none if a blob is at fault that every restore of the snapshot reads. Measured on
 * 6.7.0, 6.8.23, 7.10.2 and 8.17.0: a restore without the cluster state does not read the global metadata. 5.5.3 does, and answers 404 without it.
 */
function intactIndices({ uuid, missing, damaged, closure }: Proven, root: RootCatalogue): string[] {
  const faults = [...missing, ...damaged].filter(({ key }) => key !== globalMetadataKey(uuid));
  const folders = new Set(faults.map(({ key }) => /^indices\/([^/]+)\//.exec(key)?.[1]));
  if (folders.has(undefined)) return [];
  const failed = new Set((closure?.indices ?? []).flatMap(({ name, failedShards }) => (failedShards.length > 0 ? name : [])));
  return heldBy(root, uuid).flatMap(({ id, name }) => (folders.has(id) || failed.has(name) ? [] : name));
}

/** What makes the rest of a repository with broken snapshots usable again. */
export interface Proposal {
  /** To be deleted through Elasticsearch's API. */
  delete: { name: string; uuid: string }[];
  /** Broken ones that stay: only their cluster state is lost, which hinders nothing else; absent if there are none. */
  keep?: { name: string; uuid: string }[];
  /** Whole snapshots that stay. */
  whole: number;
  reason: Reason;
  /** When not to, what stands in the way of a deletion, and what helps. */
  notes: Reason[];
}

const NAMES_SHOWN = 5;

/** `ossnap delete --broken` carries it out, and its reason says so. */
export const isByCommand = ({ reason: why, notes }: Proposal) => [why, ...notes].some(isCommand);

const isCommand = ({ code }: Reason) => code === "proposal.deleteAtWriter" || code === "proposal.deleteRestAtWriter";

/** What it says besides naming the command. */
export function wordsBesideCommand({ reason: why, notes }: Proposal): Reason[] {
  return [why, ...notes].filter((note) => !isCommand(note));
}

/**
 * Proposes to delete the broken snapshots, so that the cluster can list, restore and write the others. None while nothing is broken;
 * `snapshots` are all snapshots of the root. Of a copy, the source is named instead. If nothing is whole, a deletion would not help.
 */
export function proposalOf(
  root: RootCatalogue,
  snapshots: readonly Judged[],
  { isCopy = false, writer }: Standing = {},
): Proposal | undefined {
  // Whose a faulty entry is, is unknown: nothing of it is deleted.
  const faulty = new Set(root.snapshots.flatMap(({ uuid, fault }) => (fault === undefined ? [] : uuid)));
  const shared = namesakesOf(root.snapshots);
  const broken = snapshots
    .filter((snapshot) => isBroken(snapshot) && !faulty.has(snapshot.uuid))
    .map((snapshot) => ({ ...snapshot, shown: shared.has(snapshot.name) ? `${snapshot.name} (${snapshot.uuid})` : snapshot.name }));
  const whole = snapshots.filter(({ verdict }) => verdict === "whole").length;
  if (broken.length === 0) return undefined;
  const unindexed = isCopy ? undefined : unindexedOf(root);
  if (unindexed) return { delete: [], whole, reason: unindexedReason(root.key, unindexed), notes: [] };
  if (whole === 0)
    return snapshots.some(({ verdict }) => verdict === "unproven") ? undefined : nothingWhole(root, broken, { isCopy, writer });
  if (isCopy) return copyAgain(broken, whole);
  const stateless = broken.filter(({ stateLost }) => stateLost);
  const proposal = deletionOf(
    root,
    broken.filter(({ stateLost }) => !stateLost),
    { whole, writer },
  );
  const keep = stateless.map(({ name, uuid }) => ({ name, uuid }));
  if (stateless.length === 0 || proposal === undefined)
    return proposal ?? { delete: [], keep, whole, reason: stateLostNote(stateless), notes: [] };
  return { ...proposal, keep, notes: [...proposal.notes, stateLostNote(stateless)] };
}

/** No cluster may write a copied prefix, and what is broken at the source would only be copied again. */
function copyAgain(broken: readonly Shown[], whole: number): Proposal {
  const params = { count: broken.length, snapshots: broken.map(({ shown }) => shown).slice(0, NAMES_SHOWN), whole };
  const notes = [...restoreFirstNotes(broken), reason("proposal.atSource")];
  return { delete: [], whole, reason: reason("proposal.copyAgain", params), notes };
}

function deletionOf(
  root: RootCatalogue,
  broken: readonly Shown[],
  { whole, writer }: { whole: number; writer: Standing["writer"] },
): Proposal | undefined {
  if (broken.length === 0) return undefined;
  const shared = namesakesOf(root.snapshots);
  const foreign = broken.filter(({ foreignRecord }) => foreignRecord);
  const others = broken.filter(({ foreignRecord }) => !foreignRecord);
  // The root names snapshots that it does not list: no version can delete anything.
  if (unlistedOf(root).count > 0) return { delete: [], whole, reason: reason("proposal.unlisted"), notes: [] };
  const deletable = others.filter(({ name }) => !shared.has(name));
  const namesakes = others.filter(({ name }) => shared.has(name)).map(({ shown }) => shown);
  const sharedName = reason("proposal.sharedName", { snapshots: namesakes.slice(0, NAMES_SHOWN) });
  const [rootLost, restoreFirst] = [rootLostNotes(root, broken), restoreFirstNotes(broken)];
  if (deletable.length === 0 && foreign.length === 0)
    return { delete: [], whole, reason: sharedName, notes: [...rootLost, ...restoreFirst] };
  const notes: Reason[] = [...restoreFirst];
  if (!writer) notes.push(reason("proposal.notWhileCopied"));
  if (namesakes.length > 0) notes.push(sharedName);
  const keys = broken.filter(({ noRecord }) => noRecord).map(({ uuid }) => snapshotKey(uuid));
  // Measured: 5.5.3 to 6.8.23 answer 404 and delete nothing, 7.7.1 to 9.2.0 delete it. A damaged or
  // empty blob stops none of them; with a copy of another snapshot's blob, 6.7.0 deletes that one's metadata.
  if (keys.length > 0)
    notes.push(
      reason("proposal.noListing"),
      reason("proposal.noRecord", { keys: keys.slice(0, NAMES_SHOWN), count: keys.length }),
      reason("proposal.emptyObject"),
    );
  if (deletable.length === 0) return { delete: [], whole, reason: foreignNote(foreign), notes: [...rootLost, ...notes] };
  if (foreign.length > 0) notes.push(foreignNote(foreign));
  const params = { count: deletable.length, snapshots: deletable.map(({ shown }) => shown).slice(0, NAMES_SHOWN), whole };
  const [firstToDo] = rootLost;
  const rest = () => (writer ? reason("proposal.deleteRestAtWriter", { ...params, ...writer }) : reason("proposal.deleteRest", params));
  const all = () => (writer ? reason("proposal.deleteAtWriter", { ...params, ...writer }) : reason("proposal.delete", params));
  const remove = deletable.map(({ name, uuid }) => ({ name, uuid }));
  // Measured on 5.5.3: an index that the root lacks hinders no other, and a complete root makes the deletion unnecessary.
  if (firstToDo) return { delete: remove, whole, reason: firstToDo, notes: [...restoreFirst, rest(), ...notes.slice(restoreFirst.length)] };
  return { delete: remove, whole, reason: all(), notes };
}

/** Measured: 6.8.23 finds what it deletes by the uuid within the blob, so it would delete the other snapshot's metadata. */
function foreignNote(foreign: readonly Shown[]): Reason {
  const keys = foreign.map(({ uuid }) => snapshotKey(uuid)).slice(0, NAMES_SHOWN);
  return reason("proposal.foreignRecord", {
    snapshots: foreign.map(({ shown }) => shown).slice(0, NAMES_SHOWN),
    keys,
    count: foreign.length,
  });
}

function nothingWhole(root: RootCatalogue, broken: readonly Shown[], { isCopy, writer }: Standing): Proposal {
  const lost = isCopy ? [] : rootLostNotes(root, broken);
  const [only] = lost;
  if (only && broken.every(({ rootLost }) => rootLost)) return { delete: [], whole: 0, reason: only, notes: restoreFirstNotes(broken) };
  const why = writer
    ? reason("proposal.newSnapshotAtWriter", { ...writer })
    : reason(isCopy ? "proposal.copyWhole" : "proposal.newSnapshot");
  return { delete: [], whole: 0, reason: why, notes: [...lost, ...restoreFirstNotes(broken)] };
}

/** Blobs that are put back do not help where the root does not name their index. */
function rootLostNotes({ key }: RootCatalogue, broken: readonly Shown[]): Reason[] {
  const lost = broken.filter(({ rootLost }) => rootLost).map(({ shown }) => shown);
  return lost.length === 0 ? [] : [reason("proposal.rootLost", { root: key, snapshots: lost.slice(0, NAMES_SHOWN), count: lost.length })];
}

/** A deletion, and a copy made anew without the snapshot, take the whole indices of a broken snapshot too. */
function restoreFirstNotes(broken: readonly Shown[]): Reason[] {
  const held = broken.flatMap(({ shown, intact }) => {
    if (!intact) return [];
    const more = intact.count - intact.indices.length;
    return `${shown} (${intact.indices.join(", ")}${more > 0 ? ` and ${more} more` : ""})`;
  });
  if (held.length === 0) return [];
  const notes = [reason("proposal.restoreFirst", { held: held.slice(0, NAMES_SHOWN), count: held.length })];
  const stateless = broken.filter(({ stateLost }) => stateLost);
  if (stateless.length > 0) notes.push(stateLostNote(stateless));
  return notes;
}

/** Measured on 6.8.23 and 7.10.2: no restore of indices, and nothing that is done with another snapshot, reads the global metadata. */
function stateLostNote(stateless: readonly Shown[]): Reason {
  return reason("proposal.stateLost", { snapshots: stateless.map(({ shown }) => shown).slice(0, NAMES_SHOWN), count: stateless.length });
}
