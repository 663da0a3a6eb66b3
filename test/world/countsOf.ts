import type { MemoryCluster } from "../../shared/adapters/memory/cluster.ts";

/** From now on the counts of several indices are those that a test has set for each. */
export function countsAsSet(cluster: MemoryCluster): void {
  const { listIndices, countDocuments, operations } = cluster;
  cluster.counts = async (names) => {
    const open = (await listIndices()).filter(({ name, state }) => names.includes(name) && state === "open");
    const counted = open.map(async ({ name }) => [name, { documents: await countDocuments(name), ...(await operations(name)) }] as const);
    return new Map(await Promise.all(counted));
  };
}
