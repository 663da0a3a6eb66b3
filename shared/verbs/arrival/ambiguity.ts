import { decodeRoot } from "../../format/root.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import type { BlobInfo, BlobStore } from "../../model/blobStore.ts";
import { hasCode } from "../../model/errors.ts";
import { reason } from "../../model/reason.ts";
import { tellBegin, tellOver } from "../../notices/notices.ts";
import { laterLower, rootAmbiguity, type SeenRoot } from "../../proof/ambiguity.ts";
import type { OpenedRepository } from "../../reader/readRepository.ts";
import { stateKey } from "../../state/keys.ts";
import { readObject, writeObject } from "../../state/objects.ts";

/** What is remembered of the root that was last taken for good. */
interface WatchUuids {
  uuids: string[];
  lastModified: string | undefined;
  repositoryUuid: string | undefined;
}

/** Whether it is unclear that a watch's newest root is the newest state of its repository. Said once, and once more when it is over; a clear root is remembered. */
export async function isAmbiguous(
  world: World,
  work: OpenWork,
  watchName: string,
  { store, roots, opened }: { store: BlobStore; roots: ReadonlyMap<number, BlobInfo>; opened: OpenedRepository },
): Promise<boolean> {
  const { root, rootInfo } = opened;
  if (root === undefined) return false;
  const key = `ambiguous:${watchName}`;
  const stored = await readObject<WatchUuids>(world.state, stateKey.watchUuids(watchName));
  const uuids = root.snapshots.map(({ uuid }) => uuid);
  const why = rootAmbiguity({
    root: { ...root, lastModified: rootInfo?.lastModified, uuids: new Set(uuids) },
    roots: await seenRoots(store, roots),
    before: stored && { ...stored, lastModified: stored.lastModified === undefined ? undefined : new Date(stored.lastModified) },
    served: (work.live.positions.get(watchName) ?? []).map(({ uuid }) => uuid),
  });
  if (why !== undefined) {
    await tellBegin(world, { key, code: "root.ambiguous", severity: "bad", reason: why });
    return true;
  }
  if (work.live.notices.has(key)) await tellOver(world, key, "root.ambiguous", reason("root.clear", { root: root.key }));
  // An emptied root says nothing of whose it is: what was there before stays known.
  const now: WatchUuids = {
    uuids: uuids.length === 0 ? (stored?.uuids ?? []) : uuids,
    lastModified: rootInfo?.lastModified?.toISOString(),
    repositoryUuid: root.repositoryUuid ?? stored?.repositoryUuid,
  };
  if (JSON.stringify(now) !== JSON.stringify(stored)) await writeObject(world.state, stateKey.watchUuids(watchName), now);
  return false;
}

/** Lower roots that are newer than the highest are read; one that cannot be keeps its snapshots unknown. */
async function seenRoots(store: BlobStore, roots: ReadonlyMap<number, BlobInfo>): Promise<SeenRoot[]> {
  const seen: SeenRoot[] = [...roots].map(([generation, { lastModified }]) => ({ generation, lastModified }));
  for (const root of laterLower(seen)) root.uuids = await uuidsIn(store, roots.get(root.generation)?.key ?? "");
  return seen;
}

async function uuidsIn(store: BlobStore, key: string): Promise<ReadonlySet<string> | undefined> {
  const bytes = await store.get(key);
  // One that vanished since the listing is no rival any more.
  if (bytes === undefined) return new Set();
  try {
    return new Set(decodeRoot(key, bytes).snapshots.map(({ uuid }) => uuid));
  } catch (error) {
    if (hasCode(error, "invalid")) return undefined;
    throw error;
  }
}
