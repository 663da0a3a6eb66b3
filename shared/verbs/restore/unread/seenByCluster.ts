import type { Cluster, ClusterSnapshot } from "../../../model/cluster.ts";
import { AppError, hasCode, messageOf } from "../../../model/errors.ts";
import { type Reason, reason } from "../../../model/reason.ts";
import type { ClosureIndex, ProvenClosure, SnapshotProof } from "../../../model/repository.ts";
import type { HeldIndexSeen } from "../../../model/snapshots/contents.ts";
import { selectNames } from "../../../plan/selection.ts";
import type { RestoreInput } from "../types.ts";

type Wanted = Pick<RestoreInput, "repository" | "snapshot" | "indices">;

/**
 * What a cluster says of a snapshot whose bucket only itself can read: indices, shards, bytes and the writer's version, but no proof. That the cluster
 * read the list of files of every shard is all that is known of the blobs.
 * @param isThere whether the cluster has the repository.
 */
export async function seenByCluster(cluster: Cluster, wanted: Wanted, isThere: boolean): Promise<SnapshotProof> {
  const { repository, snapshot } = wanted;
  const look = isThere ? await lookAt(cluster, wanted) : undefined;
  const known = look && "held" in look ? look : undefined;
  const shards = (known?.held ?? []).reduce((sum, index) => sum + index.shards, 0);
  const refusal = look && "fault" in look ? look.fault : known && notRestorable(known.there, wanted.indices);
  return {
    verdict: refusal ? "not-restorable" : "unproven",
    level: "names",
    name: snapshot.name,
    uuid: snapshot.uuid,
    generation: 0,
    rootSha256: "",
    closure: known && closureOf(snapshot.uuid, known.there, known.held),
    blobs: 0,
    bytes: 0,
    missing: [],
    damaged: [],
    reason: refusal ?? reason("closure.unread", { repository, cluster: cluster.name, shards }),
    requests: { list: 0, get: 0, head: 0 },
  };
}

type Look = { there: ClusterSnapshot; held: HeldIndexSeen[] } | { fault: Reason };

/** `undefined` if the name is gone, or another snapshot's: another check says so. What the cluster cannot read it cannot restore either. */
async function lookAt(cluster: Cluster, { repository, snapshot: { name, uuid } }: Wanted): Promise<Look | undefined> {
  try {
    const there = await cluster.getSnapshot(repository, name);
    if (!there || (there.uuid !== undefined && there.uuid !== uuid)) return undefined;
    const held = await cluster.snapshotContents(repository, name);
    return held && { there, held };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const isUnreadable = error.reason?.code === "repository.unreadable" || hasCode(error, "refused", "permanent", "invalid");
    if (!isUnreadable) throw error;
    return { fault: reason("snapshot.unreadable", { snapshot: name, cluster: cluster.name, message: messageOf(error) }) };
  }
}

/** FAILED and running snapshots, and failed shards of PARTIAL ones. */
function notRestorable({ name, state, failures, indices }: ClusterSnapshot, patterns: readonly string[]): Reason | undefined {
  if (state === "SUCCESS") return undefined;
  const selection = selectNames(patterns, indices);
  const chosen = "indices" in selection ? selection.indices : indices;
  const failure = failures.find(({ index }) => chosen.includes(index));
  const isFine = state === "PARTIAL" && failures.length > 0 && failure === undefined;
  if (isFine) return undefined;
  if (state !== "PARTIAL" || failure === undefined) return reason("snapshot.notRestorable", { snapshot: name, state, why: null });
  const failed = new Set(failures.map(({ index }) => index));
  const fine = indices.filter((index) => !failed.has(index));
  const which = { index: failure.index, shard: failure.shard, why: failure.reason };
  return reason("snapshot.shardFailed", { snapshot: name, ...which, fine: fine.slice(0, 10), count: fine.length });
}

function closureOf(uuid: string, there: ClusterSnapshot, held: readonly HeldIndexSeen[]): ProvenClosure {
  const { name, state, version, startTime, endTime, shards, failures } = there;
  return {
    snapshot: {
      name,
      uuid,
      state,
      version,
      indices: there.indices,
      startTime,
      endTime,
      shards: { total: shards.total, successful: shards.successful },
      failures,
      failureReason: undefined,
    },
    generation: 0,
    rootKey: "",
    rootSha256: "",
    bytes: held.reduce((sum, { bytes }) => sum + bytes, 0),
    digest: "",
    indices: held.map((index) => indexOf(index)),
  };
}

/** Mapping, settings, aliases and the creating version stand in blobs that the cluster shows to nobody before a restore. */
function indexOf({ name, shards, bytes }: HeldIndexSeen): ClosureIndex {
  const unknown = { createdVersion: "", documents: undefined, mappingTypes: [], aliases: [], settings: {}, failedShards: [] };
  return { name, id: name, shards, replicas: 0, bytes, ...unknown };
}
