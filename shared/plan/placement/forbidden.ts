import { ENABLE_SETTING, filterOf, isBlock, type NodeAttributes, type PlacementSettings } from "../../model/placement/placement.ts";
import { reason } from "../../model/reason.ts";
import { type PreflightCheck, type PreflightInput, refuse } from "../preflightTypes.ts";
import { matchesPattern } from "../wildcard.ts";

interface Forbidding {
  setting: string;
  value: string;
}

/** Settings because of which a restore would be refused, or wait for a node for ever: the cluster's, and those that a global state brings. */
export function placementChecks({ placement, withState, statePlacement = {} }: PreflightInput): PreflightCheck[] {
  if (placement === undefined) return [];
  const { settings, nodes } = placement;
  const now = forbiddenBy(settings, nodes);
  const then = withState ? forbiddenBy(statePlacement, nodes) : undefined;
  return [
    ...(now
      ? [refuse("placement", reason("placement.forbids", { ...now }), reason("wayOut.placement", { body: withoutIt(now.setting) }))]
      : []),
    ...(then ? [refuse("placement", reason("placement.stateForbids", { ...then }), reason("wayOut.noStates"))] : []),
  ];
}

function withoutIt(setting: string): string {
  return JSON.stringify({ persistent: { [setting]: null }, transient: { [setting]: null } });
}

/**
 * The setting because of which no data node takes a restored shard; `undefined` if there is none.
 * https://www.elastic.co/guide/en/elasticsearch/reference/7.17/modules-cluster.html
 * @param nodes of the data nodes; `undefined` if the cluster does not tell them: then filters are not looked at.
 */
export function forbiddenBy(settings: PlacementSettings, nodes: readonly NodeAttributes[] | undefined): Forbidding | undefined {
  const entries = Object.entries(settings).map(([setting, value]) => ({ setting, value: value.trim() }));
  const outright = entries.find(({ setting, value }) =>
    setting === ENABLE_SETTING ? value.toLowerCase() === "none" : isBlock(setting) && value === "true",
  );
  return outright ?? (nodes && nodes.length > 0 ? filteredBy(entries, nodes) : undefined);
}

/** A node takes a shard if it has something of each `require`, of one `include`, and of no `exclude`. */
function filteredBy(entries: readonly Forbidding[], nodes: readonly NodeAttributes[]): Forbidding | undefined {
  const filters = entries.flatMap((entry) => {
    const filter = filterOf(entry.setting);
    return filter && isKnown(filter.attribute, entry.value) ? [{ ...entry, ...filter }] : [];
  });
  const included = filters.filter(({ kind }) => kind === "include");
  let left = nodes;
  for (const { setting, value, kind, attribute } of filters) {
    if (kind === "include") continue;
    left = left.filter((node) => hasOne(node, attribute, value) === (kind === "require"));
    if (left.length === 0) return { setting, value };
  }
  const [first] = included;
  const isIncluded = (node: NodeAttributes) => included.some(({ attribute, value }) => hasOne(node, attribute, value));
  return first && !left.some(isIncluded) ? { setting: first.setting, value: first.value } : undefined;
}

/** Tiers and networks such as `10.0.0.0/8` are left to the cluster; an empty filter is none. */
function isKnown(attribute: string, value: string): boolean {
  return value !== "" && !attribute.startsWith("_tier") && !value.includes("/");
}

function hasOne(node: NodeAttributes, attribute: string, value: string): boolean {
  const name = attribute.endsWith("_ip") ? "_ip" : attribute;
  const held = Object.hasOwn(node, name) ? node[name] : undefined;
  return held !== undefined && value.split(",").some((pattern) => matchesPattern(pattern.trim(), held));
}
