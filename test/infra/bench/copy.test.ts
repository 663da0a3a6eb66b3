import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { benchCopy } from "../../../infra/bench/copy/copyBench.ts";
import { writeRepository } from "../../../infra/bench/copy/writtenRepository.ts";
import { directoryBlobStore } from "../../../shared/adapters/directory/blobStore.ts";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";

const SHAPE = { indices: 2, shardsPerIndex: 2, small: { count: 20, bytes: 4096 }, large: { count: 2, bytes: 100_000 } };
/** The data, a file list for each shard, and the metadata of the indices and of the snapshot. */
const BLOBS = 22 + 4 + 2 + 2;

it("the copy bench writes a repository that is whole to the last byte", async () => {
  const directory = await mkdtemp(join(tmpdir(), "ossnap-written-"));
  try {
    const { snapshot, blobs, bytes } = await writeRepository(directory, SHAPE);
    const proof = await proveSnapshot(directoryBlobStore({ directory, basePath: "" }), { name: snapshot, level: "contents" });
    expect(proof).toMatchObject({ verdict: "whole", missing: [], damaged: [] });
    expect([blobs, bytes > 20 * 4096 + 200_000]).toEqual([BLOBS, true]);
  } finally {
    await rm(directory, { recursive: true });
  }
});

it("the copy bench copies with both, and ours needs a read and a write for each blob", async () => {
  const { objects, ours, rclone, ratios } = await benchCopy(() => undefined, { shape: SHAPE, rounds: 1 });
  expect(objects).toBe(BLOBS);
  expect(ours.map(({ blobsAtOnce }) => blobsAtOnce)).toEqual([16, 64]);
  expect(rclone.map(({ transfers }) => transfers)).toEqual([4, 16, 64]);
  for (const { requests } of ours) {
    const calls = Object.entries(requests);
    const puts = calls.filter(([call]) => call.startsWith("PUT")).reduce((sum, [, count]) => sum + count, 0);
    // The root and its pointer come last.
    expect(puts).toBe(BLOBS + 2);
  }
  expect(Object.keys(ratios)).toEqual(["objectsPerSecond", "movingObjectsPerSecond", "cpu", "movingCpu", "second"]);
}, 120_000);
