import { describe, expect, it } from "vitest";
import { memoryBlobStore } from "../../shared/adapters/memory/blobStore.ts";
import type { BlobStore } from "../../shared/model/blobStore.ts";
import { FREED_BUDGET, readBytesFreed } from "../../shared/reader/bytesFreed.ts";
import { openRepository, requireRoot } from "../../shared/reader/readRepository.ts";
import { surveyRepository } from "../../shared/reader/survey/surveyRepository.ts";
import { fixtureRepository } from "../format/fixtureRepositories.ts";

const REPOSITORIES = ["es-2.4.6/repo", "es-5.6.16/repo", "es-6.7.0/repo", "es-7.10.2/repo", "es-8.17.0/repo"];

async function opened(name: string) {
  const store = memoryBlobStore({ bucket: new Map(), name: "b", basePath: "", now: () => new Date() });
  for (const [key, bytes] of fixtureRepository(name).blobs) await store.put(key, bytes);
  const root = requireRoot(await openRepository(store), store.url);
  const names = new Set((await surveyRepository(store)).snapshots.flatMap(({ indices }) => indices));
  return { store, root, names };
}

async function dataBytes(store: BlobStore): Promise<number> {
  let sum = 0;
  for await (const { key, sizeBytes } of store.list("indices/")) if (/\/__[^/]*$/.test(key)) sum += sizeBytes;
  return sum;
}

describe.each(REPOSITORIES)("what deleting snapshots of %s frees", (name) => {
  it("is all of the data blobs if all are deleted, and never more alone than together", async () => {
    const { store, root, names } = await opened(name);
    const uuids = new Set(root.snapshots.map(({ uuid }) => uuid));
    const freed = await readBytesFreed(store, { root, names, uuids });
    expect([freed.together, freed.why]).toEqual([await dataBytes(store), undefined]);
    const alone = [...freed.each.values()].reduce((sum, bytes) => sum + bytes, 0);
    expect(alone).toBeLessThanOrEqual(freed.together ?? 0);
    for (const [uuid, bytes] of freed.each)
      expect((await readBytesFreed(store, { root, names, uuids: new Set([uuid]) })).together).toBe(bytes);
  });

  it("is unknown, with the reason, if a catalogue cannot be read or there is too much to read", async () => {
    const { store, root, names } = await opened(name);
    const request = { root, names, uuids: new Set(root.snapshots.map(({ uuid }) => uuid)) };
    for (const budget of [{ catalogues: 0 }, { bytes: 10 }])
      expect(await readBytesFreed(store, request, { ...FREED_BUDGET, ...budget })).toMatchObject({
        together: null,
        why: { code: "freed.tooMuch" },
      });
    const [catalogue] = [...fixtureRepository(name).blobs.keys()].filter((key) => /indices\/[^/]+\/0\/index-/.test(key)).reverse();
    await store.put(catalogue ?? "", Buffer.from("{"));
    const damaged = await readBytesFreed(store, request);
    expect([damaged.together, damaged.why?.code]).toEqual([null, "freed.catalogue"]);
  });
});
