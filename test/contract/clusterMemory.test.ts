import { afterAll, beforeAll, vi } from "vitest";
import { memoryCluster } from "../../shared/adapters/memory/cluster.ts";
import { type ClusterFixture, clusterContract } from "./cluster.ts";

// The suite polls real servers by the clock; here a look is what moves things, so its pauses are skipped.
beforeAll(() => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  vi.setTimerTickMode("nextTimerAsync");
});
afterAll(() => {
  vi.useRealTimers();
});

for (const version of ["2.4.6", "5.5.3", "6.7.0", "7.10.2", "8.17.0"])
  clusterContract(`memory cluster ${version}`, async (): Promise<ClusterFixture> => {
    const cluster = memoryCluster({ name: "memory", version, now: () => new Date(), repositoryPaths: ["/repositories/"] });
    let places = 0;
    return {
      cluster,
      version,
      writeDocuments: async (index, ids, { bytes } = {}) => cluster.writeDocuments(index, ids.map(String), bytes),
      closeIndex: async (index) => cluster.closeIndex(index),
      newRepository(name, settings = {}) {
        places += 1;
        return { name, type: "fs", settings: { location: `/repositories/${name}-${places}`, ...settings } };
      },
      refusedRepository: (name) => ({ name, type: "fs", settings: { location: "/nowhere" } }),
      close: async () => undefined,
    };
  });
