import { afterAll, beforeAll, vi } from "vitest";
import { memoryCluster } from "../../shared/adapters/memory/cluster.ts";
import { givenSnapshot, type HeldInput, type MemorySnapshot, memoryPlaces } from "../../shared/adapters/memory/clusterPlaces.ts";
import { type ExpectedSnapshot, fixtureRepository } from "../format/fixtureRepositories.ts";
import { type ClusterFixture, clusterContract } from "./cluster.ts";

// The suite polls real servers in real time; here each poll advances the work, so the pauses are skipped.
beforeAll(() => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  vi.setTimerTickMode("nextTimerAsync");
});
afterAll(() => {
  vi.useRealTimers();
});

for (const version of ["2.4.6", "5.5.3", "5.6.16", "6.7.0", "7.10.2", "8.17.0", "9.2.0"])
  clusterContract(`memory cluster ${version}`, version, async () => openMemory(version));

function openMemory(version: string): ClusterFixture {
  const memoryOf = memoryPlaces();
  const cluster = memoryCluster({ name: "memory", version, now: () => new Date(), repositoryPaths: ["/repositories/"], places: memoryOf });
  let places = 0;
  const newRepository: ClusterFixture["newRepository"] = (name, settings = {}) => {
    places += 1;
    return { name, type: "fs", settings: { location: `/repositories/${name}-${places}`, ...settings } };
  };
  const filled = (name: string, snapshots: readonly MemorySnapshot[]) => {
    const repository = newRepository(name, { readonly: true });
    memoryOf.at(repository.settings).push(...snapshots);
    return repository;
  };
  return {
    cluster,
    version,
    putClusterSettings: async (settings) => cluster.putClusterSettings(settings),
    writeDocuments: async (index, ids, { bytes } = {}) => cluster.writeDocuments(index, ids.map(String), bytes),
    createIndex: async (index, shards, nested) =>
      cluster.putIndex(index, { shards, ...(nested === undefined ? {} : { nested: [nested] }) }),
    createUnassigned: async (index) => {
      cluster.putIndex(index, { shards: 1 });
      cluster.loseShards(index);
    },
    closeIndex: async (index) => cluster.closeIndex(index),
    createStream: async (name) => cluster.putIndex(`.ds-${name}-2026.11.28-000001`, { documents: 1, dataStream: name }),
    createTasksIndex: async () => cluster.putIndex(".tasks", { system: true }),
    putAlias: async (alias, index, properties) => cluster.putAlias(alias, index, properties),
    aliasProperties: async (alias, index) => cluster.aliasProperties(alias, index),
    newRepository,
    refusedRepository: (name) => ({ name, type: "fs", settings: { location: "/nowhere" } }),
    async givenRepository(name, fixture) {
      const { snapshots, documents } = fixtureRepository(fixture);
      return filled(
        name,
        snapshots.map((snapshot) => given(snapshot, documents[snapshot.snapshot] ?? {})),
      );
    },
    async subsetRepository(name, of, names) {
      return filled(
        name,
        memoryOf.at(of.settings).filter((snapshot) => names.includes(snapshot.name)),
      );
    },
    spoil: async ({ name }, damage) => cluster.spoil(name, damage),
    close: async () => undefined,
  };
}

/** A snapshot as its cluster reported it. */
function given(
  { snapshot, uuid = snapshot, version, state, indices, failures }: ExpectedSnapshot,
  documents: Record<string, number>,
): MemorySnapshot {
  const held = indices.map((index): [string, HeldInput] => [
    index,
    { documents: documents[index] ?? 0, shards: index === "fx-orders" ? 2 : 1 },
  ]);
  const startTime = new Date("2026-11-21T01:00:00Z");
  const told = givenSnapshot({
    name: snapshot,
    uuid,
    version,
    startTime,
    indices: Object.fromEntries(held),
    state: state as MemorySnapshot["state"],
  });
  return { ...told, failures: failures as MemorySnapshot["failures"] };
}
