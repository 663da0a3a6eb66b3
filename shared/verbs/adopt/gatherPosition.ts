import type { OpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import { type Cluster, type ClusterIndex, isInProgress } from "../../model/cluster.ts";
import type { Watch } from "../../model/config.ts";
import { type Reason, reason } from "../../model/reason.ts";
import type { RootCatalogue, RootSnapshot } from "../../model/repository.ts";
import { JOB_MARKER_KEY, parseRestoredIndexName, restoredIndexNames, timeDigits, withoutColons } from "../../model/restoredName.ts";
import { aliasNames, purposeOf } from "../../plan/aliases/moves.ts";
import { selectNames } from "../../plan/selection.ts";
import { heldIndices } from "../../reader/readIndices.ts";
import { openRepository } from "../../reader/readRepository.ts";
import { rootFacts } from "../../reader/rootFacts.ts";
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
  const held = opened.root ? rootFacts(opened.root).held : () => [];
  for (const snapshot of await datedSnapshots(store, opened))
    for (const index of held(snapshot.uuid)) for (const name of namesOf(index, snapshot, watch)) names.set(name, snapshot);
  // A cluster of 7 and later has no colon in a name, unless it was upgraded.
  const restored = indices.flatMap((index): Restored[] => {
    const snapshot = names.get(withoutColons(index.name));
    const digits = parseRestoredIndexName(index.name)?.snapshotDigits;
    const ours = digits !== undefined && (snapshot !== undefined || index.settings[JOB_MARKER_KEY] !== undefined);
    return ours ? [{ index, digits, snapshot }] : [];
  });
  const aliases = aliasNames(watch.restore);
  const found = aliases.length === 0 ? await servedBeside(world, watch, opened.root, restored) : servedBy(watch, indices, restored);
  const { served = [], said } = found;
  const [first] = served;
  if (!first) return said;
  const { index, digits, snapshot } = first;
  const uuid = snapshot?.uuid ?? UUID_GONE;
  const known = (work.live.positions.get(watchName)?.at(-1)?.digits ?? "") >= digits;
  const key = stateKey.position(watchName, digits, uuid);
  const writes = known ? [] : [{ key, value: { job: index.settings[JOB_MARKER_KEY] ?? null } }];
  const why = snapshot
    ? reason("adopt.position", { index: index.name, snapshot: snapshot.name, uuid })
    : reason("adopt.positionGone", { index: index.name, url: store.url });
  const times = new Set([...names.values()].flatMap(({ startTime }) => (startTime ? timeDigits(startTime) : [])));
  return [...said, { reason: why, writes }, ...(await leftovers(world, work, { aliases, restored, served, times }))];
}

/** The first name and those that a person's restore took beside it. */
function namesOf(index: string, { uuid, startTime }: RootSnapshot, { restore }: Watch): string[] {
  if (!startTime) return [""];
  return restoredIndexNames({ index, snapshotUuid: uuid, snapshotStart: startTime, purpose: purposeOf(restore), targetMajor: 7 }).map(
    withoutColons,
  );
}

/** The served indices, of one snapshot, and further findings; without a served index, the findings explain why. */
interface Served {
  served?: readonly Restored[];
  said: Found[];
}

const nothing = (why: Reason): Served => ({ said: [{ reason: why, writes: [] }] });

function servedBy({ restore }: Watch, indices: readonly ClusterIndex[], restored: readonly Restored[]): Served {
  const served = new Set<Restored>();
  for (const alias of aliasNames(restore)) {
    const holders = indices.filter(({ aliases }) => aliases.includes(alias));
    const why = notServing(alias, holders, { restored, isOne: restore.aliases === undefined });
    if (why) return nothing(why);
    for (const one of restored) if (holders.includes(one.index)) served.add(one);
  }
  const [first, ...others] = served;
  const other = others.find(({ digits }) => digits !== first?.digits);
  if (!first || !other) return { served: [...served], said: [] };
  return nothing(reason("adopt.aliasesDiffer", { index: first.index.name, other: other.index.name }));
}

function notServing(
  alias: string,
  holders: readonly ClusterIndex[],
  { restored, isOne }: { restored: readonly Restored[]; isOne: boolean },
): Reason | undefined {
  if (holders.length === 0) return reason("adopt.servesNothing", { alias });
  if (isOne && holders.length > 1) return reason("adopt.aliasSeveral", { alias, indices: holders.map(({ name }) => name) });
  const stranger = holders.find((holder) => restored.every(({ index }) => index !== holder));
  return stranger && reason("alias.foreign", { alias, index: stranger.name });
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
    if (lacking.length === 0) return { served: [served], said };
    const params = { snapshot: snapshot.name, count: lacking.length, indices: lacking.slice(0, NAMES_SHOWN) };
    said.push({ reason: reason("adopt.restoredInPart", params), writes: [] });
  }
  return said.length > 0 ? { said } : nothing(reason("adopt.restoredNothing"));
}

async function isStarted(cluster: Cluster, { name, state, shards }: ClusterIndex): Promise<boolean> {
  return state === "open" && (await cluster.health(name))?.primariesActive === shards;
}
