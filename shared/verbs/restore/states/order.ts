import { isTimeUp } from "../../../jobs/readingInTime.ts";
import type { World } from "../../../jobs/world.ts";
import type { Place } from "../../../model/config.ts";
import type { PlacementSettings } from "../../../model/placement/placement.ts";
import { reason } from "../../../model/reason.ts";
import type { ClosureIndex, RootCatalogue, RootSnapshot } from "../../../model/repository.ts";
import { analysisFiles } from "../../../plan/analysisFiles.ts";
import { needsPlugins } from "../../../plan/preflightContents.ts";
import { type PreflightCheck, refuse } from "../../../plan/preflightTypes.ts";
import { unmatched } from "../../../plan/selection.ts";
import { backingName, type StatesOrder, type StreamOrder } from "../../../plan/states/parts.ts";
import type { StatesAsked, StatesSeen } from "../../../plan/states/stateChecks.ts";
import { oldestRestorableMajor, versionParts } from "../../../plan/versions.ts";
import { type SnapshotIndices, snapshotIndices, snapshotState } from "../../../reader/states/snapshotStates.ts";
import { type Renames, renamed } from "../renames.ts";

const NO_INDICES: SnapshotIndices = { record: undefined, indices: [] };

export interface StatesFound {
  seen: StatesSeen;
  /** Absent if nothing that is asked for can be restored; the checks say why. */
  order?: StatesOrder;
}

/** What the snapshot holds of what is asked for, and how it is restored. */
export async function findStates(
  world: World,
  { place, root, snapshot }: { place: Place; root: RootCatalogue; snapshot: RootSnapshot },
  asked: StatesAsked & { as?: Renames | undefined },
  { carrierAs, targetVersion }: { carrierAs: string; targetVersion: string },
): Promise<StatesFound> {
  const store = world.blobs(place);
  const wanted = asked.featureStates ?? [];
  const needsCarrier = asked.globalState === true || wanted.length > 0;
  const state = await snapshotState(store, snapshot.uuid);
  const held = needsCarrier ? await snapshotIndices(store, root, snapshot, () => isTimeUp(world)) : NO_INDICES;
  const features = Object.fromEntries((held.record?.featureStates ?? []).map(({ feature, indices }) => [feature, indices]));
  const { streams = {} } = state ?? {};
  const carrier = carrierIn(held, streams, targetVersion);
  const names = new Map((asked.dataStreams ?? []).map((stream) => [stream, renamed(stream, asked.as) ?? stream]));
  const seen = {
    state: state === undefined ? ("unreadable" as const) : state.hasState ? state : undefined,
    ...{ features, streams: Object.keys(streams), names, carrier },
  };
  const order = orderOf(
    { globalState: asked.globalState === true, wanted, names },
    { placement: state?.placement ?? {}, features, streams, carrier: needsCarrier ? carrier : "", carrierAs },
  );
  return order ? { seen, order } : { seen };
}

interface Wanted {
  globalState: boolean;
  wanted: readonly string[];
  names: ReadonlyMap<string, string>;
}

interface HeldStates {
  placement: PlacementSettings;
  features: Readonly<Record<string, string[]>>;
  streams: Readonly<Record<string, string[]>>;
  /** Empty if none is needed; `undefined` if none is there. */
  carrier: string | undefined;
  carrierAs: string;
}

function orderOf(
  { globalState, wanted, names }: Wanted,
  { placement, features, streams, carrier, carrierAs }: HeldStates,
): StatesOrder | undefined {
  const isHeld =
    wanted.every((name) => Object.hasOwn(features, name)) && [...names.keys()].every((stream) => Object.hasOwn(streams, stream));
  if (carrier === undefined || !isHeld) return undefined;
  return {
    ...(carrier === "" ? {} : { carrier: { index: carrier, as: carrierAs } }),
    ...(globalState ? { globalState, placement } : {}),
    ...(wanted.length > 0 ? { features: Object.fromEntries(wanted.map((name) => [name, features[name] ?? []])) } : {}),
    ...(names.size > 0 ? { streams: streamOrders(names, streams) } : {}),
  };
}

function streamOrders(names: ReadonlyMap<string, string>, streams: Readonly<Record<string, string[]>>): Record<string, StreamOrder> {
  return Object.fromEntries([...names].map(([stream, as]) => [stream, streamOrder(streams[stream] ?? [], stream, as)]));
}

function streamOrder(backing: readonly string[], stream: string, as: string) {
  return { as, indices: Object.fromEntries(backing.map((index) => [index, backingName(index, stream, as)])) };
}

/** The smallest index that surely can be restored, to be deleted; none that systems keep for themselves, which others must not read. */
function carrierIn(
  { indices, record }: SnapshotIndices,
  streams: Readonly<Record<string, string[]>>,
  targetVersion: string,
): string | undefined {
  const ofOthers = new Set([...(record?.featureStates ?? []).flatMap((one) => one.indices), ...Object.values(streams).flat()]);
  const failed = new Set((record?.failures ?? []).map(({ index }) => index));
  const fitting = indices.filter(
    (index) => !index.name.startsWith(".") && !ofOthers.has(index.name) && !failed.has(index.name) && isPlain(index, targetVersion),
  );
  const [smallest] = fitting.sort((one, other) => one.bytes - other.bytes || (one.name < other.name ? -1 : 1));
  return smallest?.name;
}

function isPlain(index: ClosureIndex, targetVersion: string): boolean {
  const types = index.mappingTypes.filter((type) => type !== "_default_");
  return (
    versionParts(index.createdVersion)[0] >= oldestRestorableMajor(targetVersion) &&
    !needsPlugins([index]) &&
    analysisFiles(index).length === 0 &&
    index.settings["index.store.type"] !== "snapshot" &&
    (types.length <= 1 || versionParts(targetVersion)[0] < 7)
  );
}

/** Every index that the order restores, with its name on the cluster. */
export function namesOfOrder({ carrier, features = {}, streams = {} }: StatesOrder): Record<string, string> {
  return {
    ...(carrier ? { [carrier.index]: carrier.as } : {}),
    ...Object.fromEntries(Object.values(features).flatMap((indices) => indices.map((name) => [name, name]))),
    ...Object.assign({}, ...Object.values(streams).map(({ indices }) => indices)),
  };
}

/** By which the request shows on the cluster. */
export function carrierName(id: string): string {
  return `ossnap-state-${id.replace(/^restore-/, "")}`;
}

/** Whoever mistypes a data stream would get it under another name than asked for. */
export function unusedNames({ as = {}, dataStreams = [] }: StatesAsked & { as?: Renames | undefined }): PreflightCheck[] {
  return unmatched(Object.keys(as), dataStreams).map((pattern) =>
    refuse("name", reason("name.renamesNothing", { pattern }), reason("wayOut.indices", { held: [...dataStreams] })),
  );
}
