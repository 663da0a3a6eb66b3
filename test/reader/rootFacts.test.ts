import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decodeRoot } from "../../shared/format/root.ts";
import { proveChosen } from "../../shared/reader/proveRepository.ts";
import { heldIndices } from "../../shared/reader/readIndices.ts";
import { rootFacts } from "../../shared/reader/rootFacts.ts";
import { encodeContainer, wrapPayload } from "../format/encoding/encodeContainer.ts";
import { fixtureRepository, storeOf } from "../format/fixtureRepositories.ts";

const uuidsOf = (count: number) => Array.from({ length: count }, (_, number) => `uuid-${number}`);

function record(name: string, uuid: string, indices: string[]): Uint8Array {
  const shards = { total_shards: indices.length, successful_shards: indices.length, failures: [] };
  const times = { start_time: Date.UTC(2026, 10, 20), end_time: Date.UTC(2026, 10, 20, 1) };
  return encodeContainer("snapshot", { snapshot: { name, uuid, version_id: 7_100_299, indices, state: "SUCCESS", ...times, ...shards } });
}

/** Four kilobytes that decode to a hundred megabytes. */
function expensiveMetadata(): Uint8Array {
  const settings = { "index.number_of_shards": "1", "index.number_of_replicas": "0", "index.version.created": "7100299" };
  const document = JSON.stringify({ logs: { settings, mappings: Array(1_400_000).fill({}) } });
  return wrapPayload("index-metadata", Buffer.concat([Buffer.from("DFL\0"), deflateRawSync(Buffer.from(document))]));
}

describe("a root with many snapshots", () => {
  it("says of each which indices it contains, as a look through all of them does", () => {
    const { blobs } = fixtureRepository("es-5.5.2-migration/step1");
    const [key = "", bytes = Buffer.alloc(0)] = [...blobs].find(([name]) => /^index-\d+$/.test(name)) ?? [];
    const root = decodeRoot(key, bytes);
    for (const { uuid } of root.snapshots) expect(rootFacts(root).held(uuid)).toEqual(heldIndices(root, uuid));
    expect(root.snapshots.length).toBeGreaterThan(0);
    expect(rootFacts(root).held("unknown")).toEqual([]);
  });

  it("names an index once for a snapshot that it mentions twice, and none for a snapshot that is not listed", () => {
    const held = { logs: { id: "a", snapshots: ["one", "one", "stray"] }, more: { id: "b", snapshots: ["two", "one"] } };
    const listed = ["one", "two", "three"].map((uuid) => ({ name: uuid, uuid, state: 1 }));
    const root = decodeRoot("index-1", Buffer.from(JSON.stringify({ snapshots: listed, indices: held })));
    const { held: of } = rootFacts(root);
    expect([of("one"), of("two"), of("three"), of("stray")]).toEqual([["logs", "more"], ["more"], [], []]);
  });

  it("has the metadata that its snapshots share decoded once, however much that takes", async () => {
    const uuids = uuidsOf(150);
    const root = {
      min_version: "7.9.0",
      snapshots: uuids.map((uuid) => ({ name: uuid, uuid, state: 1, version: "7.10.2", index_metadata_lookup: { id: "shared" } })),
      indices: { logs: { id: "id", snapshots: uuids, shard_generations: [null] } },
      index_metadata_identifiers: { shared: "blob" },
    };
    const blobs = new Map<string, Uint8Array>([
      ["index-1", Buffer.from(JSON.stringify(root))],
      ["indices/id/meta-blob.dat", expensiveMetadata()],
    ]);
    for (const uuid of uuids) blobs.set(`snap-${uuid}.dat`, record(uuid, uuid, ["logs"]));
    const started = process.cpuUsage().user;
    const { proofs } = await proveChosen(storeOf(blobs), { snapshot: "all", level: "metadata" });
    expect(proofs.map(({ damaged }) => damaged)).toEqual(uuids.map(() => []));
    // Decoding it for each of them takes more than a minute.
    expect((process.cpuUsage().user - started) / 1e6).toBeLessThan(15);
  });

  it("is verified in a time that grows with it, not with its square", async () => {
    const uuids = uuidsOf(8_000);
    const root = {
      snapshots: uuids.map((uuid) => ({ name: "same", uuid, state: 1 })),
      indices: Object.fromEntries(uuids.map((uuid) => [uuid, { id: uuid, snapshots: [uuid] }])),
    };
    const store = storeOf(new Map([["index-1", Buffer.from(JSON.stringify(root))]]));
    const { proofs } = await proveChosen(store, { snapshot: "all", level: "metadata" });
    expect(proofs.map(({ verdict }) => verdict)).toEqual(uuids.map(() => "incomplete"));
    await expect(proveChosen(store, { snapshot: "same", level: "metadata" })).rejects.toThrow("uuid-18 or uuid-19 or another one");
  });
});
