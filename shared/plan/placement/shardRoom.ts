import type { ClusterIndex } from "../../model/cluster.ts";
import { inEffect, MAX_SHARDS_SETTING, TOTAL_SHARDS_SETTING } from "../../model/placement/placement.ts";
import { reason } from "../../model/reason.ts";
import { isCopiedAll, withoutOverwritten } from "../overwriting/overChecks.ts";
import { ok, type Placement, type PreflightCheck, type PreflightInput, refuse, warn } from "../preflightTypes.ts";
import { limitsShards } from "../versions.ts";
import { type PlacementInput, withoutIt } from "./forbidden.ts";

export type RoomInput = PlacementInput & Pick<PreflightInput, "replicas" | "shardsMax" | "carrier" | "ofFeatures">;
type Restored = readonly { name: string; shards: number }[];

/** The server's own from 7.0 on. */
const MAX_SHARDS_DEFAULT = 1000;

/** From 7.0 a cluster refuses more open shards than it is set to hold; restored primaries come first, replicas after the counts agree. */
export function shardChecks(input: RoomInput, indices: Restored): PreflightCheck[] {
  const { shardsMax } = input;
  if (shardsMax === undefined || indices.length === 0) return [];
  const { replicas = 0 } = input;
  const open = wholeOf(withoutOverwritten(input, indices).filter(({ state }) => state === "open"));
  const more = primariesOf(indices);
  // The request that brings a global state meets the limit that holds until then, and whatever follows it the state's.
  const first = input.withState ? primariesOf(indices.filter(({ name }) => comesWithState(input, name))) : more;
  if (open + first > shardsMax)
    return [refuse("shards", reason("shards.full", { open, most: shardsMax, more: first }), reason("wayOut.shards"))];
  const most = input.withState ? maxAfterState(input, shardsMax) : shardsMax;
  if (open + more > most) return [refuse("shards", reason("shards.stateFull", { open, most, more }), reason("wayOut.noStates"))];
  const after = open + more * (1 + replicas);
  return [
    after > most ? warn("shards", reason("shards.fewer", { after, most, replicas })) : ok("shards", reason("shards.fits", { after, most })),
  ];
}

/** Shards beyond it wait for a node for ever, but for the primaries of an index that is restored over its copies. */
export function totalChecks(input: RoomInput, indices: Restored): PreflightCheck[] {
  const { placement, withState, statePlacement = {}, targetVersion, replicas = 0 } = input;
  if (placement === undefined || indices.length === 0) return [];
  const { layers, dataNodes } = placement;
  const value = inEffect(layers, withState ? statePlacement : layers.persistent)[TOTAL_SHARDS_SETTING];
  const limit = Number(value ?? Number.NaN);
  if (value === undefined || !(limit > 0)) return [];
  const most = limit * dataNodes;
  const stay = withoutOverwritten(input, indices).filter(hasShards);
  const taken = stay.reduce((sum, index) => sum + assignedOf(index, placement), 0);
  const more = primariesOf(indices);
  const isOfState = withState && !Object.hasOwn(layers.transient, TOTAL_SHARDS_SETTING);
  const body = withoutIt({ setting: TOTAL_SHARDS_SETTING, value }, targetVersion);
  const wayOut = isOfState ? reason("wayOut.noStates") : reason("wayOut.placement", { body });
  if (taken + more > most && !isCopiedAll(input, indices))
    return [refuse("placement", reason("placement.total", { limit, most, taken, more }), wayOut)];
  const after = wholeOf(stay) + more * (1 + replicas);
  return after > most ? [warn("placement", reason("placement.totalFewer", { limit, most, after }))] : [];
}

/** From 7.2 on a closed index has its shards on the nodes like an open one, unless an earlier version closed it. */
function hasShards({ state, settings }: ClusterIndex): boolean {
  return state === "open" || settings.verified_before_close === "true";
}

/** A replica takes up a place once it is on a node, and no two copies of a shard are on one. */
function assignedOf({ name, shards, replicas }: ClusterIndex, { dataNodes, healths }: Placement): number {
  const lacking = healths?.get(name)?.unassigned;
  return lacking === undefined ? shards * Math.min(1 + replicas, dataNodes) : shards * (1 + replicas) - lacking;
}

function wholeOf(indices: readonly ClusterIndex[]): number {
  return indices.reduce((sum, { shards, replicas }) => sum + shards * (1 + replicas), 0);
}

function primariesOf(indices: readonly { shards: number }[]): number {
  return indices.reduce((sum, { shards }) => sum + shards, 0);
}

function comesWithState({ carrier, ofFeatures }: RoomInput, name: string): boolean {
  return name === carrier || ofFeatures?.has(name) === true;
}

function maxAfterState({ placement, statePlacement = {}, targetVersion }: RoomInput, now: number): number {
  if (placement === undefined || !limitsShards(targetVersion)) return now;
  return Number(inEffect(placement.layers, statePlacement)[MAX_SHARDS_SETTING] ?? MAX_SHARDS_DEFAULT) * placement.dataNodes;
}
