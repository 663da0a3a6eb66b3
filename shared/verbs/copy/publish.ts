import { LATEST_KEY } from "../../format/keys.ts";
import type { Look } from "../../jobs/kind.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import type { BlobInfo, BlobStore } from "../../model/blobStore.ts";
import { AppError } from "../../model/errors.ts";
import { sha256 } from "../../model/hash.ts";
import { reason } from "../../model/reason.ts";
import { listRoots } from "../../reader/readRepository.ts";
import { latestOf, rootSha256 } from "../../reader/rootBlob.ts";
import { stateKey } from "../../state/keys.ts";
import { recordMark } from "../../state/marks.ts";
import type { RootTarget } from "./gather.ts";
import { claimDestination, ownerOf, type PublishedRoot } from "./gatherOwner.ts";
import type { CopyData, CopyJob } from "./types.ts";
import { beginWriting, endWriting, rootBatch } from "./writing.ts";

/** Whether a root is published, and what the job is then. */
export interface Publishing {
  root: RootTarget;
  state: string;
  data: CopyData;
}

/** Published means: exactly these bytes under the root's key, `index.latest` points to it, and no older root exists. */
export async function lookUpPublished(world: World, job: CopyJob, { root, state, data }: Publishing): Promise<Look<CopyData>> {
  const store = world.blobs(job.intent.input.rule.to);
  const roots = await listRoots(store);
  const thereInfo = roots.get(root.generation);
  const there = thereInfo && (await rootSha256(store, thereInfo));
  const foreign = reason("copy.otherRoot", { root: root.key, destination: store.url });
  if (there !== undefined && there !== root.sha256) return { found: "foreign", reason: foreign };
  const highest = Math.max(...roots.keys());
  if (there === undefined)
    return (await isAsPlanned(store, job, roots.get(highest))) ? { found: "none" } : { found: "foreign", reason: foreign };
  const latest = await latestOf(store);
  const stale = [...roots.keys()].filter((generation) => generation < root.generation);
  if (highest > root.generation) return { found: "foreign", reason: foreign };
  if (stale.length > 0 || latest !== root.generation) return { found: "none" };
  return {
    found: "ours",
    state,
    reason: reason("copy.published", { root: root.key, destination: store.url }),
    data,
  };
}

/** Whether the destination's highest root is the one that the plan was based on. */
async function isAsPlanned(store: BlobStore, job: CopyJob, highest: BlobInfo | undefined): Promise<boolean> {
  const planned = job.head.data.seenRoot ?? null;
  return ((highest && (await rootSha256(store, highest))) ?? null) === planned;
}

/** The destination's highest root and its hash; `undefined` without any. */
export async function highestRoot(store: BlobStore): Promise<{ key: string; sha256: string } | undefined> {
  const roots = await listRoots(store);
  const info = roots.get(Math.max(...roots.keys()));
  const sha256 = info && (await rootSha256(store, info));
  return info && sha256 !== undefined ? { key: info.key, sha256 } : undefined;
}

/**
 * Notes what is listed, or is to be listed again, then writes the root after everything it refers to, then `index.latest`, then removes stale roots, so that the destination is readable at
 * every instant.
 */
export async function publish(
  world: World,
  work: OpenWork,
  job: CopyJob,
  { root, listed }: { root: RootTarget } & PublishedRoot,
): Promise<void> {
  const { copyName, rule } = job.intent.input;
  const store = world.blobs(rule.to);
  const bytes =
    (await world.state.get(stateKey.copyRoot(job.id, root.sha256))) ??
    (await world.state.get(stateKey.copyRootBefore(job.id, job.head.data.round)));
  if (!bytes || sha256(bytes) !== root.sha256) throw new AppError("invalid", `job ${job.id}: the stored root differs from the planned one`);
  const owner = ownerOf({ copyName, to: rule.to });
  // The plan may have been written by a version that used another key.
  await claimDestination(world, work, job.id, { copyName, to: rule.to });
  await recordMark(world, work.live.published, {
    name: owner,
    prefix: stateKey.published(owner),
    mark: `${root.generation}-${root.sha256}`,
    value: { listed },
  });
  const mark = await beginWriting(world, owner, { job: job.id, batch: rootBatch(root.sha256) });
  // After the mark: an instance that was frozen before it may find that a later copy has published meanwhile.
  if (!(await world.log.read(job.id)))
    throw new AppError("conflict", `job ${job.id}: it ended before its root was published`, { reason: reason("job.alreadyDone") });
  if ((await store.head(root.key)) === undefined) {
    requireTime(world, root.key);
    await store.put(root.key, bytes, { ifAbsent: true });
  }
  const latest = Buffer.alloc(8);
  latest.writeBigInt64BE(BigInt(root.generation));
  requireTime(world, root.key);
  await store.put(LATEST_KEY, latest, { once: true });
  const stale = [...(await listRoots(store))].filter(([generation]) => generation < root.generation).map(([, { key }]) => key);
  requireTime(world, root.key);
  if (stale.length > 0) await store.delete(stale);
  // Where a write was not answered, the mark stays until it cannot arrive any more.
  await endWriting(world, mark, true);
}

/** An instance that was frozen would sign the next write now, when a later copy may have published. */
export function requireTime(world: World, key: string): void {
  if (world.remainingMs() <= 0) throw new AppError("transient", `${key}: the invocation's time was up`);
}
