import { stateKey } from "../jobs/keys.ts";
import type { ClusterIndex } from "../model/cluster.ts";
import type { Watch } from "../model/config.ts";
import { reason } from "../model/reason.ts";
import type { RootSnapshot } from "../model/repository.ts";
import { JOB_MARKER_KEY, parseRestoredIndexName, restoredIndexName } from "../model/restoredName.ts";
import type { Found } from "./adopt.ts";
import type { OpenWork } from "./openWork.ts";
import { heldIndices, openRepository } from "./readRepository.ts";
import { datedSnapshots } from "./rootSnapshots.ts";
import type { World } from "./world.ts";

/** Stands for the uuid of a snapshot that is no longer in the bucket: its time alone says what is above it. */
const UUID_GONE = "gone";
const LEFTOVERS_SHOWN = 5;

/** An index of ours on the watch's cluster. */
interface Restored {
  index: ClusterIndex;
  digits: string;
  /** The snapshot whose time and hash its name carries. */
  snapshot: RootSnapshot | undefined;
}

/**
 * What a watch serves: the index behind its alias, whose name carries its snapshot's time and a hash over the uuid, found again among the snapshots in the bucket.
 * The roots that were looked at are left to the next look: it reads the newest one once, and asks for nothing that is not above the position.
 */
export async function adoptWatch(world: World, work: OpenWork, watchName: string, watch: Watch): Promise<Found[]> {
  const indices = await world.cluster(watch.cluster).listIndices();
  const store = world.blobs(watch.blobs);
  const opened = await openRepository(store);
  const names = new Map<string, RootSnapshot>();
  for (const snapshot of await datedSnapshots(store, opened))
    for (const index of heldIndices(opened.root, snapshot.uuid)) names.set(nameOf(index, snapshot, watch), snapshot);
  const restored = indices.flatMap((index): Restored[] => {
    const snapshot = names.get(index.name);
    const digits = parseRestoredIndexName(index.name)?.snapshotDigits;
    const ours = digits !== undefined && (snapshot !== undefined || index.settings[JOB_MARKER_KEY] !== undefined);
    return ours ? [{ index, digits, snapshot }] : [];
  });
  const { alias } = watch.restore;
  const found = alias === undefined ? besideOf(restored) : servedBy(alias, indices, restored);
  if (!("served" in found)) return [found];
  const { index, digits, snapshot } = found.served;
  const uuid = snapshot?.uuid ?? UUID_GONE;
  const known = (work.live.positions.get(watchName)?.at(-1)?.digits ?? "") >= digits;
  const key = stateKey.position(watchName, digits, uuid);
  const writes = known ? [] : [{ key, value: { job: index.settings[JOB_MARKER_KEY] ?? null } }];
  const why = snapshot
    ? reason("adopt.position", { index: index.name, snapshot: snapshot.name, uuid })
    : reason("adopt.positionGone", { index: index.name, url: store.url });
  return [{ reason: why, writes }, ...leftovers(restored, found.served)];
}

function nameOf(index: string, { uuid, startTime }: RootSnapshot, { restore }: Watch): string {
  return startTime ? restoredIndexName({ index, snapshotUuid: uuid, snapshotStart: startTime, alias: restore.alias, attempt: 1 }) : "";
}

type Served = { served: Restored } | Found;

function servedBy(alias: string, indices: readonly ClusterIndex[], restored: readonly Restored[]): Served {
  const holders = indices.filter(({ aliases }) => aliases.includes(alias));
  const [first] = holders;
  if (!first) return { reason: reason("adopt.servesNothing", { alias }), writes: [] };
  if (holders.length > 1) return { reason: reason("adopt.aliasSeveral", { alias, indices: holders.map(({ name }) => name) }), writes: [] };
  const served = restored.find(({ index }) => index.name === first.name);
  return served ? { served } : { reason: reason("alias.foreign", { alias, index: first.name }), writes: [] };
}

/** Without an alias only a name that the bucket explains says whose index it is. */
function besideOf(restored: readonly Restored[]): Served {
  const served = restored.filter(({ snapshot }) => snapshot !== undefined).sort((a, b) => (a.digits < b.digits ? 1 : -1))[0];
  return served ? { served } : { reason: reason("adopt.restoredNothing"), writes: [] };
}

/** What served before was to be deleted after a while; that is forgotten, and nothing is deleted on a guess. */
function leftovers(restored: readonly Restored[], served: Restored): Found[] {
  const stem = parseRestoredIndexName(served.index.name)?.stem;
  const old = restored
    .filter(
      ({ index, digits }) => digits < served.digits && index.aliases.length === 0 && parseRestoredIndexName(index.name)?.stem === stem,
    )
    .map(({ index }) => index.name);
  if (old.length === 0) return [];
  return [{ reason: reason("adopt.leftover", { indices: old.slice(0, LEFTOVERS_SHOWN), count: old.length }), writes: [] }];
}
