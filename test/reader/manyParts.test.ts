import { describe, expect, it } from "vitest";
import type { BlobStore } from "../../shared/model/blobStore.ts";
import { startProgress, tallyProgress } from "../../shared/proof/arrivalProgress.ts";
import { proveArrival } from "../../shared/reader/prove/proveArrival.ts";
import { proveSnapshot } from "../../shared/reader/prove/proveSnapshot.ts";
import { listSizes, openRepository } from "../../shared/reader/readRepository.ts";
import { surveyRepository } from "../../shared/reader/survey/surveyRepository.ts";
import { encodeContainer, withFooter } from "../format/encoding/encodeContainer.ts";
import { storeOf } from "../format/fixtureRepositories.ts";
import { readClosure } from "./closures.ts";
import { MANY_UUID, manyRoot, manyShards } from "./manyShards.ts";

const PARTS = 499_999;
const SHARDS = 20;

/** Every shard's list has a few hundred bytes and names one file in very many parts; `there` of them exist. */
function bombs(there: readonly number[] = []): Map<string, Uint8Array> {
  const blobs = manyShards({ indices: SHARDS, shards: 1, files: 0 });
  const file = { name: "__0", physical_name: "segments_1", length: PARTS, part_size: 1, checksum: "a", written_by: "6.6.0" };
  const list = encodeContainer("snapshot", { name: "many", index_version: 1, files: [file] });
  for (const key of [...blobs.keys()].filter((one) => one.endsWith(`0/snap-${MANY_UUID}.dat`))) {
    blobs.set(key, list);
    for (const part of there) blobs.set(key.replace(/snap-.*$/, `__0.part${part}`), Buffer.from("x"));
  }
  return blobs;
}

describe("a closure whose file lists name millions of parts that are not there", () => {
  it("is incomplete, with the number of all of them and names of at most a thousand in each file", async () => {
    const store = storeOf(bombs());
    const proof = await proveSnapshot(store, { uuid: MANY_UUID, level: "footers" });
    expect(proof).toMatchObject({
      verdict: "incomplete",
      missingBlobs: SHARDS * PARTS,
      blobs: SHARDS * (PARTS + 2) + 3,
      closure: undefined,
    });
    expect(proof.missing).toHaveLength(SHARDS * 1000);
    const held = await proveSnapshot(store, { uuid: MANY_UUID, level: "footers", listing: await listSizes(store) });
    expect(held).toEqual({ ...proof, requests: held.requests });
  });

  it("does not count those that are there", async () => {
    const there = [0, 7, 499_998, 499_999];
    const proof = await proveSnapshot(storeOf(bombs(there)), { uuid: MANY_UUID, level: "names" });
    expect(proof).toMatchObject({ verdict: "incomplete", missingBlobs: SHARDS * (PARTS - 3) });
    expect(proof.missing.filter(({ key }) => key.endsWith(".part7"))).toEqual([]);
  });

  it("is surveyed with the same numbers", async () => {
    const { lost, usage, orphans, snapshots } = await surveyRepository(storeOf(bombs([3, 499_999])));
    expect(lost).toMatchObject({ blobs: SHARDS * (PARTS - 1), bytes: SHARDS * (PARTS - 1), ofEach: [SHARDS * (PARTS - 1)] });
    expect(lost.named).toHaveLength(1000);
    expect(usage.shares.reduce((sum, { blobs }) => sum + blobs, 0)).toBe(SHARDS * (PARTS + 2) + 2);
    expect(orphans).toMatchObject({ blobs: SHARDS, bytes: SHARDS });
    expect(snapshots).toMatchObject([{ lostBlobs: SHARDS * (PARTS - 1) }]);
  });

  it("is an arrival of which every shard is open, with the number of its missing blobs and bytes", async () => {
    const store = storeOf(bombs());
    const opened = (await openRepository(store)) as Parameters<typeof proveArrival>[1]["opened"];
    const [snapshot] = opened.root.snapshots;
    const indices = opened.root.indices.map(({ name }) => name);
    const now = new Date("2026-11-21T02:00:00Z");
    const look = { opened, snapshot: snapshot as NonNullable<typeof snapshot>, indices, came: [], waiting: [], deadline: () => false, now };
    const first = await proveArrival(store, { ...look, before: undefined });
    expect(first).toMatchObject({ proof: undefined, again: false });
    const tally = { shards: SHARDS, provenShards: 0, missing: SHARDS * PARTS, missingBytes: SHARDS * PARTS };
    expect(tallyProgress(first.progress)).toMatchObject(tally);
    const next = await proveArrival(store, { ...look, before: first.progress });
    expect(tallyProgress(next.progress)).toMatchObject(tally);
    expect(tallyProgress(startProgress(now, []))).toMatchObject({ missing: 0 });
  });
});

describe("a file in thousands of parts that are there", () => {
  it("is whole, and its closure has the digest of one that was read without a listing", async () => {
    const blobs = manyShards({ indices: 1, shards: 1, files: 0 });
    const bytes = withFooter(Buffer.alloc(3000, 1));
    const file = { name: "__0", physical_name: "segments_1", length: bytes.length, part_size: 2, written_by: "6.6.0" };
    blobs.set(`indices/id-logs-0/0/snap-${MANY_UUID}.dat`, encodeContainer("snapshot", { name: "many", index_version: 1, files: [file] }));
    const parts = Math.ceil(bytes.length / 2);
    for (let part = 0; part < parts; part += 1) blobs.set(`indices/id-logs-0/0/__0.part${part}`, bytes.subarray(2 * part, 2 * part + 2));
    const store = storeOf(blobs);
    const proof = await proveSnapshot(store, { uuid: MANY_UUID, level: "names" });
    expect(proof).toMatchObject({ verdict: "whole", blobs: parts + 5, missing: [] });
    const { root } = await openRepository(store);
    const { closure } = await readClosure(store, root as NonNullable<typeof root>, root?.snapshots[0] as never);
    expect(closure?.digest).toBe(proof.closure?.digest);
    expect((await surveyRepository(store)).lost.blobs).toBe(0);
  });
});

describe("a root that lists very many snapshots without a blob of their own", () => {
  it("is surveyed with one listing of those blobs, and no request for each", async () => {
    const others = Array.from({ length: 5000 }, (_, at) => ({ name: `n${at}`, uuid: `u${at}`, state: 1 }));
    const blobs = manyShards({ indices: 1, shards: 1, files: 1 });
    const root = manyRoot(["logs-0"], { snapshots: [{ name: "many", uuid: MANY_UUID, state: 1 }, ...others] });
    blobs.set("index-0", root);
    const store: BlobStore = storeOf(blobs);
    const { requests, snapshots, missing } = await surveyRepository(store);
    expect(requests.get).toBeLessThan(10);
    expect(snapshots).toHaveLength(5001);
    expect(missing.filter(({ key }) => key.startsWith("snap-"))).toHaveLength(5000);
    expect(snapshots.filter(({ missingMetadata }) => missingMetadata === 0).map(({ name }) => name)).toEqual(["many"]);
  });
});
