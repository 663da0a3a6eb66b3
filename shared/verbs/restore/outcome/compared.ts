import type { OpenWork } from "../../../jobs/openWork.ts";
import type { World } from "../../../jobs/world.ts";
import type { BlobStore } from "../../../model/blobStore.ts";
import type { Cluster } from "../../../model/cluster.ts";
import type { Config } from "../../../model/config.ts";
import { AppError, hasCode } from "../../../model/errors.ts";
import { mappingHash } from "../../../model/mappings/mappingHash.ts";
import { mappingAt, metadataKeys } from "../../../reader/mappings/snapshotMapping.ts";
import { placeId } from "../../../repository/place.ts";
import type { RestoredBeside, RestoreInput, RestoreJob } from "../types.ts";

/** What is known of a restored index beside its documents: its mapping, the one in the snapshot, and what the source holds now. */
export async function comparedIndex(
  world: World,
  cluster: Cluster,
  { job, work }: { job: RestoreJob; work: OpenWork },
  { index, as }: { index: string; as: string },
): Promise<RestoredBeside> {
  const { input } = job.intent;
  const { data } = job.head;
  const hash = await hashOnCluster(cluster, as);
  const inSnapshot = hash === undefined ? undefined : await hashInSnapshot(world, { job, work }, index);
  const source = data.sourceSilent ? undefined : sourceOf(world.config, input);
  const isItself = source === cluster.name && index === as;
  return {
    ...(hash === undefined ? {} : { mapping: { hash, ...(inSnapshot === undefined ? {} : { inSnapshot }) } }),
    ...(source === undefined || isItself ? {} : { source: { cluster: source, ...(await countAt(world, source, index)) } }),
  };
}

/** Nothing more than this is unknown to a user without the privilege. */
async function hashOnCluster(cluster: Cluster, index: string): Promise<string | undefined> {
  try {
    return mappingHash(await cluster.mapping(index));
  } catch (error) {
    if (hasCode(error, "denied", "refused", "absent", "invalid", "permanent")) return undefined;
    throw error;
  }
}

/** The restore is done, whatever keeps the bucket from being read now. */
async function hashInSnapshot(
  world: World,
  { job, work }: { job: RestoreJob; work: OpenWork },
  index: string,
): Promise<string | undefined> {
  const { place } = job.intent.input;
  if (place === undefined) return undefined;
  const store = world.blobs(place);
  try {
    const key = (await keysOf(store, job, work)).get(index);
    const mapping = key === undefined ? undefined : await mappingAt(store, key);
    return mapping && mappingHash(mapping);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return undefined;
  }
}

type Keys = ReadonlyMap<string, string>;

/** By invocation and restore: a snapshot's metadata stays where it is, and the root of a large repository is read once for all indices that a tick counts. */
const known = new WeakMap<OpenWork, Map<string, Keys>>();

async function keysOf(store: BlobStore, { id, intent, head }: RestoreJob, work: OpenWork): Promise<Keys> {
  const ofWork = known.get(work) ?? new Map<string, Keys>();
  known.set(work, ofWork);
  const keys =
    ofWork.get(id) ??
    (await metadataKeys(store, { snapshot: intent.input.snapshot.uuid, indices: head.data.targets.map(({ index }) => index) }));
  ofWork.set(id, keys);
  return keys;
}

/** `null` if the source has no such index, or does not answer; then it is not asked for the other indices. */
async function countAt(world: World, source: string, index: string): Promise<{ documents: number | null; isSilent?: true }> {
  try {
    return { documents: await world.cluster(source).countDocuments(index) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return hasCode(error, "absent", "invalid") ? { documents: null } : { documents: null, isSilent: true };
  }
}

/** The cluster of ossnap.yaml that writes the repository, or writes the one that is copied into the watched place. */
export function sourceOf({ repositories, copies }: Config, { watch, repository, place }: RestoreInput): string | undefined {
  const isWritten = (name: string) => {
    const register = repositories[name]?.register;
    return register !== undefined && register.settings.readonly !== true;
  };
  if (watch === undefined) return isWritten(repository) ? repositories[repository]?.cluster : undefined;
  if (place === undefined) return undefined;
  const here = placeId(place);
  const beside = Object.keys(repositories).find((name) => {
    const { blobs } = repositories[name] ?? {};
    return blobs !== undefined && placeId(blobs) === here;
  });
  const from = Object.values(copies).find(({ to }) => placeId(to) === here)?.from ?? beside;
  return from !== undefined && isWritten(from) ? repositories[from]?.cluster : undefined;
}
