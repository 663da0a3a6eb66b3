/** What the filters of a cluster look at in a node: `_name`, `_ip`, `_host`, `_id`, and the node's own attributes, by name. */
export type NodeAttributes = Readonly<Record<string, string>>;

/** Settings of the whole cluster that decide whether a shard finds a node, by flat key; a list is told as its JSON. */
export type PlacementSettings = Readonly<Record<string, string>>;

/** The same by where they are set, the later over the earlier; a restored global state replaces those in the middle. */
export interface PlacementLayers {
  /** Those of the nodes' files too. */
  defaults: PlacementSettings;
  persistent: PlacementSettings;
  transient: PlacementSettings;
}

export const PLACEMENT_PREFIXES = ["cluster.routing.allocation", "cluster.blocks", "cluster.indices.close"] as const;
export const ENABLE_SETTING = "cluster.routing.allocation.enable";
export const MAX_SHARDS_SETTING = "cluster.max_shards_per_node";
export const TOTAL_SHARDS_SETTING = "cluster.routing.allocation.total_shards_per_node";
export const FIRST_RECOVERIES_SETTING = "cluster.routing.allocation.node_initial_primaries_recoveries";
export const AWARENESS_SETTING = "cluster.routing.allocation.awareness.attributes";
export const CLOSE_SETTING = "cluster.indices.close.enable";
export const DISK = "cluster.routing.allocation.disk";

/** Without `awareness.force.*`, which holds back replicas only. */
const NAMED: readonly string[] = [
  ...[ENABLE_SETTING, MAX_SHARDS_SETTING, TOTAL_SHARDS_SETTING, FIRST_RECOVERIES_SETTING],
  ...[AWARENESS_SETTING, CLOSE_SETTING],
];
const FILTER = /^cluster\.routing\.allocation\.(require|include|exclude)\.(.+)$/;
const BLOCK = /^cluster\.blocks\.read_only(_allow_delete)?$/;

/** The rest of the settings is not kept: values may be secret. */
export function placementOf(settings: Readonly<Record<string, string>>): PlacementSettings {
  return Object.fromEntries(Object.entries(settings).filter(([key]) => isKept(key)));
}

function isKept(setting: string): boolean {
  return NAMED.includes(setting) || isBlock(setting) || filterOf(setting) !== undefined || setting.startsWith(`${DISK}.`);
}

/** What holds now; with the settings of a global state, what holds once it is restored. */
export function inEffect({ defaults, persistent, transient }: PlacementLayers, state: PlacementSettings = persistent): PlacementSettings {
  return { ...defaults, ...state, ...transient };
}

/** The cluster refuses a restore, because it refuses every change of its state. */
export function isBlock(setting: string): boolean {
  return BLOCK.test(setting);
}

/** `cluster.routing.allocation.exclude._name` → `exclude`, `_name` */
export function filterOf(setting: string): { kind: string; attribute: string } | undefined {
  const [, kind, attribute] = FILTER.exec(setting) ?? [];
  return kind === undefined || attribute === undefined ? undefined : { kind, attribute };
}
