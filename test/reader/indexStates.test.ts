import { describe, expect, it } from "vitest";
import { memoryBlobStore } from "../../shared/adapters/memory/blobStore.ts";
import type { BlobStore } from "../../shared/model/blobStore.ts";
import type { Place } from "../../shared/model/config.ts";
import { countingStore } from "../../shared/reader/countingStore.ts";
import { indexStates, readIndexStates } from "../../shared/reader/indexStates.ts";
import { openRepository, requireRoot } from "../../shared/reader/readRepository.ts";
import { fixtureRepositories, fixtureRepository, storeOf } from "../format/fixtureRepositories.ts";

const NAMES = new Set(["fx-orders", "fx-logs"]);

async function opened(store: BlobStore) {
  const root = requireRoot(await openRepository(store), store.url);
  const uuidOf = (name: string) => root.snapshots.find((snapshot) => snapshot.name === name)?.uuid ?? "";
  return { root, uuidOf };
}

async function statesOf(fixture: string) {
  const store = storeOf(fixtureRepository(fixture).blobs);
  const { root, uuidOf } = await opened(store);
  const states = await readIndexStates(store, root, NAMES);
  return (snapshot: string, index: string) => states.get(uuidOf(snapshot))?.get(index);
}

/** In these, two documents were added to fx-orders between snap-1 and snap-2, and none to fx-logs. */
const WRITTEN_ALIKE = fixtureRepositories()
  .filter(({ name, blobs }) => /^es-\d+\.\d+\.\d+\/repo$/.test(name) && blobs.size > 20)
  .map(({ name }) => name);

describe("the state of an index in a snapshot", () => {
  it.each(WRITTEN_ALIKE)("is another one after documents were added, and the same one otherwise: %s", async (fixture) => {
    const stateOf = await statesOf(fixture);
    expect(stateOf("snap-1", "fx-orders")).toMatch(/^[0-9a-f]{16}$/);
    expect(stateOf("snap-2", "fx-orders")).not.toBe(stateOf("snap-1", "fx-orders"));
    expect(stateOf("snap-2", "fx-logs")).toBe(stateOf("snap-1", "fx-logs"));
    expect(stateOf("snap-1", "fx-logs")).toMatch(/^[0-9a-f]{16}$/);
  });

  it.each(["es-5.5.2-chunked/repo", "es-7.10.2/repo"])("is unknown where the catalogue of one shard is lost: %s", async (fixture) => {
    const blobs = new Map(fixtureRepository(fixture).blobs);
    const { root, uuidOf } = await opened(storeOf(blobs));
    const id = root.indices.find(({ name }) => name === "fx-orders")?.id;
    for (const key of blobs.keys()) if (key.startsWith(`indices/${id}/1/index-`)) blobs.delete(key);
    const states = await readIndexStates(storeOf(blobs), root, NAMES);
    expect([states.get(uuidOf("snap-1"))?.has("fx-orders"), states.get(uuidOf("snap-1"))?.has("fx-logs")]).toEqual([false, true]);
  });
});

describe("the states that are remembered", () => {
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const place: Place = { store: "oss", bucket: "b", basePath: "r", region: "cn-hangzhou" };

  it("are not read again, and are not written by a dry run", async () => {
    const state = memoryBlobStore({ bucket: new Map() });
    const counted = countingStore(storeOf(fixtureRepository("es-7.10.2/repo").blobs));
    const { root } = await opened(counted.store);
    const ask = (remember: boolean) =>
      indexStates({ state, blobs: () => counted.store, logger: quiet }, place, { root, names: NAMES, remember });
    const first = await ask(false);
    const before = counted.requests.get;
    expect(await ask(true)).toEqual(first);
    expect(counted.requests.get).toBeGreaterThan(before);
    const read = counted.requests.get;
    const again = await ask(true);
    expect(counted.requests.get).toBe(read);
    expect(again).toEqual(new Map([...first].filter(([, digests]) => digests.size > 0)));
  });
});
