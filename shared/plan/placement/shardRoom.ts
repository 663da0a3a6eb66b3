import { inEffect, MAX_SHARDS_SETTING, TOTAL_SHARDS_SETTING } from "../../model/placement/placement.ts";
import { reason } from "../../model/reason.ts";
import { withoutOverwritten } from "../overwriting/overChecks.ts";
import { ok, type PreflightCheck, type PreflightInput, refuse, warn } from "../preflightTypes.ts";
import { limitsShards } from "../versions.ts";
import { type PlacementInput, withoutIt } from "./forbidden.ts";

export type RoomInput = PlacementInput &
  Pick<PreflightInput, "replicas" | "shardsMax" | "carrier" | "ofFeatures" | "existing" | "overwrites" | "nameFor">;
type Restored = readonly { name: string; shards: number }[];

/** The server's own from 7.0 on. */
const MAX_SHARDS_DEFAULT = 1000;

/** Open shards on the cluster beside those that a restore overwrites, and what the restore adds. */
interface Counts {
  /** With replicas. */
  open: number;
  primaries: number;
  more: number;
  /** `more` with its replicas. */
  moreWhole: number;
  replicas: number;
}

/** From 7.0 a cluster refuses more open shards than it is set to hold; restored primaries come first, replicas after the counts agree. */
export function shardChecks(input: RoomInput, indices: Restored): PreflightCheck[] {
  const { shardsMax } = input;
  if (shardsMax === undefined || indices.length === 0) return [];
  const { open, more, moreWhole, replicas } = countsOf(input, indices);
  // The request that brings a global state meets the limit that holds until then, and whatever follows it the state's.
  const first = input.withState ? primariesOf(indices.filter(({ name }) => comesWithState(input, name))) : more;
  if (open + first > shardsMax)
    return [refuse("shards", reason("shards.full", { open, most: shardsMax, more: first }), reason("wayOut.shards"))];
  const most = input.withState ? maxAfterState(input, shardsMax) : shardsMax;
  if (open + more > most) return [refuse("shards", reason("shards.stateFull", { open, most, more }), reason("wayOut.noStates"))];
  const after = open + moreWhole;
  return [
    after > most ? warn("shards", reason("shards.fewer", { after, most, replicas })) : ok("shards", reason("shards.fits", { after, most })),
  ];
}

/** Shards beyond it wait for a node for ever. */
export function totalChecks(input: RoomInput, indices: Restored): PreflightCheck[] {
  const { placement, withState, statePlacement = {}, targetVersion } = input;
  if (placement === undefined || indices.length === 0) return [];
  const { layers, dataNodes } = placement;
  const value = inEffect(layers, withState ? statePlacement : layers.persistent)[TOTAL_SHARDS_SETTING];
  const limit = Number(value ?? Number.NaN);
  if (value === undefined || !(limit > 0)) return [];
  const { open, primaries, more, moreWhole } = countsOf(input, indices);
  const most = limit * dataNodes;
  const isOfState = withState && !Object.hasOwn(layers.transient, TOTAL_SHARDS_SETTING);
  const body = withoutIt({ setting: TOTAL_SHARDS_SETTING, value }, targetVersion);
  const wayOut = isOfState ? reason("wayOut.noStates") : reason("wayOut.placement", { body });
  if (primaries + more > most) return [refuse("placement", reason("placement.total", { limit, most, primaries, more }), wayOut)];
  return open + moreWhole > most ? [warn("placement", reason("placement.totalFewer", { limit, most, after: open + moreWhole }))] : [];
}

function countsOf(input: RoomInput, indices: Restored): Counts {
  const { replicas = 0 } = input;
  const stay = withoutOverwritten(input, indices).filter(({ state }) => state === "open");
  const more = primariesOf(indices);
  return {
    open: stay.reduce((sum, index) => sum + index.shards * (1 + index.replicas), 0),
    primaries: primariesOf(stay),
    more,
    moreWhole: more * (1 + replicas),
    replicas,
  };
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
