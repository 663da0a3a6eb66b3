import { AWARENESS_SETTING, filterOf, type NodeAttributes, type PlacementSettings } from "../../model/placement/placement.ts";
import { isAtLeast } from "../versions.ts";
import { matchesPattern } from "../wildcard.ts";

export interface Forbidding {
  setting: string;
  value: string;
}

interface Filter extends Forbidding {
  kind: string;
  attribute: string;
  values: readonly string[];
}

/** Measured: 5.5.3 takes none, and 6.8.23 does. */
const AWARENESS_LISTS = "6.0.0";
/** Of several addresses one is enough even where a node needs all of something else. */
const ADDRESSES = ["_ip", "_host_ip", "_publish_ip"];

/**
 * The setting because of which no node takes a shard: a node needs all of each `require`, one of any `include`, none of any `exclude`, and every
 * attribute of awareness, whatever its value. Measured on 5.5.3, 7.10.2 and 8.17.0.
 * https://www.elastic.co/guide/en/elasticsearch/reference/7.17/modules-cluster.html#cluster-shard-allocation-filtering
 */
export function filteredBy(settings: PlacementSettings, nodes: readonly NodeAttributes[], version: string): Forbidding | undefined {
  const filters = Object.entries(settings).flatMap(([setting, value]) => filterFrom({ setting, value }, version));
  let left = nodes;
  for (const filter of filters) {
    if (filter.kind === "include") continue;
    left = left.filter((node) => (filter.kind === "require" ? hasAll(node, filter) : !hasOne(node, filter)));
    if (left.length === 0) return told(filter);
  }
  const included = filters.filter(({ kind }) => kind === "include");
  const [first] = included;
  if (first) left = left.filter((node) => included.some((filter) => hasOne(node, filter)));
  if (first && left.length === 0) return told(first);
  const value = settings[AWARENESS_SETTING] ?? "";
  const needed = listOf(value) ?? textsOf(value, isAtLeast(version, AWARENESS_LISTS));
  return left.some((node) => needed.every((name) => isAttribute(node, name))) ? undefined : { setting: AWARENESS_SETTING, value };
}

/** Of the names that filters find only those with which a node was started. */
function isAttribute(node: NodeAttributes, name: string): boolean {
  return !name.startsWith("_") && Object.hasOwn(node, name);
}

function told({ setting, value }: Filter): Forbidding {
  return { setting, value };
}

function filterFrom(entry: Forbidding, version: string): Filter[] {
  const named = filterOf(entry.setting);
  if (named === undefined || isOfTiers(named.attribute, version)) return [];
  const values = valuesOf(entry.value, version);
  return values.length === 0 ? [] : [{ ...entry, ...named, values }];
}

/** Before 7.10 and, but for the preference, from 8.0 on it is an attribute like others, which no node has. */
function isOfTiers(attribute: string, version: string): boolean {
  if (!isAtLeast(version, "7.10.0")) return false;
  return attribute === "_tier_preference" || (attribute.startsWith("_tier") && !isAtLeast(version, "8.0.0"));
}

/** Up to 7.x a list is taken for a text with its brackets, which no node has (on 5.x it is spread over attributes `_name.0`, `_name.1`). */
function valuesOf(value: string, version: string): string[] {
  const takesLists = isAtLeast(version, "8.0.0");
  return (takesLists ? listOf(value) : undefined) ?? textsOf(value, takesLists);
}

/** Where a setting takes lists, an empty text between commas is a value, which no node has; only those at the end are dropped. */
function textsOf(value: string, takesLists: boolean): string[] {
  const parts = value.split(",").map((part) => part.trim());
  if (!takesLists) return parts.filter((part) => part !== "");
  const ended = value.replace(/,+$/, "");
  return ended === "" ? [] : ended.split(",").map((part) => part.trim());
}

/** A list as it is told here; `undefined` for a text. */
export function listOf(value: string): string[] | undefined {
  if (!value.startsWith("[")) return undefined;
  try {
    const list: unknown = JSON.parse(value);
    return Array.isArray(list) ? list.map(String) : undefined;
  } catch {
    return undefined;
  }
}

function hasAll(node: NodeAttributes, filter: Filter): boolean {
  return ADDRESSES.includes(filter.attribute) ? hasOne(node, filter) : filter.values.every((value) => has(node, filter.attribute, value));
}

function hasOne(node: NodeAttributes, { attribute, values }: Filter): boolean {
  return values.some((value) => has(node, attribute, value));
}

/** Ids know no wildcards. */
function has(node: NodeAttributes, attribute: string, value: string): boolean {
  const held = heldBy(attribute).flatMap((name) => (Object.hasOwn(node, name) ? [node[name] ?? ""] : []));
  return held.some((text) => (attribute === "_id" ? text === value : matchesPattern(value, text)));
}

function heldBy(attribute: string): string[] {
  if (ADDRESSES.includes(attribute)) return ["_ip"];
  if (attribute === "_host") return ["_host", "_ip"];
  return [attribute === "name" ? "_name" : attribute];
}
