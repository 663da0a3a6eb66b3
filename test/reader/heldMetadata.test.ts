import { describe, expect, it } from "vitest";
import { memoryBlobStore } from "../../shared/adapters/memory/blobStore.ts";
import type { BlobStore } from "../../shared/model/blobStore.ts";
import { heldMemory } from "../../shared/reader/heldMemory.ts";
import { openRepository, requireRoot } from "../../shared/reader/readRepository.ts";
import { encodeContainer } from "../format/encoding/encodeContainer.ts";
import { readClosure } from "./closures.ts";

const UUID = "U000000000000000000001";
const MEGABYTE = 1024 * 1024;

interface Contents {
  settings?: Record<string, string>;
  aliases?: Record<string, object>;
  mappings?: object[];
  failures?: object[];
}

/** Twenty indices without shards that are restored, each with the same metadata. */
async function repositoryOf({ settings = {}, aliases = {}, mappings = [], failures = [] }: Contents): Promise<BlobStore> {
  const store = memoryBlobStore();
  const names = Array.from({ length: 20 }, (_, number) => `i${number}`);
  const indices = Object.fromEntries(names.map((name) => [name, { id: name, snapshots: [UUID] }]));
  await store.put("index-0", Buffer.from(JSON.stringify({ snapshots: [{ name: "s", uuid: UUID, state: 1 }], indices })));
  const counts = { total_shards: 0, successful_shards: 0, start_time: 1, end_time: 2 };
  const record = { name: "s", uuid: UUID, version_id: 6080099, indices: names, state: "SUCCESS", failures, ...counts };
  await store.put(`snap-${UUID}.dat`, encodeContainer("snapshot", { snapshot: record }));
  await store.put(`meta-${UUID}.dat`, encodeContainer("metadata", { "meta-data": {} }));
  const all = { "index.number_of_shards": "0", "index.version.created": "6080099", ...settings };
  for (const name of names)
    await store.put(
      `indices/${name}/meta-${UUID}.dat`,
      encodeContainer("index-metadata", { [name]: { settings: all, aliases, mappings } }),
    );
  return store;
}

async function read(contents: Contents, maxBytes: number): Promise<boolean> {
  const store = await repositoryOf(contents);
  const root = requireRoot(await openRepository(store), store.url);
  const [snapshot] = root.snapshots;
  if (snapshot === undefined) throw new Error("no snapshot");
  return (await readClosure(store, root, snapshot, { held: heldMemory(maxBytes) })).closure !== undefined;
}

const text = (number: number) => `${number}-${"x".repeat(1000)}`;
const many = <T>(value: T) => Object.fromEntries(Array.from({ length: 100 }, (_, number) => [text(number), value]));

describe("what is kept of a snapshot's metadata", () => {
  it.each<[string, Contents]>([
    ["settings", { settings: many("v") }],
    ["aliases", { aliases: many({}) }],
    [
      "analyzers",
      { mappings: [{ t: { properties: Object.fromEntries(Object.keys(many(0)).map((analyzer) => [analyzer, { analyzer }])) } }] },
    ],
    ["mapping types", { mappings: [many({})] }],
    ["failures", { failures: Array.from({ length: 3000 }, (_, number) => ({ index: "i0", shard_id: 0, reason: text(number) })) }],
  ])("counts %s, and is refused before it fills the memory", async (_, contents) => {
    await expect(read(contents, MEGABYTE)).rejects.toMatchObject({ code: "permanent", reason: { code: "closure.tooLarge" } });
    expect(await read(contents, 40 * MEGABYTE)).toBe(true);
  });

  it("holds what an ordinary snapshot has", async () => {
    expect(await read({}, MEGABYTE)).toBe(true);
  });
});
