import { isKeySegment } from "../format/fields.ts";
import type { BlobStore } from "../model/blobStore.ts";
import type { Place } from "../model/config.ts";
import { forEachBounded, READS_AT_ONCE } from "../model/forEachBounded.ts";
import { shortHash } from "../model/hash.ts";
import { type Reason, reason } from "../model/reason.ts";
import { isBroken, type ProvenClosure, type SnapshotProof } from "../model/repository.ts";
import { besideUnread, depthOf, disproves, type Evidence, isAsDeepAs, isDeepest, outlasting } from "../proof/evidence/evidenceRules.ts";
import { placeId } from "../repository/place.ts";
import { printPlaceUrl } from "../repository/url.ts";
import type { StateClock } from "../state/identity.ts";
import { stateKey } from "../state/keys.ts";
import { writeObject } from "../state/objects.ts";
import { UUID_MAX, uuidOf, verdictKeys } from "../state/verdictKeys.ts";
import { endWide, evidenceKey, evidenceOrDamaged, noteWide, readEvidence } from "./prove/storedDamage.ts";

/** Where verdicts are stored, by which version of the code, and with which clock. */
interface EvidenceKeeper {
  state: BlobStore;
  clock: StateClock;
  version: string;
}

/**
 * Stores a verdict under snapshot uuid, closure digest and place. Without a closure only damage is stored, under one key. A proof of a lower level
 * does not replace one of a higher level: see {@link outlasting}. A whole snapshot ends all damage that its level would have found.
 * @returns what is stored now; `unread` where a verdict that cannot be read stays: damage takes its place, or what a proof at level contents says.
 */
export async function storeEvidence(
  world: EvidenceKeeper,
  place: Place,
  proof: SnapshotProof,
  since: Date,
): Promise<Evidence | "unread" | undefined> {
  const evidence = evidenceOf(world, place, proof, since);
  const key = evidenceKey(evidence);
  const others = isStored(proof.uuid) ? await othersOf(world, evidence, key) : NO_OTHERS;
  const isKept = proof.closure !== undefined || (isBroken(proof) && isStored(proof.uuid));
  const kept = isKept ? await holdingAt(world, key, evidence, others) : undefined;
  if (kept === "unread") return kept;
  if (kept) {
    await keepWide(world, place, evidence, proof);
    await writeObject(world.state, key, kept);
  }
  const gone = [...others.ended.map((one) => one.key), ...others.unread];
  if (gone.length > 0) await world.state.delete(gone);
  return kept;
}

/** What holds under the key of a new verdict. */
async function holdingAt({ state }: EvidenceKeeper, key: string, now: Evidence, { ended, unread }: Others): Promise<Evidence | "unread"> {
  const before = await evidenceOrDamaged(state, key);
  if (before === "damaged") return replacesUnread(now) ? besideUnread(now) : "unread";
  const known = before?.place === now.place ? before : undefined;
  // What was proven before damage was found is no longer proven at that level.
  const counts = known && (isBroken(known) || ended.every(({ at }) => at < known.at));
  const kept = counts ? outlasting(known, now) : now;
  return unread.length > 0 ? besideUnread(kept) : kept;
}

/**
 * Whether a verdict takes the place of those that cannot be read: damage keeps what they may have said ({@link besideUnread}), and the deepest proof
 * of all of the snapshot says it anew.
 */
function replacesUnread(now: Evidence): boolean {
  return isBroken(now) || (now.verdict !== "unproven" && !now.subset && isDeepest(now.level));
}

/** Damage that the ledger does not name outlasts the snapshot in which it was found: others may share it. */
async function keepWide({ state }: EvidenceKeeper, place: Place, now: Evidence, { traced, held }: SnapshotProof): Promise<void> {
  const { uuid, at, verdict, subset } = now;
  if (isBroken(now) && !traced && isStored(uuid))
    await noteWide(state, place, { uuid, at, level: depthOf(now), verdict, indices: held ?? [] });
  if (verdict === "whole" && !subset && isStored(uuid)) await endWide(state, place, now, (fault) => isAsDeepAs(now.level, fault));
}

function evidenceOf(world: EvidenceKeeper, place: Place, proof: SnapshotProof, since: Date): Evidence {
  const { name, uuid, verdict, level, generation, blobs, bytes, closure, traced, marks } = proof;
  const visibleAt = verdict === "incomplete" && proof.damaged.length === 0 ? "names" : level;
  return {
    name,
    uuid,
    url: printPlaceUrl(place),
    place: placeId(place),
    digest: closure?.digest ?? "",
    ...(closure && { scope: scopeOf(closure) }),
    ...(closure && isSubset(closure) && { subset: true }),
    verdict,
    level,
    generation,
    blobs,
    bytes,
    since: since.toISOString(),
    at: world.clock.now().toISOString(),
    version: world.version,
    ...(isBroken(proof) && { visibleAt }),
    ...(traced && { traced }),
    ...(traced && marks && { marks }),
  };
}

/** Whether a state has keys with this uuid; that of a faulty entry may be any text. */
function isStored(uuid: string): boolean {
  return isKeySegment(uuid) && Buffer.byteLength(uuid) <= UUID_MAX;
}

function isSubset({ indices, snapshot }: ProvenClosure): boolean {
  return indices.length < new Set(snapshot.indices).size;
}

interface Others {
  ended: { key: string; at: string }[];
  /** Keys. */
  unread: string[];
}

const NO_OTHERS: Others = { ended: [], unread: [] };

/** The other records of this snapshot and place that a verdict takes the place of: damage that it disproves, and what cannot be read. */
async function othersOf({ state }: EvidenceKeeper, now: Evidence, own: string): Promise<Others> {
  const found: Others = { ended: [], unread: [] };
  const isWhole = now.verdict === "whole" && !now.subset;
  if (!isWhole && !replacesUnread(now)) return found;
  for await (const { key } of state.list(stateKey.evidenceOf(now.uuid))) {
    if (key === own || !isOfPlace(key, now)) continue;
    const before = await evidenceOrDamaged(state, key);
    if (before === "damaged") {
      if (replacesUnread(now)) found.unread.push(key);
    } else if (isWhole && before && before.place === now.place && disproves(now, before)) found.ended.push({ key, at: before.at });
  }
  return found;
}

/** By its key, which alone says it of a record that cannot be read. */
function isOfPlace(key: string, { place }: Evidence): boolean {
  return place !== undefined && key.endsWith(`-${shortHash(8, place)}.json`);
}

/**
 * Why a whole snapshot is not the one that was proven before: the uuid is the same, its blobs are not. Elasticsearch never changes a snapshot, so
 * somebody else did. Not for 2.x, where a name, which may be used again, serves as the uuid.
 */
export async function otherContents(
  world: Pick<EvidenceKeeper, "state">,
  place: Place,
  { name, uuid, verdict, closure }: SnapshotProof,
): Promise<Reason | undefined> {
  if (verdict !== "whole" || !closure || uuid === name || uuid.length > UUID_MAX) return undefined;
  const [id, scope] = [placeId(place), scopeOf(closure)];
  for await (const { key } of world.state.list(stateKey.evidenceOf(uuid))) {
    if (key.startsWith(`${stateKey.evidenceOf(uuid)}${closure.digest}-`)) continue;
    const before = await readEvidence(world.state, key);
    if (before?.verdict === "whole" && before.place === id && before.scope === scope)
      return reason("snapshot.otherContents", { snapshot: name, uuid, at: before.at, key });
  }
  return undefined;
}

function scopeOf({ indices }: Pick<ProvenClosure, "indices">): string {
  return shortHash(16, ...indices.map((index) => index.name).sort());
}

/** Whether verdicts on some of a snapshot's indices are wanted too; by default they count only where they found damage. */
interface Which {
  subsets?: boolean;
  /** Leaves out verdicts that cannot be read, where nothing depends on them; otherwise one is an error. */
  readable?: boolean;
}

/**
 * The verdict that holds per snapshot uuid on the blobs of this place. One LIST per 1,000 stored verdicts, at most two per snapshot, and one GET per stored verdict of these snapshots.
 */
export async function newestEvidence(
  world: Pick<EvidenceKeeper, "state">,
  uuids: ReadonlySet<string>,
  place: Place,
  which?: Which,
): Promise<Map<string, Evidence>> {
  return (await evidenceByPlace(world, uuids, which)).get(placeId(place)) ?? new Map();
}

/**
 * The verdicts that hold at each place, by `placeId` and snapshot uuid: a repository and its copies share uuids, and each is proven for itself.
 * Damage holds, however old, until the whole snapshot was proven at its level.
 */
export async function evidenceByPlace(
  world: Pick<EvidenceKeeper, "state">,
  uuids: ReadonlySet<string>,
  { subsets = false, readable = false }: Which = {},
): Promise<Map<string, Map<string, Evidence>>> {
  const places = new Map<string, Map<string, Evidence[]>>();
  const read = new Map<string, Evidence | undefined>((await verdictKeys(world.state, uuids)).map((key) => [key, undefined]));
  await forEachBounded([...read.keys()], READS_AT_ONCE, async (key) => {
    const found = readable ? await evidenceOrDamaged(world.state, key) : await readEvidence(world.state, key);
    if (found !== "damaged") read.set(key, found);
  });
  for (const [key, evidence] of read) {
    const uuid = uuidOf(key);
    if (evidence?.place === undefined || (evidence.subset && !subsets && !isBroken(evidence))) continue;
    const found = places.get(evidence.place) ?? new Map<string, Evidence[]>();
    places.set(evidence.place, found.set(uuid, [...(found.get(uuid) ?? []), evidence]));
  }
  return new Map([...places].map(([place, found]) => [place, new Map([...found].map(([uuid, all]) => [uuid, holding(all)]))]));
}

/** The newest damage that no later proof disproved, such first as no other snapshot's proof can show to be over; otherwise the newest verdict. */
function holding(all: readonly Evidence[]): Evidence {
  const newestFirst = [...all].sort((a, b) => (seenAt(a) < seenAt(b) ? 1 : -1));
  const whole = all.filter(({ verdict, subset }) => verdict === "whole" && !subset);
  const isGone = (fault: Evidence) =>
    whole.some((one) =>
      [one, one.confirmed].some((proof) => proof && proof.at > fault.at && disproves({ ...proof, digest: one.digest }, fault)),
    );
  const faults = newestFirst.filter((one) => isBroken(one) && !isGone(one));
  return faults.find(({ marks }) => !marks?.length) ?? faults[0] ?? (newestFirst.find((one) => !isBroken(one)) as Evidence);
}

function seenAt(evidence: Evidence): string {
  return evidence.confirmed?.at ?? evidence.at;
}
