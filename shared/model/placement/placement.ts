/** What the filters of a cluster look at in a node: `_name`, `_ip`, `_host`, `_id`, and the node's own attributes, by name. */
export type NodeAttributes = Readonly<Record<string, string>>;

/** Settings of the whole cluster that decide whether a shard finds a node, by flat key; lists are joined by commas. */
export type PlacementSettings = Readonly<Record<string, string>>;

export const PLACEMENT_PREFIXES = ["cluster.routing.allocation", "cluster.blocks"] as const;
export const ENABLE_SETTING = "cluster.routing.allocation.enable";

const FILTER = /^cluster\.routing\.allocation\.(require|include|exclude)\.(.+)$/;
const BLOCK = /^cluster\.blocks\.read_only(_allow_delete)?$/;

/** The rest of the settings is not kept: values may be secret. */
export function placementOf(settings: Readonly<Record<string, string>>): PlacementSettings {
  return Object.fromEntries(
    Object.entries(settings).filter(([key]) => key === ENABLE_SETTING || isBlock(key) || filterOf(key) !== undefined),
  );
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
