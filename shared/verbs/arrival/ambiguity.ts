import * as z from "zod";
import type { OpenWork } from "../../jobs/openWork.ts";
import { configured, type World } from "../../jobs/world.ts";
import type { BlobInfo, BlobStore } from "../../model/blobStore.ts";
import { hasCode } from "../../model/errors.ts";
import { reason } from "../../model/reason.ts";
import { raiseNotice, resolveNotice } from "../../notices/notices.ts";
import { purposeOf } from "../../plan/aliases/moves.ts";
import { laterLower, rootAmbiguity, type SeenRoot } from "../../proof/ambiguity.ts";
import type { OpenedRepository } from "../../reader/readRepository.ts";
import { readRoot } from "../../reader/rootBlob.ts";
import { isSamePlace } from "../../repository/place.ts";
import { stateKey } from "../../state/keys.ts";
import { writeObject } from "../../state/objects.ts";
import { readShaped } from "../../state/records.ts";
import { storedTime } from "../../state/shapes.ts";
import { gatherOwnership } from "../copy/gatherOwner.ts";

/** What is stored of the last root that was unambiguous and handled. */
interface WatchUuids {
  uuids: string[];
  lastModified: string | undefined;
  repositoryUuid: string | undefined;
  /** Snapshots that earlier roots listed and this one does not, newest last; absent in states of earlier builds of version 0.1.0. */
  past?: string[];
  /** The newest believed time of the snapshots that were listed so far, ISO; absent in states of earlier builds of version 0.1.0. */
  newest?: string;
}

const UUIDS = z.looseObject({
  uuids: z.array(z.string()),
  lastModified: storedTime.optional(),
  repositoryUuid: z.string().optional(),
  past: z.array(z.string()).optional(),
  newest: storedTime.optional(),
});

/** Enough to recognize a snapshot that is listed again; more would only make the object larger. */
const PAST_KEPT = 1000;

/** An unambiguous root. */
export interface ClearRoot {
  /** The snapshots of the roots that were handled: one that left the list and came back is not new. */
  before: ReadonlySet<string> | undefined;
  /** The newest believed time of those snapshots, milliseconds. */
  knownMs: number | undefined;
  /** Stores this root as handled, with the newest believed time so far. */
  remember(knownMs: number): Promise<void>;
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
  if (root === undefined) return { before: undefined, knownMs: undefined, remember: async () => undefined };
  const key = `ambiguous:${watchName}`;
  // A damaged one fails this look: taken for absent, a root that is certainly not the newest would pass for the first one.
  const stored = await readShaped<WatchUuids>(world.state, stateKey.watchUuids(watchName), UUIDS);
  const uuids = root.snapshots.map(({ uuid }) => uuid);
  const accepted = work.live.acceptedRoots.get(watchName) ?? [];
  const why = rootAmbiguity({
    root: { ...root, lastModified: rootInfo?.lastModified, uuids: new Set(uuids) },
    roots: await seenRoots(store, roots),
    before: stored && { ...stored, lastModified: stored.lastModified === undefined ? undefined : new Date(stored.lastModified) },
    served: (work.live.positions.get(watchName) ?? []).map(({ uuid }) => uuid),
    isOwn: await isOwnRoot(world, work, watchName, root),
    isAccepted: accepted.some((uuid) => uuids.includes(uuid)),
  });
  if (why !== undefined) {
    const { register, restore } = world.config.watches[watchName] ?? {};
    const params = { ...why.params, repository: register?.name ?? "", alias: (restore && purposeOf(restore)) ?? null };
    const about = [root.key, String(why.params.why), String(why.params.other)];
    await raiseNotice(world, { key, code: "root.ambiguous", severity: "bad", reason: reason("root.ambiguous", params), about });
    return undefined;
  }
  if (work.live.notices.has(key)) await resolveNotice(world, key, "root.ambiguous", reason("root.clear", { root: root.key }));
  const now = handledRoot(stored, opened, uuids);
  return {
    before: stored && new Set([...stored.uuids, ...(stored.past ?? [])]),
    knownMs: stored?.newest === undefined ? undefined : new Date(stored.newest).getTime(),
    async remember(knownMs) {
      if (Number.isFinite(knownMs)) now.newest = new Date(knownMs).toISOString();
      if (JSON.stringify(now) !== JSON.stringify(stored)) await writeObject(world.state, stateKey.watchUuids(watchName), now);
      if (accepted.length > 0) await world.state.delete(accepted.map((uuid) => stateKey.acceptedRoot(watchName, uuid)));
    },
  };
}

/** What is stored of a root once it is handled; an empty one does not identify its repository, so the earlier uuids are kept. */
function handledRoot(stored: WatchUuids | undefined, { root, rootInfo }: OpenedRepository, uuids: string[]): WatchUuids {
  return {
    uuids: uuids.length === 0 ? (stored?.uuids ?? []) : uuids,
    lastModified: rootInfo?.lastModified?.toISOString(),
    repositoryUuid: root?.repositoryUuid ?? stored?.repositoryUuid,
    ...pastOf(stored, uuids),
  };
}

/** Our copier unlists snapshots while it overwrites blobs, and lists them again. */
function pastOf(stored: WatchUuids | undefined, listed: readonly string[]): Pick<WatchUuids, "past"> {
  const before = new Set(stored ? [...(stored.past ?? []), ...stored.uuids] : []);
  const now = new Set(listed);
  const past = listed.length === 0 ? (stored?.past ?? []) : [...before].filter((uuid) => !now.has(uuid)).slice(-PAST_KEPT);
  return past.length === 0 ? {} : { past };
}

/** Whether a copy of this deployment published the root. */
async function isOwnRoot(world: World, work: OpenWork, watchName: string, root: { generation: number; sha256: string }): Promise<boolean> {
  const { blobs } = configured(world.config, "watches", watchName);
  for (const [copyName, { to }] of Object.entries(world.config.copies)) {
    if (!isSamePlace(to, blobs)) continue;
    const { published } = await gatherOwnership(world, work, { copyName, to });
    if (published.includes(`${root.generation}-${root.sha256}`)) return true;
  }
  return false;
}

/** Reads lower roots that are newer than the highest; if one cannot be decoded, its snapshots stay unknown. */
async function seenRoots(store: BlobStore, roots: ReadonlyMap<number, BlobInfo>): Promise<SeenRoot[]> {
  const seen: SeenRoot[] = [...roots].map(([generation, { lastModified }]) => ({ generation, lastModified }));
  for (const root of laterLower(seen)) root.uuids = await uuidsIn(store, roots.get(root.generation));
  return seen;
}

async function uuidsIn(store: BlobStore, info: BlobInfo | undefined): Promise<ReadonlySet<string> | undefined> {
  try {
    const read = info && (await readRoot(store, info));
    // A root that vanished since the listing no longer competes.
    return new Set(read?.root.snapshots.map(({ uuid }) => uuid));
  } catch (error) {
    if (hasCode(error, "invalid")) return undefined;
    throw error;
  }
}
