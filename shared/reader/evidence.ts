import type { BlobStore } from "../model/blobStore.ts";
import type { Place } from "../model/config.ts";
import { shortHash } from "../model/hash.ts";
import type { SnapshotProof } from "../model/repository.ts";
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
  verdict: SnapshotProof["verdict"];
  level: SnapshotProof["level"];
  generation: number;
  blobs: number;
  bytes: number;
  /** Start of the proof; it is valid for blobs that were not written since. Absent in early evidence of version 0.1.0. */
  since?: string;
  at: string;
  version: string;
}

/** Where verdicts are stored, by which version of the code, and with which clock. */
interface EvidenceKeeper {
  state: BlobStore;
  clock: StateClock;
  version: string;
}

/** Stores a verdict under snapshot uuid, closure digest and place; a verdict without a closure is not stored. */
export async function storeEvidence(world: EvidenceKeeper, place: Place, proof: SnapshotProof, since: Date): Promise<Evidence | undefined> {
  if (!proof.closure) return undefined;
  const { name, uuid, verdict, level, generation, blobs, bytes } = proof;
  const evidence: Evidence = {
    name,
    uuid,
    url: printPlaceUrl(place),
    place: placeId(place),
    digest: proof.closure.digest,
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
  await writeObject(world.state, stateKey.evidence(uuid, evidence.digest, shortHash(8, placeId(place))), evidence);
  return evidence;
}

/**
 * The newest verdict per snapshot uuid on the blobs of this place. One LIST and one GET per stored verdict of these snapshots.
 */
export async function newestEvidence(
  world: Pick<EvidenceKeeper, "state">,
  uuids: ReadonlySet<string>,
  place: Place,
): Promise<Map<string, Evidence>> {
  const newest = new Map<string, Evidence>();
  const id = placeId(place);
  const [only] = uuids.size === 1 ? uuids : [];
  for await (const { key } of world.state.list(only === undefined ? stateKey.evidenceAll : stateKey.evidenceOf(only))) {
    const uuid = key.split("/")[1] ?? "";
    if (!uuids.has(uuid)) continue;
    const evidence = await readObject<Evidence>(world.state, key);
    if (evidence && evidence.place === id && (newest.get(uuid)?.at ?? "") < evidence.at) newest.set(uuid, evidence);
  }
  return newest;
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
