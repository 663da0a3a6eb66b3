import { describe, expect, it } from "vitest";
import { classifyKey, type KeyKind, snapshotKey } from "../../../shared/format/keys.ts";
import { decodeSnapshotRecord } from "../../../shared/format/snapshotRecord.ts";
import { type Survey, surveyRepository } from "../../../shared/reader/survey/surveyRepository.ts";
import { encodeContainer } from "../../format/encoding/encodeContainer.ts";
import { type FixtureRepository, fixtureRepositories, fixtureRepository, storeOf } from "../../format/fixtureRepositories.ts";

type Blobs = ReadonlyMap<string, Uint8Array>;
const survey = (blobs: Blobs): Promise<Survey> => surveyRepository(storeOf(blobs));
const without = (blobs: Blobs, isGone: (key: string) => boolean) => new Map([...blobs].filter(([key]) => !isGone(key)));
const kindOf = (key: string) => classifyKey(key).kind;

/** Snapshots of a survey that could be restored if all were there, and have an index. */
const restorable = ({ snapshots }: Survey) => snapshots.filter(({ condition, indices }) => condition !== "failed" && indices.length > 0);

/** What the survey never requests: it knows of these blobs by the listing alone. */
const UNREAD: readonly KeyKind[] = ["globalMetadata", "indexMetadata", "shardSnapshot"];

describe("a survey of a repository without some of its metadata", () => {
  for (const repository of fixtureRepositories()) {
    it(`misses nothing while all of it is there (${repository.name})`, async () => {
      const { absent, missing, damaged, snapshots } = await survey(repository.blobs);
      expect({ absent: absent.blobs, missing, damaged }).toEqual({ absent: 0, missing: [], damaged: [] });
      expect(snapshots.filter(({ condition }) => condition !== "complete" && condition !== "failed")).toEqual([]);
    });

    it.each(UNREAD)(`counts every %s that is gone, and shows no size and no documents (${repository.name})`, async (kind) => {
      const gone = [...repository.blobs.keys()].filter((key) => kindOf(key) === kind);
      const seen = await survey(without(repository.blobs, (key) => gone.includes(key)));
      const failed = seen.snapshots.filter(({ condition }) => condition === "failed");
      const ofFailed = gone.filter((key) => failed.some(({ uuid }) => key.endsWith(`-${uuid}.dat`)));
      expect(seen.absent.blobs).toBe(gone.length - ofFailed.length);
      expect(restorable(seen).filter(({ bytes, ownBytes, documents }) => bytes ?? ownBytes ?? documents)).toEqual([]);
      expect(restorable(seen).filter(({ condition, missingMetadata }) => condition !== "incomplete" || missingMetadata === 0)).toEqual([]);
      expect(failed.filter(({ missingMetadata }) => missingMetadata > 0)).toEqual([]);
    });

    it(`counts the file lists of shards that left no trace (${repository.name})`, async () => {
      const seen = await survey(without(repository.blobs, (key) => key.startsWith("indices/")));
      const lists = [...repository.blobs.keys()].filter((key) => kindOf(key) === "shardSnapshot");
      const failed = seen.snapshots.filter(({ condition }) => condition === "failed");
      expect(seen.absent.withoutKey).toBe(lists.filter((key) => !failed.some(({ uuid }) => key.endsWith(`-${uuid}.dat`))).length);
      expect(restorable(seen).every(({ condition, bytes }) => condition === "incomplete" && bytes === undefined)).toBe(true);
    });
  }
});

const NEW: FixtureRepository = fixtureRepository("es-9.2.0/repo");
const OLD: FixtureRepository = fixtureRepository("es-5.5.2-migration/step2");

describe("a snapshot with one metadata blob less", () => {
  it.each([NEW, OLD])("is told with the blob's key, and the others are as they were ($name)", async ({ blobs }) => {
    const key = [...blobs.keys()].findLast((name) => kindOf(name) === "shardSnapshot") ?? "";
    const [before, after] = await Promise.all([survey(blobs), survey(without(blobs, (name) => name === key))]);
    expect(after.missing).toEqual([{ key, expectedBytes: null, foundBytes: null }]);
    const spoilt = after.snapshots.filter(({ condition }) => condition === "incomplete");
    expect(spoilt).toMatchObject([{ missingMetadata: 1, bytes: undefined, documents: undefined }]);
    const others = ({ snapshots }: Survey) =>
      snapshots.filter(({ uuid }) => uuid !== spoilt[0]?.uuid).map(({ name, bytes }) => [name, bytes]);
    expect(others(after)).toEqual(others(before));
    expect(after.requests).toEqual(before.requests);
  });

  it.each(UNREAD)("is told if it is a %s of no bytes", async (kind) => {
    const key = [...OLD.blobs.keys()].find((name) => kindOf(name) === kind) ?? "";
    const { missing, snapshots } = await survey(new Map(OLD.blobs).set(key, new Uint8Array()));
    expect(missing).toEqual([{ key, expectedBytes: null, foundBytes: 0 }]);
    expect(snapshots.filter(({ condition }) => condition === "incomplete")).toHaveLength(1);
  });
});

describe("a root that lost an index which its snapshots name", () => {
  const root = JSON.parse(Buffer.from(OLD.blobs.get("index-1") as Uint8Array).toString());
  const [lost = ""] = Object.keys(root.indices);
  const rest = (change: (indices: typeof root.indices) => void) => {
    const indices = structuredClone(root.indices);
    change(indices);
    return new Map(OLD.blobs).set("index-1", Buffer.from(JSON.stringify({ ...root, indices })));
  };

  it("is damaged, its snapshots have no size, and the blobs of the index are no orphans", async () => {
    const blobs = rest((indices) => delete indices[lost]);
    const { damaged, snapshots, orphans, absent } = await survey(blobs);
    expect(damaged).toEqual([{ key: "index-1", check: "format", expected: `indices.${lost}`, found: "nothing" }]);
    const holders: string[] = root.indices[lost].snapshots;
    const spoilt = snapshots.filter(({ condition, bytes }) => condition === "damaged" && bytes === undefined);
    expect(spoilt.map(({ uuid }) => uuid).sort()).toEqual([...holders].sort());
    expect([orphans.blobs, absent.blobs]).toEqual([0, 0]);
  });

  it("is damaged, too, if only one snapshot's uuid is gone from the index", async () => {
    const [uuid] = root.indices[lost].snapshots;
    const blobs = rest((indices) => indices[lost].snapshots.shift());
    const { damaged, snapshots, orphans } = await survey(blobs);
    expect(damaged).toMatchObject([{ key: "index-1", expected: expect.stringContaining("indices with snapshot snap-") }]);
    expect(snapshots.filter(({ condition }) => condition === "damaged")).toMatchObject([{ uuid, bytes: undefined }]);
    expect(orphans.blobs).toBe(0);
  });
});

describe("a snapshot whose data is not in the repository", () => {
  it("is shallow, and shows no size and no documents", async () => {
    const [uuid = ""] = OLD.snapshots.flatMap((snapshot) => snapshot.uuid ?? []);
    const { name, indices, shards } = decodeSnapshotRecord(OLD.blobs.get(snapshotKey(uuid)) as Uint8Array, "snap");
    const snapshot = {
      ...{ name, uuid, version_id: 136_217_827, indices, state: "SUCCESS", start_time: 1, end_time: 2, failures: [] },
      ...{ total_shards: shards.total, successful_shards: shards.successful, remote_store_index_shallow_copy: true },
    };
    const { snapshots } = await survey(new Map(OLD.blobs).set(snapshotKey(uuid), encodeContainer("snapshot", { snapshot })));
    expect(snapshots.filter(({ condition }) => condition === "shallow")).toMatchObject([{ uuid, bytes: undefined, documents: undefined }]);
  });
});
