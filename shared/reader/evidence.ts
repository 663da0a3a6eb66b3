import type { BlobStore } from "../model/blobStore.ts";
import type { Place } from "../model/config.ts";
import { hasCode } from "../model/errors.ts";
import { shortHash } from "../model/hash.ts";
import { type Reason, reason } from "../model/reason.ts";
import { PROOF_LEVELS, type ProvenClosure, type SnapshotProof } from "../model/repository.ts";
import { placeId } from "../repository/place.ts";
import { printPlaceUrl } from "../repository/url.ts";
import type { StateClock } from "../state/identity.ts";
import { stateKey } from "../state/keys.ts";
import { readObject, writeObject } from "../state/objects.ts";

/** A stored verdict: this closure of this snapshot was proven at this level, place and time by this version of the code. */
export interface Evidence {
  name: string;
  uuid: string;
  url: string;
  /** The `placeId` of the blobs; evidence without it, of earlier builds of version 0.1.0, may be about another endpoint and does not count. */
  place?: string;
  digest: string;
  /** A hash of the names of the indices that the digest covers; absent in evidence of earlier builds of version 0.1.0. */
  scope?: string;
  verdict: SnapshotProof["verdict"];
  level: SnapshotProof["level"];
  generation: number;
  blobs: number;
  bytes: number;
  /** Start of the proof; it is valid for blobs that were not written since. Absent in early evidence of version 0.1.0. */
  since?: string;
  at: string;
  version: string;
  /** The newest proof of a lower level, which this one outlasts; absent if there was none since. */
  confirmed?: { level: SnapshotProof["level"]; at: string };
}

const UUID_MAX = 255;

/** Where verdicts are stored, by which version of the code, and with which clock. */
interface EvidenceKeeper {
  state: BlobStore;
  clock: StateClock;
  version: string;
}

/**
 * Stores a verdict under snapshot uuid, closure digest and place; a verdict without a closure is not stored. A proof of a lower level does not
 * replace one of a higher level: see {@link outlasting}.
 */
export async function storeEvidence(world: EvidenceKeeper, place: Place, proof: SnapshotProof, since: Date): Promise<Evidence | undefined> {
  if (!proof.closure) return undefined;
  const { name, uuid, verdict, level, generation, blobs, bytes } = proof;
  const evidence: Evidence = {
    name,
    uuid,
    url: printPlaceUrl(place),
    place: placeId(place),
    digest: proof.closure.digest,
    scope: scopeOf(proof.closure),
    verdict,
    level,
    generation,
    blobs,
    bytes,
    since: since.toISOString(),
    at: world.clock.now().toISOString(),
    version: world.version,
  };
  // A copy shares uuid and digest with its original, but a verdict on one says nothing about the other.
  const key = stateKey.evidence(uuid, evidence.digest, shortHash(8, placeId(place)));
  const before = await readObject<Evidence>(world.state, key).catch(unreadable);
  const kept = before?.place === evidence.place && before ? outlasting(before, evidence) : evidence;
  await writeObject(world.state, key, kept);
  return kept;
}

/** A record that is no JSON is replaced. */
function unreadable(error: unknown): undefined {
  if (!hasCode(error, "invalid")) throw error;
  return undefined;
}

/**
 * Which of two verdicts on the same blobs holds: the stronger of two that found them whole, since blobs never change; damage until a proof of
 * at least the level that found it finds none; a missing blob until it is there. An unfinished proof says nothing.
 */
function outlasting(before: Evidence, now: Evidence): Evidence {
  const isWeaker = PROOF_LEVELS.indexOf(now.level) < PROOF_LEVELS.indexOf(before.level);
  const isKept = before.verdict === "whole" || before.verdict === "damaged";
  if (now.verdict === "unproven") return before.verdict === "unproven" ? now : before;
  return now.verdict === "whole" && isKept && isWeaker ? { ...before, confirmed: { level: now.level, at: now.at } } : now;
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
    const before = await readObject<Evidence>(world.state, key);
    if (before?.verdict === "whole" && before.place === id && before.scope === scope)
      return reason("snapshot.otherContents", { snapshot: name, uuid, at: before.at, key });
  }
  return undefined;
}

function scopeOf({ indices }: Pick<ProvenClosure, "indices">): string {
  return shortHash(16, ...indices.map((index) => index.name).sort());
}

/**
 * The verdict that holds per snapshot uuid on the blobs of this place. One LIST and one GET per stored verdict of these snapshots.
 */
export async function newestEvidence(
  world: Pick<EvidenceKeeper, "state">,
  uuids: ReadonlySet<string>,
  place: Place,
): Promise<Map<string, Evidence>> {
  return (await evidenceByPlace(world, uuids)).get(placeId(place)) ?? new Map();
}

/** The verdicts that hold at each place, by `placeId` and snapshot uuid: a repository and its copies share uuids, and each is proven for itself. */
export async function evidenceByPlace(
  world: Pick<EvidenceKeeper, "state">,
  uuids: ReadonlySet<string>,
): Promise<Map<string, Map<string, Evidence>>> {
  const places = new Map<string, Map<string, Evidence>>();
  // A longer one is no prefix that a store lists, and has no verdict.
  const [only] = uuids.size === 1 ? [...uuids].filter((uuid) => uuid.length <= UUID_MAX) : [];
  for await (const { key } of world.state.list(only === undefined ? stateKey.evidenceAll : stateKey.evidenceOf(only))) {
    const uuid = key.split("/")[1] ?? "";
    if (!uuids.has(uuid)) continue;
    const evidence = await readObject<Evidence>(world.state, key);
    if (evidence?.place === undefined) continue;
    const newest = places.get(evidence.place) ?? new Map<string, Evidence>();
    if (seenAt(newest.get(uuid)) < seenAt(evidence)) places.set(evidence.place, newest.set(uuid, evidence));
  }
  return places;
}

function seenAt(evidence: Evidence | undefined): string {
  return evidence?.confirmed?.at ?? evidence?.at ?? "";
}

/** The first of these snapshots whose newest verdict at this place is `whole`. One LIST, and one GET per verdict up to that snapshot. */
export async function firstProven(
  world: Pick<EvidenceKeeper, "state">,
  uuids: readonly string[],
  place: Place,
): Promise<string | undefined> {
  const listed = new Set<string>();
  for await (const { key } of world.state.list(stateKey.evidenceAll)) listed.add(key.split("/")[1] ?? "");
  for (const uuid of uuids) {
    if (!listed.has(uuid)) continue;
    const verdict = (await newestEvidence(world, new Set([uuid]), place)).get(uuid)?.verdict;
    if (verdict === "whole") return uuid;
  }
  return undefined;
}
