import { describe, expect, it } from "vitest";
import { decodeContainer } from "../../../shared/format/encoding/container.ts";
import { decodeShardSnapshot } from "../../../shared/format/shardSnapshot.ts";
import type { BlobStore } from "../../../shared/model/blobStore.ts";
import { AppError } from "../../../shared/model/errors.ts";
import type { ProofLevel, RootCatalogue, SnapshotProof } from "../../../shared/model/repository.ts";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { listSizes, openRepository } from "../../../shared/reader/readRepository.ts";
import { encodeContainer, withFooter } from "../../format/encoding/encodeContainer.ts";
import { type FixtureRepository, fixtureRepositories, fixtureRepository, storeOf } from "../../format/fixtureRepositories.ts";
import { type ClosureReading, readClosure } from "../closures.ts";
import { closureBlobs } from "./closureBlobs.ts";

const LEVELS: ProofLevel[] = ["names", "metadata", "footers", "contents"];
const CHUNKED = fixtureRepository("es-5.5.2-chunked/repo");
const MIGRATION = fixtureRepository("es-5.5.2-migration/step2");

async function rootOf(store: BlobStore): Promise<RootCatalogue> {
  const { root } = await openRepository(store);
  if (root === undefined) throw new Error("the fixture has a root");
  return root;
}

async function readings(repository: FixtureRepository): Promise<Map<string, ClosureReading>> {
  const store = storeOf(repository.blobs);
  const root = await rootOf(store);
  const read = root.snapshots.map(async (snapshot) => [snapshot.name, await readClosure(store, root, snapshot)] as const);
  return new Map(await Promise.all(read));
}

function prove(blobs: ReadonlyMap<string, Uint8Array>, name: string, level: ProofLevel): Promise<SnapshotProof> {
  return proveSnapshot(storeOf(blobs), { name, level });
}

/** The same store with some methods replaced. */
function faulty(blobs: ReadonlyMap<string, Uint8Array>, replace: (store: BlobStore) => Partial<BlobStore>): BlobStore {
  const store = storeOf(blobs);
  return { ...store, ...replace(store) };
}

describe("the closure of every real snapshot", () => {
  for (const repository of fixtureRepositories()) {
    it(`has the names, states, versions, indices and failures that the cluster reported (${repository.name})`, async () => {
      const read = await readings(repository);
      for (const expected of repository.snapshots.filter(
        ({ snapshot }) => repository.name !== "es-5.5.2-migration/step1" || snapshot === "snap-1",
      )) {
        const record = read.get(expected.snapshot)?.record;
        expect(record).toMatchObject({ state: expected.state, version: expected.version, uuid: expected.uuid ?? expected.snapshot });
        expect([...(record?.indices ?? [])].sort()).toEqual([...expected.indices].sort());
        expect(record?.shards).toEqual({ total: expected.shards.total, successful: expected.shards.successful });
        expect(record?.failures).toHaveLength(expected.failures.length);
      }
    });

    it(`counts files, bytes and documents as the cluster did (${repository.name})`, async () => {
      for (const [name, reading] of await readings(repository)) {
        expectStatus(repository, name, reading);
        for (const index of reading.closure?.indices ?? []) {
          const documents = repository.documents[name]?.[index.name];
          if (documents !== undefined) expect([name, index.name, index.documents]).toEqual([name, index.name, documents]);
        }
      }
    });

    it(`proves every successful snapshot whole at every level (${repository.name})`, async () => {
      const store = storeOf(repository.blobs);
      for (const [name, { record }] of await readings(repository)) {
        for (const level of LEVELS) {
          const { verdict, missing, damaged } = await proveSnapshot(store, { name, level });
          const expected = record?.state === "SUCCESS" ? "whole" : "not-restorable";
          expect([name, level, verdict, missing, damaged]).toEqual([name, level, expected, [], []]);
        }
      }
    });
  }

  it("includes all 1,103 aliases and a unicode name", async () => {
    const indices = (await readings(fixtureRepository("es-7.10.2-exotic/repo"))).get("s1")?.closure?.indices ?? [];
    expect(indices.map(({ name }) => name)).toEqual(["fx-many", "fx-zażółć-日本"]);
    expect(indices[0]?.aliases.filter((alias) => /^a\d{4}$/.test(alias)).length).toBeGreaterThan(1024);
  });

  it("holds what a preflight needs", async () => {
    const { closure } = await proveSnapshot(storeOf(fixtureRepository("es-5.5.2-multitype/repo").blobs), { name: "m1", level: "names" });
    const [index] = closure?.indices ?? [];
    expect(index).toMatchObject({ name: "fx-multi", shards: 1, createdVersion: "5.5.2", documents: 2 });
    expect([...(index?.mappingTypes ?? [])].sort()).toEqual(["customer", "order"]);
  });
});

/**
 * Up to 5.x `_status` shows only what a snapshot added, from 6.x on also the total. Some file lists of a FAILED snapshot were never
 * written.
 */
function expectStatus(repository: FixtureRepository, name: string, reading: ClosureReading): void {
  const stats = repository.status[name]?.stats;
  if (stats === undefined) return;
  const lists = reading.blobs.filter(({ kind }) => kind === "shardSnapshot").flatMap(({ key }) => repository.blobs.get(key) ?? []);
  if (reading.record?.state !== "FAILED") expect(reading.missing).toEqual([]);
  const added = lists.map((bytes) => decodeContainer(bytes, "snapshot", name) as { number_of_files: number; total_size: number });
  const files = lists.flatMap((bytes) => decodeShardSnapshot(bytes, name).files);
  const total = { file_count: files.length, size_in_bytes: sumOf(files.map(({ lengthBytes }) => lengthBytes)) };
  if (stats.total !== undefined) expect(total).toEqual(stats.total);
  else {
    expect(sumOf(added.map((list) => list.number_of_files))).toBe(stats.number_of_files);
    expect(sumOf(added.map((list) => list.total_size))).toBe(stats.total_size_in_bytes);
  }
}

function sumOf(numbers: number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

describe("a snapshot that cannot be restored", () => {
  it("is reported as FAILED with the cluster's reason, and nothing counts as missing", async () => {
    const proof = await prove(CHUNKED.blobs, "snap-failed", "contents");
    expect(proof).toMatchObject({ verdict: "not-restorable", missing: [], closure: undefined });
    expect(proof.reason).toMatchObject({ code: "snapshot.notRestorable", params: { state: "FAILED" } });
  });

  it("is PARTIAL and names the failed shard, while the other indices alone are whole", async () => {
    const store = storeOf(CHUNKED.blobs);
    const all = await proveSnapshot(store, { name: "snap-partial", level: "names" });
    expect(all).toMatchObject({
      verdict: "not-restorable",
      reason: { code: "snapshot.shardFailed", params: { index: "fx-unalloc", shard: 0 } },
    });
    const chosen = await proveSnapshot(store, { name: "snap-partial", level: "contents", indices: ["fx-orders"] });
    expect(chosen).toMatchObject({ verdict: "whole", closure: { indices: [{ name: "fx-orders", documents: 5, failedShards: [] }] } });
  });
});

describe("a snapshot with state SUCCESS that lists a failed shard", () => {
  it("is not restorable, as on a cluster, while its other indices alone are whole", async () => {
    const blobs = new Map(CHUNKED.blobs);
    const [key = ""] = [...blobs.keys()].filter((one) => one.startsWith("snap-") && nameIn(blobs.get(one)) === "snap-partial");
    const record = decodeContainer(blobs.get(key) ?? new Uint8Array(0), "snapshot", key) as { snapshot: { state: string } };
    record.snapshot.state = "SUCCESS";
    const store = storeOf(blobs);
    await store.put(key, encodeContainer("snapshot", record));
    for (const root of [...blobs.keys()].filter((one) => /^index-\d+$/.test(one))) {
      const listed = JSON.parse(Buffer.from(blobs.get(root) ?? []).toString());
      for (const one of listed.snapshots) if (one.name === "snap-partial") one.state = 1;
      await store.put(root, Buffer.from(JSON.stringify(listed)));
    }
    expect(await proveSnapshot(store, { name: "snap-partial", level: "contents" })).toMatchObject({
      verdict: "not-restorable",
      reason: { code: "snapshot.shardFailed", params: { index: "fx-unalloc", shard: 0 } },
    });
    expect(await proveSnapshot(store, { name: "snap-partial", level: "contents", indices: ["fx-orders"] })).toMatchObject({
      verdict: "whole",
    });
  });
});

function nameIn(bytes: Uint8Array | undefined): string | undefined {
  return bytes && (decodeContainer(bytes, "snapshot", "record") as { snapshot: { name: string } }).snapshot.name;
}

describe("proveSnapshot", () => {
  it("needs fewer blobs for selected indices", async () => {
    const store = storeOf(CHUNKED.blobs);
    const [all, some] = [
      await proveSnapshot(store, { name: "snap-1", level: "names" }),
      await proveSnapshot(store, { name: "snap-1", level: "names", indices: ["fx-empty"] }),
    ];
    expect(some.verdict).toBe("whole");
    expect(some.blobs).toBeLessThan(all.blobs);
    const needed = await closureBlobs(CHUNKED.blobs, { name: "snap-1" }, ["fx-empty"]);
    expect(needed).toHaveLength(some.blobs);
    expect(needed.filter(({ index }) => index !== undefined && index !== "fx-empty")).toEqual([]);
  });

  it("reads each metadata blob once and lists once", async () => {
    const proof = await prove(CHUNKED.blobs, "snap-1", "metadata");
    const metadata = (await closureBlobs(CHUNKED.blobs, { name: "snap-1" })).filter(({ kind }) => kind !== "data").length;
    // One more for the list of incompatible snapshots, if it exists.
    expect(proof.requests).toEqual({ list: 3, get: metadata + 1, head: 0 });
    const without = await prove(new Map([...CHUNKED.blobs].filter(([key]) => key !== "incompatible-snapshots")), "snap-1", "metadata");
    expect(without.requests).toEqual({ list: 3, get: metadata, head: 0 });
  });

  it("needs no listing and no root of its own when they are passed in", async () => {
    const store = storeOf(CHUNKED.blobs);
    const [root, listing] = [await openRepository(store), await listSizes(store)];
    const proof = await proveSnapshot(store, { name: "snap-1", level: "names", root, listing });
    expect(proof).toMatchObject({ verdict: "whole", requests: { list: 1, get: 10 } });
    listing.delete("snap-7tPEnywhQ_qdBBcR7XVYbg.dat");
    expect(await proveSnapshot(store, { name: "snap-1", level: "names", root, listing })).toMatchObject({ verdict: "incomplete" });
  });

  it("rejects a snapshot or an index that does not exist, and an ambiguous name", async () => {
    const store = storeOf(CHUNKED.blobs);
    await expect(proveSnapshot(store, { name: "nobody", level: "names" })).rejects.toMatchObject({
      code: "invalid",
      reason: { code: "snapshot.notListed" },
    });
    await expect(proveSnapshot(store, { level: "names" })).rejects.toMatchObject({ code: "invalid" });
    await expect(proveSnapshot(store, { name: "snap-1", level: "names", indices: ["movies"] })).rejects.toMatchObject({
      code: "invalid",
      reason: { code: "snapshot.indexNotHeld" },
    });
    const opened = await openRepository(store);
    const [first] = opened.root?.snapshots ?? [];
    const doubled = {
      ...opened,
      root: { ...(opened.root as RootCatalogue), snapshots: [first, { ...first, uuid: "other" }] as RootCatalogue["snapshots"] },
    };
    await expect(proveSnapshot(store, { name: first?.name, level: "names", root: doubled })).rejects.toMatchObject({
      reason: { code: "snapshot.ambiguous" },
    });
  });

  it("reports other missing blobs even while the snapshot's own blob is missing", async () => {
    const blobs = new Map(CHUNKED.blobs);
    for (const key of blobs.keys()) if (key.startsWith("snap-") || key.endsWith("/__0")) blobs.delete(key);
    const proof = await prove(blobs, "snap-1", "names");
    expect(proof).toMatchObject({ verdict: "incomplete", closure: undefined });
    expect(proof.missing).toContainEqual({ key: "snap-7tPEnywhQ_qdBBcR7XVYbg.dat", expectedBytes: null, foundBytes: null });
    expect(proof.missing.some(({ key, expectedBytes }) => key.endsWith("/__0") && expectedBytes !== null)).toBe(true);
  });

  it("is unproven when time ran out before everything was checked", async () => {
    let looks = 0;
    const deadline = (): boolean => {
      looks += 1;
      return looks > 5;
    };
    const proof = await proveSnapshot(storeOf(CHUNKED.blobs), { name: "snap-1", level: "footers", deadline });
    expect(proof).toMatchObject({ verdict: "unproven", reason: { code: "proof.outOfTime" }, missing: [] });
  });
});

describe("a reused counter name", () => {
  const { key, bytes } = largestCounted(fixtureRepository("es-5.5.2-nocompress/repo"));
  const stale = new Map(fixtureRepository("es-5.5.2-nocompress/repo").blobs).set(key, withFooter(Buffer.alloc(bytes.length - 16, 7)));

  it("appears whole by name and size", async () => {
    expect(await prove(stale, "snap-3", "metadata")).toMatchObject({ verdict: "whole" });
  });

  it("is detected by its footer, even when only counter-named blobs are checked", async () => {
    for (const footersFor of ["all", "counter-named"] as const) {
      const proof = await proveSnapshot(storeOf(stale), { name: "snap-3", level: "footers", footersFor });
      expect(proof).toMatchObject({ verdict: "damaged", damaged: [{ key, check: "checksum" }] });
    }
  });

  it("cannot occur among uuid-named blobs, which the restore gate skips", async () => {
    const { blobs } = fixtureRepository("es-9.2.0/repo");
    const metadata = (await closureBlobs(blobs, { name: "snap-3" })).filter(({ kind }) => kind !== "data");
    const proof = await proveSnapshot(storeOf(blobs), {
      name: "snap-3",
      level: "footers",
      footersFor: "counter-named",
    });
    expect(proof).toMatchObject({ verdict: "whole", requests: { get: metadata.length } });
  });
});

function largestCounted(repository: FixtureRepository): { key: string; bytes: Uint8Array } {
  const counted = [...repository.blobs].filter(([key]) => /\/__[0-9a-z]+$/.test(key)).sort(([, a], [, b]) => b.length - a.length);
  const [key, bytes] = counted[0] ?? [];
  if (key === undefined || bytes === undefined) throw new Error("the fixture has counter-named blobs");
  return { key, bytes };
}

describe("the root", () => {
  const withNext = (change: (root: { snapshots: { uuid: string }[] }) => void): ReadonlyMap<string, Uint8Array> => {
    const root = JSON.parse(Buffer.from(MIGRATION.blobs.get("index-1") as Uint8Array).toString());
    change(root);
    return new Map(MIGRATION.blobs).set("index-2", Buffer.from(JSON.stringify(root)));
  };

  /** The second listing of the roots returns the newer one. */
  function movingTo(blobs: ReadonlyMap<string, Uint8Array>): BlobStore {
    const later = storeOf(blobs);
    let looks = 0;
    return faulty(MIGRATION.blobs, (store) => ({
      list(prefix) {
        if (prefix === "index") looks += 1;
        return (looks > 1 ? later : store).list(prefix);
      },
      get: (key, range) => (looks > 1 ? later : store).get(key, range),
    }));
  }

  it("is the one with the highest number, whatever index.latest contains", async () => {
    const blobs = new Map(CHUNKED.blobs)
      .set("index-10", CHUNKED.blobs.get("index-5") as Uint8Array)
      .set("index.latest", Buffer.alloc(8, 0x11));
    expect(await openRepository(storeOf(blobs))).toMatchObject({ root: { generation: 10 }, generations: [5, 6, 10] });
  });

  it("may be an older one if it still lists the snapshot", async () => {
    const blobs = new Map(CHUNKED.blobs);
    blobs.delete("index-6");
    expect(await prove(blobs, "snap-1", "contents")).toMatchObject({ verdict: "whole", generation: 5 });
  });

  it("is `index` only if there is no other, and absent in an empty repository", async () => {
    const chain = fixtureRepository("chain-2.4-5.5-6.7-7.10/step2-5.5.2");
    expect(await openRepository(storeOf(chain.blobs))).toMatchObject({ root: { key: "index-1" }, generations: [-1, 0, 1] });
    expect(await openRepository(storeOf(new Map()))).toMatchObject({ root: undefined, generations: [] });
    await expect(prove(new Map(), "snap-1", "names")).rejects.toMatchObject({ code: "absent", reason: { code: "repository.noRoot" } });
  });

  it("changes only the generation if it moves on but keeps the snapshot", async () => {
    const moved = withNext((root) => root.snapshots.reverse());
    expect(await proveSnapshot(movingTo(moved), { name: "snap-1", level: "names" })).toMatchObject({
      verdict: "whole",
      generation: 2,
      closure: { rootKey: "index-2" },
    });
  });

  it("leaves the snapshot unproven if it moves on and no longer lists it", async () => {
    const lost = withNext((root) => root.snapshots.splice(0, 2));
    const proof = await proveSnapshot(movingTo(lost), { name: "snap-1", level: "contents" });
    expect(proof).toMatchObject({ verdict: "unproven", reason: { code: "root.moved", params: { from: "index-1", to: "index-2" } } });
  });

  it("leaves the snapshot unproven if it moves on and the same uuid has other needs", async () => {
    const other = new Map(withNext((root) => root.snapshots.reverse()));
    for (const key of other.keys()) if (key.startsWith("meta-")) other.delete(key);
    expect(await proveSnapshot(movingTo(other), { name: "snap-1", level: "names" })).toMatchObject({
      verdict: "unproven",
      reason: { code: "root.moved" },
    });
  });

  it("causes a conflict, not an empty repository, if it vanishes each time it is read", async () => {
    const store = faulty(MIGRATION.blobs, () => ({ get: async () => undefined }));
    await expect(openRepository(store)).rejects.toMatchObject({ code: "conflict" });
  });
});

describe("a faulty store never makes a snapshot whole", () => {
  const proveIn = (replace: (store: BlobStore) => Partial<BlobStore>, level: ProofLevel = "contents") =>
    proveSnapshot(faulty(MIGRATION.blobs, replace), { name: "snap-1", level });

  it("a listing truncated with an error throws", async () => {
    const cut = proveIn((store) => ({
      async *list(prefix) {
        let given = 0;
        for await (const blob of store.list(prefix)) {
          if (prefix === "" && given === 5) throw new AppError("transient", "listing: cut");
          given += 1;
          yield blob;
        }
      },
    }));
    await expect(cut).rejects.toMatchObject({ code: "transient" });
  });

  it("a listing truncated silently is incomplete", async () => {
    const proof = await proveIn((store) => ({
      async *list(prefix) {
        let left = prefix === "" ? 5 : Number.POSITIVE_INFINITY;
        for await (const blob of store.list(prefix)) {
          if (left === 0) return;
          left -= 1;
          yield blob;
        }
      },
    }));
    expect(proof.verdict).toBe("incomplete");
  });

  it("a page that is returned twice throws", async () => {
    const repeated = proveIn((store) => ({
      async *list(prefix) {
        yield* store.list(prefix);
        if (prefix === "") yield* store.list(prefix);
      },
    }));
    await expect(repeated).rejects.toMatchObject({ code: "transient" });
  });

  it.each(["denied", "absent"] as const)("an answer of %s is thrown", async (code) => {
    const refuse = async () => Promise.reject(new AppError(code, "store: no"));
    await expect(proveIn(() => ({ get: refuse }))).rejects.toMatchObject({ code });
    await expect(proveIn(() => ({ open: refuse }))).rejects.toMatchObject({ code });
  });

  it.each(["footers", "contents"] as const)(
    "a data blob that vanishes between listing and reading is incomplete at level %s",
    async (level) => {
      const vanish = (store: BlobStore): Partial<BlobStore> => ({
        get: async (key, range) => (key.endsWith("/__0") ? undefined : store.get(key, range)),
        open: async (key) => (key.endsWith("/__0") ? undefined : store.open(key)),
      });
      const proof = await proveIn(vanish, level);
      expect(proof.verdict).toBe("incomplete");
      expect(proof.missing.every(({ key, foundBytes }) => key.endsWith("/__0") && foundBytes === null)).toBe(true);
    },
  );
});
