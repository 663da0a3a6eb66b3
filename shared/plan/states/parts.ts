import type { PlacementSettings } from "../../model/placement/placement.ts";
import type { PreflightTarget } from "../preflight.ts";
import type { PreflightInput } from "../preflightTypes.ts";
import type { StatesAsked } from "./stateChecks.ts";

/** What a restore brings beside ordinary indices. */
export interface StatesOrder {
  /**
   * The index that the request which replaces the cluster's state restores too: it shows on the cluster that the request was carried out, and keeps
   * the cluster from carrying it out again. It is deleted at the end. Absent if only data streams are restored.
   */
  carrier?: { index: string; as: string };
  globalState?: true;
  /** Of the settings that come with it, those that decide whether shards find a node. */
  placement?: PlacementSettings;
  /** By feature, its indices in the snapshot. */
  features?: Readonly<Record<string, readonly string[]>>;
  /** By data stream of the snapshot. */
  streams?: Readonly<Record<string, StreamOrder>>;
}

export interface StreamOrder {
  /** The stream's name on the cluster. */
  as: string;
  /** By name of a backing index in the snapshot, its name on the cluster. */
  indices: Readonly<Record<string, string>>;
}

/** How an index of such a restore comes to the cluster. */
export type Part = { part: "carrier" } | { part: "feature"; feature: string } | { part: "stream"; stream: string; order: StreamOrder };

/** `undefined` for an index that is restored by a request of its own. */
export function partOf(states: StatesOrder | undefined, { index, as }: Pick<PreflightTarget, "index" | "as">): Part | undefined {
  if (states?.carrier?.as === as) return { part: "carrier" };
  for (const [feature, indices] of Object.entries(states?.features ?? {})) if (indices.includes(index)) return { part: "feature", feature };
  for (const [stream, order] of Object.entries(states?.streams ?? {}))
    if (Object.hasOwn(order.indices, index)) return { part: "stream", stream, order };
  return undefined;
}

/** The carrier comes first: its request brings the features' indices too. */
export function carrierFirst<T extends { as: string }>(states: StatesOrder | undefined, targets: readonly T[]): T[] {
  const isCarrier = ({ as }: T) => as === states?.carrier?.as;
  return [...targets.filter(isCarrier), ...targets.filter((target) => !isCarrier(target))];
}

const BACKING_PREFIX = ".ds-";

/**
 * The name of a backing index when its stream is restored under another name. One that is not named after its stream, as those that
 * a shrink made, keeps its name.
 */
export function backingName(index: string, stream: string, as: string): string {
  const prefix = index.startsWith(BACKING_PREFIX) ? BACKING_PREFIX : "";
  const rest = index.slice(prefix.length);
  return rest.startsWith(stream) ? prefix + as + rest.slice(stream.length) : index;
}

type Foreseen = Pick<PreflightInput, "ofFeatures" | "carrier" | "withState" | "streamNames" | "statePlacement">;

export function statesForPreflight({ carrier, globalState, placement, features = {}, streams = {} }: StatesOrder = {}): Foreseen {
  const streamNames = new Map(Object.entries(streams).map(([stream, { as }]) => [stream, as]));
  if (!carrier) return { streamNames };
  const ofFeatures = new Map(Object.entries(features).flatMap(([feature, indices]) => indices.map((name) => [name, feature])));
  return { streamNames, ofFeatures, carrier: carrier.index, withState: globalState === true, statePlacement: placement };
}

export function asksStates({ globalState, featureStates, dataStreams }: StatesAsked): boolean {
  return globalState === true || featureStates !== undefined || dataStreams !== undefined;
}

/** What is written meanwhile is no fault: a feature writes to its indices at once, and others to a data stream that appears. */
export function areAllThere(part: Part | undefined, documents: number, expected: number): boolean {
  if (part?.part === "feature") return true;
  return part?.part === "stream" ? documents >= expected : documents === expected;
}
