import {
  CLOSE_SETTING,
  ENABLE_SETTING,
  FIRST_RECOVERIES_SETTING,
  inEffect,
  isBlock,
  type NodeAttributes,
  type PlacementSettings,
} from "../../model/placement/placement.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { closesAny, overwritesAll, uncopied } from "../overwriting/overChecks.ts";
import { type Placement, type PreflightCheck, type PreflightInput, refuse, warn } from "../preflightTypes.ts";
import { isAtLeast } from "../versions.ts";
import { type Forbidding, filteredBy, listOf } from "./filters.ts";

export type PlacementInput = Pick<
  PreflightInput,
  "placement" | "withState" | "statePlacement" | "targetVersion" | "existing" | "overwrites" | "nameFor"
>;
type Restored = readonly { name: string }[];

/** What 5.x takes for `true`; later versions accept `true` and `false` alone. */
const TRUE = ["true", "on", "yes", "1"];
const NAMES_SHOWN = 5;
const FALSE = ["false", "off", "no", "0"];

/**
 * Settings because of which a restore would be refused, or wait for a node for ever. If a global state comes with it, the request that brings it
 * meets the cluster's own blocks, and its shards meet the settings of the state, over which the transient ones remain. Where a node holds a copy
 * of an index, the cluster restores over it whatever keeps other shards away, but for its replicas (measured on 5.5.3, 7.10.2 and 8.17.0).
 */
export function placementChecks(input: PlacementInput, indices: Restored): PreflightCheck[] {
  const { placement, withState, statePlacement = {}, targetVersion } = input;
  if (placement === undefined) return [];
  const { layers, nodes } = placement;
  const own = inEffect(layers);
  const unclosable = closesAny(input, indices) ? firstOf(own, isUnclosable) : undefined;
  if (unclosable) return [refuse("over", reason("over.unclosable", { ...unclosable }), takingBack(unclosable, targetVersion))];
  if (overwritesAll(input, indices)) return overwritingChecks(input, indices, { own, nodes });
  const gone = leavingChecks(placement);
  if (gone.length > 0) return gone;
  const now = withState ? blockedBy(own) : forbiddenBy(own, nodes, targetVersion);
  const then = withState ? forbiddenBy(inEffect(layers, statePlacement), nodes, targetVersion) : undefined;
  const found = now ? [forbids(now, targetVersion)] : [];
  if (then === undefined) return found;
  const isOfState = Object.hasOwn(statePlacement, then.setting) && !Object.hasOwn(layers.transient, then.setting);
  if (isOfState) return [...found, refuse("placement", reason("placement.stateForbids", { ...then }), reason("wayOut.noStates"))];
  return now?.setting === then.setting ? found : [...found, forbids(then, targetVersion)];
}

/** A shard of which no node has a copy waits like a new one: for ever, and on 5.5 every other restore with it (measured on 5.5.3, 7.10.2 and 8.17.0). */
function overwritingChecks(
  input: PlacementInput,
  indices: Restored,
  { own, nodes }: { own: PlacementSettings; nodes: readonly NodeAttributes[] | undefined },
): PreflightCheck[] {
  const { targetVersion } = input;
  const stops = stoppedBy(own);
  if (stops) return [forbids(stops, targetVersion)];
  const away = keptAwayBy(own, nodes, targetVersion);
  const lacking = uncopied(input, indices);
  const gone = input.placement ? leavingChecks(input.placement) : [];
  if (gone.length > 0) return lacking.length > 0 ? gone : gone.map(({ reason: why }) => warn("placement", why));
  if (away === undefined) return [];
  if (lacking.length === 0) return [warn("placement", reason("placement.forced", { ...away }))];
  const params = { ...away, indices: lacking.slice(0, NAMES_SHOWN), count: lacking.length };
  return [refuse("placement", reason("placement.uncopied", params), takingBack(away, targetVersion))];
}

/** A node that is about to leave takes no new shard (measured on 8.17.0); one that is restarted does. */
function leavingChecks({ nodes, leaving = [] }: Placement): PreflightCheck[] {
  if (nodes?.length !== 0 || leaving.length === 0) return [];
  const params = { nodes: leaving.slice(0, NAMES_SHOWN), count: leaving.length };
  return [refuse("placement", reason("placement.leaving", params), reason("wayOut.leaving"))];
}

function forbids(found: Forbidding, version: string): PreflightCheck {
  return refuse("placement", reason("placement.forbids", { ...found }), takingBack(found, version));
}

function takingBack(found: Forbidding, version: string): Reason {
  return reason("wayOut.placement", { body: withoutIt(found, version) });
}

/** The body that takes a setting back; 5.x keeps each value of a list under a key of its own. */
export function withoutIt({ setting, value }: Forbidding, version: string): string {
  const isSpread = listOf(value) !== undefined && !isAtLeast(version, "6.0.0");
  const none = { [isSpread ? `${setting}.*` : setting]: null };
  return JSON.stringify({ persistent: none, transient: none });
}

/**
 * The setting because of which no data node takes a restored shard; `undefined` if there is none.
 * @param nodes of the data nodes; `undefined` if the cluster does not tell them: then filters are not looked at.
 */
export function forbiddenBy(
  settings: PlacementSettings,
  nodes: readonly NodeAttributes[] | undefined,
  version: string,
): Forbidding | undefined {
  return stoppedBy(settings) ?? keptAwayBy(settings, nodes, version);
}

function stoppedBy(settings: PlacementSettings): Forbidding | undefined {
  return blockedBy(settings) ?? firstOf(settings, ({ setting, value }) => setting === FIRST_RECOVERIES_SETTING && Number(value) === 0);
}

function keptAwayBy(settings: PlacementSettings, nodes: readonly NodeAttributes[] | undefined, version: string): Forbidding | undefined {
  const none = firstOf(settings, ({ setting, value }) => setting === ENABLE_SETTING && value.toLowerCase() === "none");
  return none ?? (nodes && nodes.length > 0 ? filteredBy(settings, nodes, version) : undefined);
}

function blockedBy(settings: PlacementSettings): Forbidding | undefined {
  return firstOf(settings, ({ setting, value }) => isBlock(setting) && TRUE.includes(value));
}

function isUnclosable({ setting, value }: Forbidding): boolean {
  return setting === CLOSE_SETTING && FALSE.includes(value);
}

function firstOf(settings: PlacementSettings, isIt: (entry: Forbidding) => boolean): Forbidding | undefined {
  return Object.entries(settings)
    .map(([setting, value]) => ({ setting, value: value.trim() }))
    .find(isIt);
}
