import { LEGACY_ROOT_KEY } from "../../shared/format/keys.ts";
import type { BlobStore } from "../../shared/model/blobStore.ts";
import type { Reason } from "../../shared/model/reason.ts";
import type { DamagedBlob, MissingBlob, ProofLevel, RootCatalogue, Verdict } from "../../shared/model/repository.ts";
import { newestFirst } from "../../shared/plan/newestFirst.ts";
import { type BlobPlace, blobPlaces } from "../../shared/proof/blobPlace.ts";
import { type Links, linksReason } from "../../shared/proof/links.ts";
import { judged, type Proposal, proposalOf, type Standing } from "../../shared/proof/proposal.ts";
import { faultyEntriesReason, type Unlisted, unindexedOf, unlistedOf } from "../../shared/proof/rootFaults.ts";
import type { SampledProof } from "../../shared/reader/prove/proveSnapshot.ts";
import type { Sampled } from "../../shared/reader/prove/sampler.ts";
import type { Verified } from "../../shared/reader/proveRepository.ts";
import { hiddenRoot } from "../../shared/reader/rootBlob.ts";
import { rootFacts } from "../../shared/reader/rootFacts.ts";

export interface VerifiedSnapshot {
  name: string;
  uuid: string;
  state: string | null;
  version: string | null;
  verdict: Verdict;
  level: ProofLevel;
  /** At level `contents`: how much of the data was read, if not all of it. */
  sampled?: Sampled;
  reason: Reason | null;
  /** Of the restore closure including the root, as far as it is known. */
  blobs: number;
  bytes: number;
  missing: (MissingBlob & BlobPlace)[];
  /** How many blobs are missing; absent when `missing` names all of them. */
  missingBlobs?: number;
  damaged: (DamagedBlob & BlobPlace)[];
  indices: { name: string; shards: number; documents: number | null; bytes: number }[];
}

/** The data of `verify --json`. */
export interface Verification {
  /** `hidden`: no cluster reads this root, and why. */
  repository: { url: string; generation: number; root: string; format: string; hidden?: Reason };
  snapshots: VerifiedSnapshot[];
  /** Uuids that indices of the root name and its list lacks; absent if there are none. */
  unlisted?: Unlisted;
  /** Why `latest` may not be the newest; absent otherwise. */
  unclear?: Reason;
  /** That `index.latest` names another root; absent otherwise. */
  pointer?: Reason;
  /** What was left out because it is a link, and what helps; absent if nothing was. */
  links?: Links & { reason: Reason };
  /** What helps where entries of the root cannot be read; absent if those of all that was asked for can. */
  faulty?: Reason;
  /** Absent unless every snapshot was looked at, some are broken and others whole. */
  proposal?: Proposal;
}

export function verificationOf(
  store: BlobStore,
  { root, proofs, hiding, unclear, pointer, links }: Verified,
  standing: Standing = {},
): Verification {
  const started = new Map(root.snapshots.map(({ uuid, startTime }) => [uuid, startTime]));
  const timeOf = ({ uuid, closure }: SampledProof) => (closure?.snapshot.startTime ?? started.get(uuid))?.toISOString() ?? "";
  const placeOf = blobPlaces(root.indices);
  const snapshots = newestFirst(proofs, (proof) => ({ time: timeOf(proof), name: proof.name })).map((proof) =>
    snapshotOf(root, proof, placeOf),
  );
  const hidden = hiddenRoot(store, { hiding });
  const unlisted = unlistedOf(root);
  const asked = new Set(proofs.map(({ uuid }) => uuid));
  const isFaulty = unclear !== undefined || root.snapshots.some(({ uuid, fault }) => fault !== undefined && asked.has(uuid));
  const faulty = isFaulty ? faultyEntriesReason(root) : undefined;
  // What is missing may be behind a link, where the cluster reads it; of a root that no cluster reads, each snapshot says what helps.
  const proposal =
    links || (proofs.length < root.snapshots.length && !unindexedOf(root))
      ? undefined
      : proposalOf(
          root,
          proofs.map((proof) => judged(proof, root)),
          standing,
        );
  return {
    repository: { url: store.url, generation: root.generation, root: root.key, format: formatOf(root), ...(hidden && { hidden }) },
    snapshots,
    ...(unlisted.count > 0 && { unlisted }),
    ...(unclear && { unclear }),
    ...(pointer && { pointer }),
    ...(links && { links: { ...links, reason: linksReason(store.url, links) } }),
    ...(faulty && { faulty }),
    ...(proposal && { proposal }),
  };
}

/**
 * True when there is at least one restorable snapshot, all of them are whole and a cluster can see them: an emptied repository must not pass.
 * Nor may one whose root names snapshots that it does not list, because most versions read nothing of it, or whose pointer is a link.
 */
export function isAllWhole({ repository, snapshots, unlisted, links }: Verification): boolean {
  if (repository.hidden || unlisted || links?.isPointer) return false;
  const restorable = snapshots.filter(({ verdict }) => verdict !== "not-restorable");
  return restorable.length > 0 && restorable.every(({ verdict }) => verdict === "whole");
}

/** The oldest version that could have written this root, judged by features of later versions. */
export function formatOf(root: RootCatalogue): string {
  if (root.key === LEGACY_ROOT_KEY) return "2.x";
  if (root.minVersion !== undefined) return root.minVersion;
  if (root.indices.some(({ shardGenerations }) => shardGenerations !== undefined)) return "7.6";
  return "5.0";
}

function snapshotOf(root: RootCatalogue, proof: SampledProof, placeOf: (key: string) => BlobPlace): VerifiedSnapshot {
  const { name, uuid, verdict, level, blobs, bytes, missing, damaged, closure } = proof;
  const [listed] = rootFacts(root).byUuid.get(uuid) ?? [];
  const said = proof.reason?.params.state;
  const placed = <B extends { key: string }>(blob: B) => ({ ...blob, ...placeOf(blob.key) });
  return {
    name,
    uuid,
    state: closure?.snapshot.state ?? listed?.state ?? (typeof said === "string" ? said : null),
    version: closure?.snapshot.version ?? listed?.version ?? null,
    verdict,
    level,
    ...(proof.sampled ? { sampled: proof.sampled } : {}),
    reason: proof.reason ?? null,
    blobs,
    bytes,
    missing: missing.map(placed),
    ...(proof.missingBlobs !== undefined && { missingBlobs: proof.missingBlobs }),
    damaged: damaged.map(placed),
    indices: (closure?.indices ?? []).map((index) => ({
      name: index.name,
      shards: index.shards,
      documents: index.documents ?? null,
      bytes: index.bytes,
    })),
  };
}
