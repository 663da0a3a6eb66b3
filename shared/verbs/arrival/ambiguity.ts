import { decodeRoot } from "../../format/root.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import type { BlobInfo, BlobStore } from "../../model/blobStore.ts";
import { hasCode } from "../../model/errors.ts";
import { reason } from "../../model/reason.ts";
import { raiseNotice, resolveNotice } from "../../notices/notices.ts";
import { laterLower, rootAmbiguity, type SeenRoot } from "../../proof/ambiguity.ts";
import type { OpenedRepository } from "../../reader/readRepository.ts";
import { stateKey } from "../../state/keys.ts";
import { readObject, writeObject } from "../../state/objects.ts";

/** What is stored of the last root that was unambiguous and handled. */
interface WatchUuids {
  uuids: string[];
  lastModified: string | undefined;
  repositoryUuid: string | undefined;
}

/** An unambiguous root. */
export interface ClearRoot {
  /** The snapshots of the last root that was handled. */
  before: ReadonlySet<string> | undefined;
  /** Stores this root as handled. */
  remember(): Promise<void>;
}

/**
 * Checks that a watch's highest root is certainly the newest state of its repository; `undefined` if not, which is reported once and
 * resolved once.
 */
export async function clearRoot(
  world: World,
  work: OpenWork,
  watchName: string,
  { store, roots, opened }: { store: BlobStore; roots: ReadonlyMap<number, BlobInfo>; opened: OpenedRepository },
): Promise<ClearRoot | undefined> {
  const { root, rootInfo } = opened;
  if (root === undefined) return { before: undefined, remember: async () => undefined };
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
    await raiseNotice(world, { key, code: "root.ambiguous", severity: "bad", reason: why });
    return undefined;
  }
  if (work.live.notices.has(key)) await resolveNotice(world, key, "root.ambiguous", reason("root.clear", { root: root.key }));
  // An empty root does not identify its repository, so the earlier uuids are kept.
  const now: WatchUuids = {
    uuids: uuids.length === 0 ? (stored?.uuids ?? []) : uuids,
    lastModified: rootInfo?.lastModified?.toISOString(),
    repositoryUuid: root.repositoryUuid ?? stored?.repositoryUuid,
  };
  return {
    before: stored && new Set(stored.uuids),
    async remember() {
      if (JSON.stringify(now) !== JSON.stringify(stored)) await writeObject(world.state, stateKey.watchUuids(watchName), now);
    },
  };
}

/** Reads lower roots that are newer than the highest; if one cannot be decoded, its snapshots stay unknown. */
async function seenRoots(store: BlobStore, roots: ReadonlyMap<number, BlobInfo>): Promise<SeenRoot[]> {
  const seen: SeenRoot[] = [...roots].map(([generation, { lastModified }]) => ({ generation, lastModified }));
  for (const root of laterLower(seen)) root.uuids = await uuidsIn(store, roots.get(root.generation)?.key ?? "");
  return seen;
}

async function uuidsIn(store: BlobStore, key: string): Promise<ReadonlySet<string> | undefined> {
  const bytes = await store.get(key);
  // A root that vanished since the listing no longer competes.
  if (bytes === undefined) return new Set();
  try {
    return new Set(decodeRoot(key, bytes).snapshots.map(({ uuid }) => uuid));
  } catch (error) {
    if (hasCode(error, "invalid")) return undefined;
    throw error;
  }
}
