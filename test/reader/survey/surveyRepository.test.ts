import { describe, expect, it } from "vitest";
import { classifyKey } from "../../../shared/format/keys.ts";
import type { ClosureBlob } from "../../../shared/model/repository.ts";
import { bytesFreed, bytesStored } from "../../../shared/proof/usage.ts";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { type Survey, surveyRepository } from "../../../shared/reader/survey/surveyRepository.ts";
import { type FixtureRepository, fixtureRepositories, fixtureRepository, storeOf } from "../../format/fixtureRepositories.ts";
import { readClosure } from "../closures.ts";

const survey = (blobs: ReadonlyMap<string, Uint8Array>): Promise<Survey> => surveyRepository(storeOf(blobs));
const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, number) => total + number, 0);

/** Computed from each snapshot's own file lists, without any catalogue. */
async function byBruteForce(repository: FixtureRepository): Promise<Map<string, ClosureBlob[]>> {
  const store = storeOf(repository.blobs);
  const { root } = await openRepository(store);
  const read = (root?.snapshots ?? []).map(async (snapshot) => {
    const { blobs } = await readClosure(store, root as NonNullable<typeof root>, snapshot);
    return [snapshot.uuid, blobs.filter(({ kind, sizeBytes }) => kind !== "root" && sizeBytes !== undefined)] as const;
  });
  return new Map(await Promise.all(read));
}

function heldBy(closures: ReadonlyMap<string, ClosureBlob[]>, uuids: Iterable<string>): Map<string, number> {
  return new Map([...uuids].flatMap((uuid) => (closures.get(uuid) ?? []).map(({ key, sizeBytes }) => [key, sizeBytes ?? 0] as const)));
}

describe("the usage of a repository", () => {
  for (const repository of fixtureRepositories()) {
    it(`matches the bytes in each snapshot's own file lists (${repository.name})`, async () => {
      const { root, snapshots, usage } = await survey(repository.blobs);
      const closures = await byBruteForce(repository);
      for (const { uuid, name, bytes, ownBytes } of snapshots) {
        const others = heldBy(
          closures,
          [...closures.keys()].filter((other) => other !== uuid),
        );
        const mine = heldBy(closures, [uuid]);
        const own = sum([...mine].filter(([key]) => !others.has(key)).map(([, size]) => size));
        expect([name, bytes, ownBytes]).toEqual([name, sum(mine.values()) + root.sizeBytes, own]);
        expect(bytesFreed(usage, new Set([uuid]))).toBe(ownBytes);
      }
      expect(bytesStored(usage)).toBe(sum(heldBy(closures, closures.keys()).values()));
      expect(bytesFreed(usage, new Set(closures.keys()))).toBe(bytesStored(usage));
      expect(bytesFreed(usage, new Set(["nosuch"]))).toBe(0);
    });

    it(`counts for any two snapshots the bytes that no other snapshot needs as freed (${repository.name})`, async () => {
      const { usage } = await survey(repository.blobs);
      const closures = await byBruteForce(repository);
      const uuids = [...closures.keys()];
      for (const [at, uuid] of uuids.entries()) {
        const pair = new Set([uuid, uuids[(at + 1) % uuids.length] ?? uuid]);
        const kept = heldBy(
          closures,
          uuids.filter((other) => !pair.has(other)),
        );
        const freed = [...heldBy(closures, pair)].filter(([key]) => !kept.has(key));
        expect(bytesFreed(usage, pair)).toBe(sum(freed.map(([, size]) => size)));
      }
    });

    it(`has a holder for every stored blob, and no orphan (${repository.name})`, async () => {
      const { usage, orphans, writeNeeds, missing, damaged, moved } = await survey(repository.blobs);
      expect(orphans).toMatchObject({ blobs: 0, bytes: 0, shown: [], certain: true });
      const bookkeeping = ["root", "legacyRoot", "latest", "shardCatalogue", "other"];
      const stored = [...repository.blobs].filter(([key]) => !bookkeeping.includes(classifyKey(key).kind));
      expect(bytesStored(usage)).toBe(sum(stored.map(([, bytes]) => bytes.byteLength)));
      expect(writeNeeds.filter(({ there }) => !there)).toEqual([]);
      expect({ missing, damaged, moved }).toEqual({ missing: [], damaged: [], moved: false });
    });

    it(`reads each catalogue once and no file list of a single snapshot (${repository.name})`, async () => {
      const read: string[] = [];
      const store = storeOf(repository.blobs);
      const { requests, root } = await surveyRepository({
        ...store,
        get: (key, range) => {
          read.push(key);
          return store.get(key, range);
        },
      });
      expect(new Set(read).size).toBe(read.length);
      expect(read.filter((key) => classifyKey(key).kind === "shardSnapshot")).toEqual([]);
      expect(requests.get).toBe(1 + root.snapshots.length + read.filter((key) => classifyKey(key).kind === "shardCatalogue").length);
    });

    it(`is the same from the single file lists when all catalogues are gone (${repository.name})`, async () => {
      const [whole, without] = await Promise.all([
        survey(repository.blobs),
        survey(new Map([...repository.blobs].filter(([key]) => classifyKey(key).kind !== "shardCatalogue"))),
      ]);
      expect(without.snapshots).toEqual(whole.snapshots);
      expect(bytesStored(without.usage)).toBe(bytesStored(whole.usage));
      expect(without.orphans.blobs).toBe(0);
      expect(without.writeNeeds.filter(({ there }) => !there)).toHaveLength(
        whole.writeNeeds.filter(({ key }) => key !== "index.latest").length,
      );
    });

    it(`counts documents as the cluster did (${repository.name})`, async () => {
      for (const { name, documents, indices } of (await survey(repository.blobs)).snapshots) {
        const counted = repository.documents[name];
        if (counted === undefined || indices.some((index) => counted[index] === undefined)) continue;
        expect([name, documents]).toEqual([name, sum(indices.map((index) => counted[index] ?? 0))]);
      }
    });
  }
});

const CHUNKED = fixtureRepository("es-5.5.2-chunked/repo");
const NEW = fixtureRepository("es-9.2.0/repo");
const extra = (repository: FixtureRepository, ...keys: string[]) =>
  new Map<string, Uint8Array>([...repository.blobs, ...keys.map((key) => [key, Buffer.from("stray")] as const)]);
const keysOf = (repository: FixtureRepository, kind: string) =>
  [...repository.blobs.keys()].filter((key) => classifyKey(key).kind === kind);

describe("the bytes that a snapshot adds", () => {
  it("are the bytes that deleting it would free", async () => {
    const [before, after] = await Promise.all(
      ["step1", "step2"].map((step) => survey(fixtureRepository(`es-5.5.2-migration/${step}`).blobs)),
    );
    const known = new Set(before?.snapshots.map(({ uuid }) => uuid));
    const added = after?.snapshots.find(({ uuid }) => !known.has(uuid));
    expect(after?.snapshots).toHaveLength(2);
    expect(added?.ownBytes).toBe(bytesStored(after?.usage as Survey["usage"]) - bytesStored(before?.usage as Survey["usage"]));
  });
});

describe("orphans", () => {
  for (const repository of fixtureRepositories()) {
    it(`are exactly the blobs that nothing refers to (${repository.name})`, async () => {
      const [shard = ""] = keysOf(repository, "shardSnapshot").map((key) => key.slice(0, key.lastIndexOf("/") + 1));
      const strays = [
        "indices/nobody/0/__stray",
        "indices/nobody/0/snap-stray.dat",
        "indices/nobody/meta-stray.dat",
        `${shard}__stray`,
        `${shard}__stray.part0`,
        `${shard}snap-stray.dat`,
        "meta-stray.dat",
        "snap-stray.dat",
      ];
      const { orphans, snapshots } = await survey(extra(repository, ...strays));
      expect(orphans).toMatchObject({
        blobs: strays.length,
        bytes: strays.length * 5,
        certain: true,
        oldest: new Date(0),
        newest: new Date(0),
      });
      expect(orphans.shown.map(({ key }) => key)).toEqual([...strays].sort());
      expect(snapshots).toEqual((await survey(repository.blobs)).snapshots);
    });
  }

  it("do not include remains of checks and writes, nor older roots", async () => {
    const shard = keysOf(CHUNKED, "shardSnapshot")[0]?.replace(/[^/]+$/, "");
    const leftovers = ["tests-abc/master.dat", "pending-xyz", `${shard}pending-index-9`, "incompatible-snapshots", "index-0", "index"];
    expect((await survey(extra(CHUNKED, ...leftovers))).orphans.blobs).toBe(0);
  });

  it("are uncertain and do not include data while a file list is damaged", async () => {
    const [key = ""] = keysOf(CHUNKED, "shardSnapshot");
    const shard = key.slice(0, key.lastIndexOf("/") + 1);
    const blobs = new Map([...CHUNKED.blobs].filter(([name]) => !(name.startsWith(shard) && classifyKey(name).kind === "shardCatalogue")));
    blobs.set(key, Buffer.from("no file list"));
    const { orphans, damaged, snapshots } = await survey(blobs);
    expect(orphans).toMatchObject({ blobs: 0, certain: false });
    expect(damaged.map((blob) => blob.key)).toEqual([key]);
    expect(snapshots.filter(({ bytes, documents }) => bytes === undefined && documents === undefined)).toHaveLength(1);
  });
});

describe("the blobs that a later write needs", () => {
  it("are distinct from what a restore needs: the shard catalogues and index.latest", async () => {
    const gone = [keysOf(NEW, "shardCatalogue")[0] ?? "", "index.latest"];
    const { writeNeeds, snapshots } = await survey(new Map([...NEW.blobs].filter(([key]) => !gone.includes(key))));
    expect(writeNeeds.filter(({ there }) => !there).map(({ key }) => key)).toEqual(gone.sort());
    expect(snapshots).toEqual((await survey(NEW.blobs)).snapshots);
  });

  it("are reported missing even if a shard has no blob at all", async () => {
    const shard = keysOf(NEW, "shardCatalogue")[0]?.replace(/[^/]+$/, "") ?? "";
    const { writeNeeds, snapshots } = await survey(new Map([...NEW.blobs].filter(([key]) => !key.startsWith(shard))));
    expect(writeNeeds.filter(({ there }) => !there)).toEqual([{ key: keysOf(NEW, "shardCatalogue")[0], there: false }]);
    expect(snapshots.some(({ bytes }) => bytes === undefined)).toBe(true);
  });
});

describe("a survey", () => {
  it("rejects a place that is not a repository", async () => {
    await expect(survey(new Map())).rejects.toMatchObject({ code: "absent", reason: { code: "repository.noRoot" } });
  });

  it("reports that the root moved while it was reading", async () => {
    const store = storeOf(CHUNKED.blobs);
    const moving = {
      ...store,
      async *list(prefix: string) {
        yield* store.list(prefix);
        if (prefix === "") await store.put("index-99", Buffer.from('{"snapshots":[],"indices":{}}'));
      },
    };
    expect((await surveyRepository(moving)).moved).toBe(true);
  });
});

describe("data blobs that file lists name and the bucket lacks", () => {
  const { blobs } = fixtureRepository("es-5.5.2-chunked/repo");
  const part = [...blobs.keys()].find((key) => key.endsWith(".part0")) as string;

  it("are counted, and each snapshot says how many of its own are among them", async () => {
    const without = new Map(blobs);
    without.delete(part);
    const { lost, snapshots } = await surveyRepository(storeOf(without));
    expect(lost).toMatchObject({ blobs: 1, named: [{ key: part, foundBytes: null }] });
    expect(snapshots.some(({ lostBlobs }) => lostBlobs === 1)).toBe(true);
  });

  it("include those of another size", async () => {
    const cut = new Map(blobs).set(part, (blobs.get(part) as Uint8Array).subarray(1));
    expect((await surveyRepository(storeOf(cut))).lost.blobs).toBe(1);
  });

  it("are none in a repository that is whole", async () => {
    expect((await surveyRepository(storeOf(blobs))).lost).toMatchObject({ blobs: 0, bytes: 0, named: [] });
  });
});
