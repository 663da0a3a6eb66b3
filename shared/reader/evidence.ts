import type { BlobStore } from "../model/blobStore.ts";
import { shortHash } from "../model/hash.ts";
import type { SnapshotProof } from "../model/repository.ts";
import type { StateClock } from "../state/identity.ts";
import { stateKey } from "../state/keys.ts";
import { readObject, writeObject } from "../state/objects.ts";

/** A stored verdict: this closure of this snapshot was proven at this level, at that place, then, by this code. */
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
  /** When the proof began: it holds for every blob that was not written since. Absent in evidence of version 0.1.0. */
  since?: string;
  at: string;
  version: string;
}

/** Where verdicts are stored, by which version of this code, on which clock. */
interface EvidenceKeeper {
  state: BlobStore;
  clock: StateClock;
  version: string;
}

/** Keeps a verdict under (snapshot uuid, closure digest, place); one without a closure has nothing to stand on and is not kept. */
export async function keepEvidence(world: EvidenceKeeper, url: string, proof: SnapshotProof, since: Date): Promise<Evidence | undefined> {
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
  // A copy and its original share uuid and digest: what one is worth says nothing of the other.
  await writeObject(world.state, stateKey.evidence(uuid, evidence.digest, shortHash(8, url)), evidence);
  return evidence;
}

/** The newest verdict on each snapshot, by uuid, with `url` only on blobs of that place; one LIST and a GET per object of the snapshots asked for. */
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
