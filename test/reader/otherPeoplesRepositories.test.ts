import { describe, expect, it } from "vitest";
import { namesakesOf, unlistedOf } from "../../shared/proof/rootFaults.ts";
import { proveSnapshot } from "../../shared/reader/prove/proveSnapshot.ts";
import { proveChosen } from "../../shared/reader/proveRepository.ts";
import { openRepository } from "../../shared/reader/readRepository.ts";
import { surveyRepository } from "../../shared/reader/survey/surveyRepository.ts";
import { fromOpenSearch, renamed, UNLISTED, withRecord, withRoot, withUnlisted } from "../format/changedRepositories.ts";
import { fixtureRepository, storeOf } from "../format/fixtureRepositories.ts";

const MODERN = fixtureRepository("es-7.10.2/repo").blobs;
const OLD = fixtureRepository("es-5.5.2-migration/step2");
const rootKey = [...MODERN.keys()].find((key) => /^index-\d+$/.test(key)) ?? "";
const changedRoot = (change: Parameters<typeof withRoot>[1]) => storeOf(withRoot(MODERN, change));
const uuidOf = (name: string) => OLD.snapshots.find(({ snapshot }) => snapshot === name)?.uuid ?? "";

describe("a repository that lost its roots", () => {
  it("is not taken for one that never was, because index.latest still names one", async () => {
    const store = storeOf(new Map([...MODERN].filter(([key]) => !/^index-\d+$/.test(key))));
    const lost = { code: "absent", message: expect.stringContaining(`its roots are lost: index.latest names ${rootKey}`) };
    await expect(proveSnapshot(store, { name: "snap-1", level: "names" })).rejects.toMatchObject(lost);
    await expect(surveyRepository(store)).rejects.toMatchObject(lost);
    const bare = storeOf(new Map());
    await expect(surveyRepository(bare)).rejects.toMatchObject({
      message: expect.stringContaining("there is no root (index-N), so no repository"),
    });
    // A copy that has brought only the pointer so far is no fault.
    expect((await openRepository(store)).root).toBeUndefined();
  });
});

describe("a repository of OpenSearch with hashed shard paths", () => {
  it("is refused with its cause instead of called incomplete", async () => {
    const hashed = changedRoot(({ indices }) => {
      for (const entry of Object.values(indices)) entry.shard_path_type = 1;
    });
    const cause = {
      code: "invalid",
      message: expect.stringContaining("shard_path_type 1: OpenSearch wrote its shards below hashed paths"),
    };
    await expect(openRepository(hashed)).rejects.toMatchObject(cause);
    const fixed = changedRoot(({ indices }) => {
      for (const entry of Object.values(indices)) entry.shard_path_type = 0;
    });
    expect((await openRepository(fixed)).root?.indices.length).toBeGreaterThan(0);
  });
});

describe("a repository of Elasticsearch 1.x (opensearch-migrations#1665)", () => {
  it("is refused with its version instead of called incomplete", async () => {
    const blobs: [string, Uint8Array][] = [
      ["index", Buffer.from('{"snapshots":["nightly-1"]}')],
      ["snapshot-nightly-1", Buffer.from("{}")],
      ["metadata-nightly-1", Buffer.from("{}")],
    ];
    await expect(openRepository(storeOf(new Map(blobs)))).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("written by Elasticsearch 1.x (snapshot-nightly-1)"),
    });
    const version2 = storeOf(fixtureRepository("es-2.4.6/repo").blobs);
    expect((await openRepository(version2)).root?.snapshots.length).toBeGreaterThan(0);
  });
});

describe("a repository of OpenSearch", () => {
  it("is proven like any other, and shows OpenSearch's own version in the root and in each snapshot's blob", async () => {
    const store = storeOf(fromOpenSearch(MODERN));
    const { root } = await openRepository(store);
    expect(new Set(root?.snapshots.map(({ version }) => version))).toEqual(new Set(["OpenSearch 2.11.0"]));
    const proof = await proveSnapshot(store, { name: "snap-1", level: "metadata" });
    expect([proof.verdict, proof.closure?.snapshot.version]).toEqual(["whole", "OpenSearch 2.11.0"]);
    expect((await surveyRepository(store)).snapshots.map(({ version }) => version)).toContain("OpenSearch 2.11.0");
  });

  it("does not take a snapshot of 2.4 in a converted root for one of OpenSearch", async () => {
    const store = changedRoot(({ snapshots: [first] }) => {
      Object.assign(first ?? {}, { uuid: "old", name: "old", version: "2.4.6", index_metadata_lookup: undefined });
    });
    expect((await openRepository(store)).root?.snapshots.find(({ name }) => name === "old")?.version).toBe("2.4.6");
  });

  it("has shallow snapshots, which are not restorable from there instead of incomplete", async () => {
    const uuid = (await openRepository(storeOf(MODERN))).root?.snapshots.find(({ name }) => name === "snap-1")?.uuid ?? "";
    const shallow = withRecord(fromOpenSearch(MODERN), uuid, (record) => {
      record.remote_store_index_shallow_copy = true;
    });
    expect(await proveSnapshot(storeOf(shallow), { uuid, level: "names" })).toMatchObject({
      verdict: "not-restorable",
      reason: { code: "snapshot.shallow", params: { snapshot: "snap-1", version: "OpenSearch 2.11.0" } },
    });
  });
});

describe("a repository that 1.x and 2.x wrote", () => {
  it("is read, and only the snapshots of 1.x are refused by name", async () => {
    const blobs = new Map(fixtureRepository("es-2.4.6/repo").blobs);
    const root = JSON.parse(Buffer.from(blobs.get("index") ?? []).toString()) as { snapshots: string[] };
    blobs.set("index", Buffer.from(JSON.stringify({ snapshots: ["ancient", ...root.snapshots] })));
    blobs.set("snapshot-ancient", Buffer.from("{}"));
    const { proofs } = await proveChosen(storeOf(blobs), { snapshot: "all", level: "names" });
    expect(proofs.find(({ name }) => name === "ancient")).toMatchObject({
      verdict: "not-restorable",
      reason: { code: "snapshot.version1", params: { snapshot: "ancient" } },
    });
    expect(proofs.find(({ name }) => name === "snap-1")?.verdict).toBe("whole");
  });
});

describe("a root that indices and list of snapshots contradict", () => {
  it("names the uuid that the list lacks, with an index that has it", async () => {
    const { root } = await openRepository(storeOf(withUnlisted(OLD.blobs)));
    expect(root && unlistedOf(root)).toEqual({ count: 1, named: [{ uuid: UNLISTED, index: "fx-empty" }] });
    const whole = (await openRepository(storeOf(OLD.blobs))).root;
    expect(whole && unlistedOf(whole)).toEqual({ count: 0, named: [] });
  });

  it("keeps a hostile number of them out of the answer", () => {
    const snapshots = Array.from({ length: 10_000 }, (_, number) => `u${number}`);
    const root = { snapshots: [], indices: [{ name: "a", id: "a", snapshots, shardGenerations: undefined }] } as never;
    expect(unlistedOf(root)).toMatchObject({ count: 10_000, named: { length: 20 } });
  });
});

describe("two snapshots of one name", () => {
  const store = storeOf(renamed(OLD.blobs, "snap-2", "snap-1"));

  it("are told apart by their uuids wherever one is proven", async () => {
    const { root } = await openRepository(store);
    expect([...namesakesOf(root?.snapshots ?? [])]).toEqual([["snap-1", expect.arrayContaining([uuidOf("snap-1"), uuidOf("snap-2")])]]);
    await expect(proveChosen(store, { snapshot: "snap-1", level: "names" })).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("give the uuid"),
    });
    for (const uuid of [uuidOf("snap-1"), uuidOf("snap-2")])
      expect((await proveChosen(store, { snapshot: uuid, level: "names" })).proofs).toMatchObject([{ uuid, verdict: "whole" }]);
    const { proofs } = await proveChosen(store, { snapshot: "all", level: "names" });
    expect(proofs.map(({ name, verdict }) => [name, verdict])).toEqual([
      ["snap-1", "whole"],
      ["snap-1", "whole"],
    ]);
  });
});
