import type { OpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import { type Cluster, type ClusterIndex, isInProgress } from "../../model/cluster.ts";
import type { Watch } from "../../model/config.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { RootCatalogue, RootSnapshot } from "../../model/repository.ts";
import { JOB_MARKER_KEY, parseRestoredIndexName, restoredIndexNames, timeDigits, withoutColons } from "../../model/restoredName.ts";
import { selectNames } from "../../plan/selection.ts";
import { heldIndices } from "../../reader/readIndices.ts";
import { openRepository } from "../../reader/readRepository.ts";
import { datedSnapshots } from "../../reader/rootSnapshots.ts";
import { stateKey } from "../../state/keys.ts";
import { leftovers } from "./gatherLeftovers.ts";
import type { Found, Restored } from "./types.ts";

/** Placeholder uuid of a snapshot that is no longer in the bucket; its time alone orders it. */
const UUID_GONE = "gone";
const NAMES_SHOWN = 5;

/**
 * What a watch serves: the index behind its alias. The index name contains the snapshot's time and a hash of its uuid, which identify it
 * in the bucket. Markers of examined roots are not restored: the next check reads the newest root once and requests only snapshots above
 * the position.
 */
export async function adoptWatch(world: World, work: OpenWork, watchName: string, watch: Watch): Promise<Found[]> {
  const indices = await world.cluster(watch.cluster).listIndices();
  const store = world.blobs(watch.blobs);
  const opened = await openRepository(store);
  const names = new Map<string, RootSnapshot>();
  for (const snapshot of await datedSnapshots(store, opened))
    for (const index of heldIndices(opened.root, snapshot.uuid))
      for (const name of namesOf(index, snapshot, watch)) names.set(name, snapshot);
  // A cluster of 7 and later has no colon in a name, unless it was upgraded.
  const restored = indices.flatMap((index): Restored[] => {
    const snapshot = names.get(withoutColons(index.name));
    const digits = parseRestoredIndexName(index.name)?.snapshotDigits;
    const ours = digits !== undefined && (snapshot !== undefined || index.settings[JOB_MARKER_KEY] !== undefined);
    return ours ? [{ index, digits, snapshot }] : [];
  });
  const { alias } = watch.restore;
  const { served, said } =
    alias === undefined ? await servedBeside(world, watch, opened.root, restored) : servedBy(alias, indices, restored);
  if (!served) return said;
  const { index, digits, snapshot } = served;
  const uuid = snapshot?.uuid ?? UUID_GONE;
  const known = (work.live.positions.get(watchName)?.at(-1)?.digits ?? "") >= digits;
  const key = stateKey.position(watchName, digits, uuid);
  const writes = known ? [] : [{ key, value: { job: index.settings[JOB_MARKER_KEY] ?? null } }];
  const why = snapshot
    ? reason("adopt.position", { index: index.name, snapshot: snapshot.name, uuid })
    : reason("adopt.positionGone", { index: index.name, url: store.url });
  const times = new Set([...names.values()].flatMap(({ startTime }) => (startTime ? timeDigits(startTime) : [])));
  return [...said, { reason: why, writes }, ...(await leftovers(world, work, { alias, restored, served, times }))];
}

/** The first name and those that a person's restore took beside it. */
function namesOf(index: string, { uuid, startTime }: RootSnapshot, { restore: { alias } }: Watch): string[] {
  if (!startTime) return [""];
  return restoredIndexNames({ index, snapshotUuid: uuid, snapshotStart: startTime, purpose: alias, targetMajor: 7 }).map(withoutColons);
}

/** The served index and further findings; without a served index, the findings explain why. */
interface Served {
  served?: Restored | undefined;
  said: Found[];
}

const nothing = (why: Reason): Served => ({ said: [{ reason: why, writes: [] }] });

function servedBy(alias: string, indices: readonly ClusterIndex[], restored: readonly Restored[]): Served {
  const holders = indices.filter(({ aliases }) => aliases.includes(alias));
  const [first] = holders;
  if (!first) return nothing(reason("adopt.servesNothing", { alias }));
  if (holders.length > 1) return nothing(reason("adopt.aliasSeveral", { alias, indices: holders.map(({ name }) => name) }));
  const served = restored.find(({ index }) => index.name === first.name);
  return served ? { served, said: [] } : nothing(reason("alias.foreign", { alias, index: first.name }));
}

/**
 * Without an alias, only index names that match a snapshot in the bucket identify our indices. A snapshot counts as served only if all
 * indices that the watch wants are present, because a position on a partial one would never be completed.
 */
async function servedBeside(world: World, watch: Watch, root: RootCatalogue | undefined, restored: readonly Restored[]): Promise<Served> {
  const newestFirst = restored.filter(({ snapshot }) => snapshot !== undefined).sort((a, b) => (a.digits < b.digits ? 1 : -1));
  const byUuid = new Map(newestFirst.map((one) => [one.snapshot?.uuid, one]));
  const cluster = world.cluster(watch.cluster);
  const restoring = new Set((await cluster.runningRestores()).filter(isInProgress).flatMap(({ indices }) => indices));
  const said: Found[] = [];
  for (const served of byUuid.values()) {
    const { snapshot } = served;
    const selection = snapshot && selectNames(watch.restore.indices, heldIndices(root, snapshot.uuid));
    if (!selection || "fault" in selection) continue;
    const wanted = selection.indices.map((index) => namesOf(index, snapshot, watch)[0] ?? "");
    const lacking: string[] = [];
    for (const name of wanted) {
      const index = restored.find((one) => one.index.name === name)?.index;
      if (!index || restoring.has(name) || !(await isStarted(cluster, index))) lacking.push(name);
    }
    if (lacking.length === 0) return { served, said };
    const params = { snapshot: snapshot.name, count: lacking.length, indices: lacking.slice(0, NAMES_SHOWN) };
    said.push({ reason: reason("adopt.restoredInPart", params), writes: [] });
  }
  return said.length > 0 ? { said } : nothing(reason("adopt.restoredNothing"));
}

async function isStarted(cluster: Cluster, { name, state, shards }: ClusterIndex): Promise<boolean> {
  return state === "open" && (await cluster.health(name))?.primariesActive === shards;
}
