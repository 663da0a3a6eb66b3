import { snapshotKey } from "../../format/keys.ts";
import { configured, type World } from "../../jobs/world.ts";
import type { BlobStore } from "../../model/blobStore.ts";
import type { ClusterSnapshot } from "../../model/cluster.ts";
import { AppError, hasCode, messageOf } from "../../model/errors.ts";
import { forEachBounded, READS_AT_ONCE } from "../../model/forEachBounded.ts";
import { reason } from "../../model/reason.ts";
import { resolveDeletions } from "../../notices/deletionNotices.ts";
import { raiseNotice, resolveNotice } from "../../notices/notices.ts";
import { resolveUnlisted } from "../../notices/verifyNotices.ts";
import { openRepository } from "../../reader/readRepository.ts";
import { isStorable } from "../../reader/rootSnapshots.ts";
import { meantText, nearNames } from "../../repository/fault.ts";

const NAMES_SHOWN = 3;

interface Lost {
  name: string;
  uuid: string;
  key: string;
  /** Its entry in the root cannot be read, so that nobody knows its blob; the cluster may list it nevertheless. */
  isFaulty: boolean;
}

export interface Listed {
  snapshots: ClusterSnapshot[];
  /** In the bucket's root and without their own blob, or with an entry that cannot be read, so that the cluster does not list them: half deleted, and not gone. */
  lost: { name: string; uuid: string }[];
}

/** The snapshots of {@link listWithLost}, for callers that conclude nothing from an absent one. */
export async function listedSnapshots(world: World, repository: string): Promise<ClusterSnapshot[]> {
  return (await listWithLost(world, repository)).snapshots;
}

/**
 * A repository's snapshots as its cluster lists them. Where a snapshot's own blob is lost, or its entry names none, the cluster's whole listing fails; if the bucket
 * confirms it, this is reported with the keys, again when others are lost, and the other snapshots are returned. Without readable blobs the cluster's word counts.
 */
export async function listWithLost(world: World, repository: string): Promise<Listed> {
  const cluster = world.cluster(configured(world.config, "repositories", repository).cluster);
  const key = lostKey(repository);
  try {
    const listed = await cluster.listSnapshots(repository);
    if (world.live?.notices.has(key)) await resolveNotice(world, key, "snapshot.lost", reason("snapshot.found", { repository }));
    await resolveUnlisted(world, [repository], listed);
    const there = new Set(listed.flatMap(({ name, uuid }) => [name, uuid]));
    // An empty listing is no proof of a deletion.
    if (listed.length > 0) await resolveDeletions(world, repository, { isGone: (snapshot) => !there.has(snapshot) });
    return { snapshots: listed, lost: [] };
  } catch (error) {
    return withoutLost(world, repository, error);
  }
}

const lostKey = (repository: string) => `snapshot-lost:${repository}`;

/** After a listing that failed: what the cluster lists beside what is lost, or the error. */
async function withoutLost(world: World, repository: string, error: unknown): Promise<Listed> {
  const { cluster: name, register } = configured(world.config, "repositories", repository);
  if (hasCode(error, "absent")) throw notRegistered(error, { repository, cluster: name, isOurs: register !== undefined });
  if (!hasCode(error, "transient", "permanent") || error.reason?.code !== "repository.unreadable") throw error;
  const seen = await lostBlobs(world, repository);
  // Nothing is lost, so it is another fault, or a deletion under way.
  if (seen?.length === 0) throw error;
  const others = await world.cluster(name).listSnapshots(repository, { ignoreUnavailable: true });
  const lost = seen?.filter((one) => !one.isFaulty || !others.some(({ name }) => name === one.name));
  if (lost?.length === 0) throw error;
  const why = lost
    ? reason("snapshot.lost", {
        repository,
        count: lost.length,
        snapshots: lost.slice(0, NAMES_SHOWN).map(({ name }) => name),
        keys: lost.slice(0, NAMES_SHOWN).map((one) => one.key),
      })
    : reason("snapshot.unlisted", { repository, message: messageOf(error) });
  const about = lost ? { about: lost.map(({ uuid, key: blob }) => `${uuid} ${blob}`) } : {};
  await raiseNotice(world, { key: lostKey(repository), code: "snapshot.lost", severity: "bad", reason: why, ...about });
  return { snapshots: others, lost: (lost ?? []).map(({ name, uuid }) => ({ name, uuid })) };
}

/** The cluster knows no repository of that name; most often nothing was backed up yet. */
function notRegistered(
  cause: AppError,
  { repository, cluster, isOurs }: { repository: string; cluster: string; isOurs: boolean },
): AppError {
  const fix = isOurs
    ? `its first backup registers it, and so does: \`ossnap repositories register ${repository} --apply\``
    : "it has no register in ossnap.yaml, so register it there, or add one";
  const code = isOurs ? "repository.absent" : "repository.absentByOthers";
  return new AppError("absent", `repository ${repository}: is not registered on ${cluster}; ${fix} (${messageOf(cause)})`, {
    reason: { code, params: { repository, cluster } },
    cause,
  });
}

/**
 * The error for a snapshot that a person named and the cluster does not list.
 * @param listed names, the newest last, as a cluster lists them.
 */
export function unknownSnapshot(repository: string, snapshot: string, listed: readonly string[]): AppError {
  const near = nearNames(snapshot, [...listed].reverse());
  const there = near.length > 0 ? meantText(near) : listed.length === 0 ? "; it lists none" : "";
  return new AppError(
    "absent",
    `snapshot ${snapshot}: repository ${repository} does not list it${there}; \`ossnap snapshots --repository ${repository}\` lists all`,
    { reason: reason("snapshot.unknown", { repository, snapshot, near }) },
  );
}

/** Snapshots in the root without their own blob or with a faulty entry, none if the bucket cannot tell; `undefined` if no blobs are configured. */
async function lostBlobs(world: World, repository: string): Promise<Lost[] | undefined> {
  const { blobs } = configured(world.config, "repositories", repository);
  if (!blobs) return undefined;
  try {
    return await readLost(world.blobs(blobs));
  } catch (error) {
    world.logger.warn("a lost blob cannot be confirmed", { repository, error: messageOf(error) });
    return [];
  }
}

async function readLost(store: BlobStore): Promise<Lost[]> {
  const { root } = await openRepository(store);
  const lost: Lost[] = [];
  await forEachBounded(root?.snapshots ?? [], READS_AT_ONCE, async (snapshot) => {
    const { name, uuid, fault } = snapshot;
    const key = snapshotKey(uuid);
    if (!isStorable(snapshot)) lost.push({ name, uuid, key: fault === undefined ? key : (root?.key ?? key), isFaulty: true });
    else if (!(await store.head(key))) lost.push({ name, uuid, key, isFaulty: false });
  });
  return lost;
}
