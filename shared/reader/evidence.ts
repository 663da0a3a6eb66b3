import type { BlobStore } from "../model/blobStore.ts";
import { shortHash } from "../model/hash.ts";
import type { SnapshotProof } from "../model/repository.ts";
import type { StateClock } from "../state/identity.ts";
import { stateKey } from "../state/keys.ts";
import { readObject, writeObject } from "../state/objects.ts";

/** A stored verdict: this closure of this snapshot was proven at this level, place and time by this version of the code. */
export interface Evidence {
  name: string;
  uuid: string;
  url: string;
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
export async function storeEvidence(world: EvidenceKeeper, url: string, proof: SnapshotProof, since: Date): Promise<Evidence | undefined> {
  if (!proof.closure) return undefined;
  const { name, uuid, verdict, level, generation, blobs, bytes } = proof;
  const evidence: Evidence = {
    name,
    uuid,
    url,
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
  await writeObject(world.state, stateKey.evidence(uuid, evidence.digest, shortHash(8, url)), evidence);
  return evidence;
}

/**
 * The newest verdict per snapshot uuid, with `url` only for blobs of that place. One LIST and one GET per stored verdict of these
 * snapshots.
 */
export async function newestEvidence(
  world: Pick<EvidenceKeeper, "state">,
  uuids: ReadonlySet<string>,
  url?: string,
): Promise<Map<string, Evidence>> {
  const newest = new Map<string, Evidence>();
  const [only] = uuids.size === 1 ? uuids : [];
  for await (const { key } of world.state.list(only === undefined ? stateKey.evidenceAll : stateKey.evidenceOf(only))) {
    const uuid = key.split("/")[1] ?? "";
    if (!uuids.has(uuid)) continue;
    const evidence = await readObject<Evidence>(world.state, key);
    if (evidence && (url === undefined || evidence.url === url) && (newest.get(uuid)?.at ?? "") < evidence.at) newest.set(uuid, evidence);
  }
  return newest;
}
