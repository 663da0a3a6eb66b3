import { describe, expect, it } from "vitest";
import type { ProofLevel, SnapshotProof } from "../../shared/model/repository.ts";
import { proveSnapshot } from "../../shared/run/proveSnapshot.ts";
import { openRepository } from "../../shared/run/readRepository.ts";
import { type FixtureRepository, fixtureRepository, storeOf } from "../format/fixtureRepositories.ts";

const SUBJECTS: [string, string][] = [
  ["es-5.5.2-chunked/repo", "snap-1"],
  ["es-5.5.2-migration/step2", "snap-2"],
  ["es-7.10.2/repo", "snap-3"],
  ["es-9.2.0/repo", "snap-3"],
];

type Mutation = (bytes: Buffer) => Uint8Array | undefined;

/** Each with the shallowest level that must see it in any blob. */
const MUTATIONS: [string, ProofLevel, Mutation][] = [
  ["removed", "names", () => undefined],
  ["cut by a byte", "names", (bytes) => bytes.subarray(0, -1)],
  ["grown by a byte", "names", (bytes) => Buffer.concat([bytes, Buffer.from([0])])],
  ["with one bit flipped in the middle", "contents", (bytes) => flipped(bytes, Math.floor(bytes.length / 2))],
  ["with its last bit flipped", "contents", (bytes) => flipped(bytes, bytes.length - 1)],
  ["with its first bit flipped", "contents", (bytes) => flipped(bytes, 0)],
];

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}

function mutated(repository: FixtureRepository, key: string, mutate: Mutation): ReadonlyMap<string, Uint8Array> {
  const blobs = new Map(repository.blobs);
  const changed = mutate(Buffer.from(blobs.get(key) as Uint8Array));
  if (changed === undefined) blobs.delete(key);
  else blobs.set(key, changed);
  return blobs;
}

function prove(blobs: ReadonlyMap<string, Uint8Array>, name: string, level: ProofLevel): Promise<SnapshotProof> {
  return proveSnapshot(storeOf(blobs), { name, level });
}

/** The root has no checksum of its own; damage that leaves it JSON is judged by comparing it with its source. */
async function neededKeys(repository: FixtureRepository, name: string): Promise<string[]> {
  const { closure } = await prove(repository.blobs, name, "names");
  return (closure?.blobs ?? []).filter(({ kind }) => kind !== "root").map(({ key }) => key);
}

describe.each(SUBJECTS)("%s, %s", (fixture, name) => {
  const repository = fixtureRepository(fixture);

  it.each(MUTATIONS)("is not whole with any needed blob %s (seen at level %s)", async (_, level, mutate) => {
    const keys = await neededKeys(repository, name);
    expect(keys.length).toBeGreaterThan(20);
    const verdicts = keys.map(async (key) => [key, (await prove(mutated(repository, key, mutate), name, level)).verdict]);
    expect((await Promise.all(verdicts)).filter(([, verdict]) => verdict !== "incomplete" && verdict !== "damaged")).toEqual([]);
  });

  it("cannot be read with a cut root", async () => {
    const { root } = await openRepository(storeOf(repository.blobs));
    const blobs = mutated(repository, root?.key ?? "", (bytes) => bytes.subarray(0, -1));
    await expect(prove(blobs, name, "names")).rejects.toMatchObject({ code: "invalid" });
  });

  it("is whole with every blob removed that it does not need", async () => {
    const { closure } = await prove(repository.blobs, name, "names");
    const needed = new Map(closure?.blobs.map(({ key }) => [key, repository.blobs.get(key) as Uint8Array]));
    expect(needed.size).toBeLessThan(repository.blobs.size);
    expect(await prove(needed, name, "contents")).toMatchObject({ verdict: "whole", closure: { digest: closure?.digest } });
  });

  it("is spoilt, like its neighbours, by exactly the blobs in its closure", async () => {
    const store = storeOf(repository.blobs);
    const { root } = await openRepository(store);
    const successful = (root?.snapshots ?? []).filter(({ state }) => state === "SUCCESS").map((snapshot) => snapshot.name);
    const needs = new Map(await Promise.all(successful.map(async (each) => [each, new Set(await neededKeys(repository, each))] as const)));
    for (const key of repository.blobs.keys()) {
      if (key === root?.key) continue;
      const blobs = mutated(repository, key, () => undefined);
      const broken = await Promise.all(
        successful.map(async (each) => ((await prove(blobs, each, "names")).verdict === "whole" ? [] : [each])),
      );
      expect([key, broken.flat()]).toEqual([key, successful.filter((each) => needs.get(each)?.has(key))]);
    }
  });
});
