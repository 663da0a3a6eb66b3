import { describe, expect, it } from "vitest";
import type { BlobStore } from "../../shared/model/blobStore.ts";
import { proveChosen } from "../../shared/reader/proveRepository.ts";
import { fixtureRepository, storeOf } from "../format/fixtureRepositories.ts";

const STEP2 = fixtureRepository("es-5.5.2-migration/step2");
const CHUNKED = fixtureRepository("es-5.5.2-chunked/repo");
const uuidOf = (name: string) => STEP2.snapshots.find(({ snapshot }) => snapshot === name)?.uuid ?? "";

/** Applies the next change after each full listing, so that the repository changes while it is being proven. */
function moving(changes: ((store: BlobStore) => Promise<void>)[]): BlobStore {
  const store = storeOf(STEP2.blobs);
  return {
    ...store,
    async *list(prefix, options) {
      yield* store.list(prefix, options);
      if (prefix === "") await changes.shift()?.(store);
    },
  };
}

const rootWithout = (...uuids: string[]) => {
  const root = JSON.parse(Buffer.from(STEP2.blobs.get("index-1") as Uint8Array).toString());
  root.snapshots = root.snapshots.filter(({ uuid }: { uuid: string }) => !uuids.includes(uuid));
  return Buffer.from(JSON.stringify(root));
};

const METADATA = `meta-${uuidOf("snap-2")}.dat`;
const SHORTER = STEP2.blobs.get(METADATA) as Uint8Array;
/** Valid global metadata like the snapshot's own but of another length, which makes it another closure. */
const LONGER = [...CHUNKED.blobs].find(([key, bytes]) => /^meta-/.test(key) && bytes.byteLength !== SHORTER.byteLength)?.[1] as Uint8Array;

function changed(generation: number, metadata: Uint8Array): (store: BlobStore) => Promise<void> {
  return async (store) => {
    await store.put(METADATA, metadata);
    await store.put(`index-${generation}`, STEP2.blobs.get("index-1") as Uint8Array);
  };
}

describe("proofs during which the root moves", () => {
  it("report it and give up a snapshot that the new root no longer lists", async () => {
    const moved: unknown[] = [];
    const store = moving([async (there) => void (await there.put("index-2", rootWithout(uuidOf("snap-2"))))]);
    const { proofs, root, redone } = await proveChosen(store, { snapshot: "snap-2", level: "names", onMoved: (one) => moved.push(one) });
    expect(proofs).toMatchObject([{ verdict: "unproven", reason: { code: "root.moved" } }]);
    expect(moved).toEqual([{ name: "snap-2", from: "index-1", to: "index-2" }]);
    expect([root.key, redone]).toEqual(["index-2", 1]);
  });

  it("start again and prove the current state", async () => {
    const moved: unknown[] = [];
    const { proofs, root, redone } = await proveChosen(moving([changed(2, LONGER)]), {
      snapshot: "snap-2",
      level: "names",
      onMoved: (one) => moved.push(one),
    });
    expect(proofs).toMatchObject([{ name: "snap-2", verdict: "whole", generation: 2, reason: undefined }]);
    expect(moved).toEqual([{ name: "snap-2", from: "index-1", to: "index-2" }]);
    expect([root.key, redone]).toEqual(["index-2", 1]);
  });

  it("are unproven when the snapshot changes during each of three tries", async () => {
    const changes = [changed(2, LONGER), changed(3, SHORTER), changed(4, LONGER), changed(5, SHORTER)];
    const { proofs, redone } = await proveChosen(moving(changes), { snapshot: "snap-2", level: "names" });
    expect(proofs).toMatchObject([{ verdict: "unproven", reason: { code: "root.moved" } }]);
    expect([redone, changes.length]).toEqual([2, 1]);
  });
});

describe("the proofs of several snapshots", () => {
  it("keep no settings of their indices, which would fill the memory, and say the same otherwise", async () => {
    const store = storeOf(STEP2.blobs);
    const { proofs } = await proveChosen(store, { snapshot: "all", level: "names" });
    expect(proofs.length).toBeGreaterThan(1);
    for (const { uuid, verdict, closure } of proofs) {
      expect(closure?.indices.every(({ settings, aliases }) => Object.keys(settings).length === 0 && aliases.length === 0)).toBe(true);
      const alone = (await proveChosen(store, { snapshot: uuid, level: "names" })).proofs[0];
      expect([verdict, closure?.digest, closure?.bytes]).toEqual([alone?.verdict, alone?.closure?.digest, alone?.closure?.bytes]);
      expect(alone?.closure?.indices.some(({ settings }) => Object.keys(settings).length > 0)).toBe(true);
    }
  });
});

describe("a sample of the contents", () => {
  const names = CHUNKED.snapshots.filter(({ state }) => state === "SUCCESS").map(({ snapshot }) => snapshot);

  it("is whole, reports how much was read, and covers all data on request", async () => {
    for (const snapshot of names) {
      const [some, all, full] = await Promise.all([
        proveChosen(storeOf(CHUNKED.blobs), { snapshot, level: "contents", sample: { share: 0.05 } }),
        proveChosen(storeOf(CHUNKED.blobs), { snapshot, level: "contents", sample: { share: 1 } }),
        proveChosen(storeOf(CHUNKED.blobs), { snapshot, level: "contents" }),
      ]);
      const [part, whole] = [some.proofs[0], all.proofs[0]];
      expect(part).toMatchObject({ verdict: "whole", level: "contents", blobs: full.proofs[0]?.blobs });
      expect(part?.sampled?.bytes).toBeLessThan(whole?.sampled?.bytes ?? 0);
      expect(whole?.sampled).toEqual({ ...whole?.sampled, files: whole?.sampled?.ofFiles, bytes: whole?.sampled?.ofBytes });
      expect(full.proofs[0]).not.toHaveProperty("sampled");
    }
  });

  it("finds a flipped bit only in a file that it reads", async () => {
    const data = [...CHUNKED.blobs].filter(([key, bytes]) => /\/__[^/]+$/.test(key) && bytes.byteLength > 100);
    const [key = "", bytes = new Uint8Array(0)] = data[0] ?? [];
    const spoilt = Uint8Array.from(bytes);
    spoilt[10] = (spoilt[10] ?? 0) ^ 1;
    const store = storeOf(new Map([...CHUNKED.blobs, [key, spoilt]]));
    const [nothing, everything] = await Promise.all([
      proveChosen(store, { snapshot: "all", level: "contents", sample: { bytes: 1 } }),
      proveChosen(store, { snapshot: "all", level: "contents", sample: { share: 1 } }),
    ]);
    expect(nothing.proofs.flatMap(({ damaged }) => damaged)).toEqual([]);
    expect(nothing.proofs.map(({ sampled }) => sampled?.files ?? 0)).toEqual(nothing.proofs.map(() => 0));
    expect(everything.proofs.flatMap(({ damaged }) => damaged.map((blob) => blob.key))).toContain(key);
  });

  it("still checks every footer", async () => {
    const data = [...CHUNKED.blobs].filter(([key, bytes]) => /\/__[^/.]+$/.test(key) && bytes.byteLength > 100);
    const [key = "", bytes = new Uint8Array(0)] = data[0] ?? [];
    const spoilt = Uint8Array.from(bytes);
    spoilt[spoilt.length - 1] = (spoilt.at(-1) ?? 0) ^ 1;
    const store = storeOf(new Map([...CHUNKED.blobs, [key, spoilt]]));
    const { proofs } = await proveChosen(store, { snapshot: "all", level: "contents", sample: { bytes: 1 } });
    expect(proofs.flatMap(({ damaged }) => damaged.map((blob) => blob.key))).toContain(key);
  });
});
