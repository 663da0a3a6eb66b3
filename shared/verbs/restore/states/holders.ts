import { indexNameFault } from "../../../model/aliases/aliasName.ts";
import type { Cluster } from "../../../model/cluster.ts";
import type { StatesOrder } from "../../../plan/states/parts.ts";
import { versionParts } from "../../../plan/versions.ts";

/** By name that a data stream is to have, what has it as an alias; a data stream may (from 7.14 on), which no list of indices shows. */
export async function streamHolders(
  cluster: Cluster,
  { streams = {} }: StatesOrder = {},
  targetVersion: string,
): Promise<ReadonlyMap<string, string>> {
  const major = versionParts(targetVersion)[0];
  const names = Object.values(streams).flatMap(({ as }) => (indexNameFault(as, major) === undefined ? [as] : []));
  if (names.length === 0) return new Map();
  const holders = await cluster.aliasHolders(names);
  return new Map([...holders].flatMap(([name, [first]]) => (first === undefined ? [] : [[name, first.index] as const])));
}
