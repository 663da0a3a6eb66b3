import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { classifyKey } from "../../shared/format/keys.ts";
import { decodeRoot } from "../../shared/format/root.ts";
import { rootBudget } from "../../shared/format/rootBudget.ts";
import { readIndex } from "../../shared/format/rootEntries.ts";
import { subsetRoot } from "../../shared/format/rootSubset.ts";
import { proveSnapshot } from "../../shared/reader/prove/proveSnapshot.ts";
import { openRepository } from "../../shared/reader/readRepository.ts";
import { closureBlobs } from "../reader/prove/closureBlobs.ts";
import { fixtureRepositories, fixtureRepository, storeOf } from "./fixtureRepositories.ts";

function decodeJson(json: unknown, key = "index-1"): ReturnType<typeof decodeRoot> {
  return decodeRoot(key, Buffer.from(typeof json === "string" ? json : JSON.stringify(json)));
}

const good = { name: "good", uuid: "good", state: 1, start_time_millis: 1 };

describe("decodeRoot", () => {
  it("reads every root of every fixture", () => {
    const layouts = fixtureRepositories().flatMap(({ name, blobs }) =>
      [...blobs].flatMap(([key, bytes]) => {
        const { kind } = classifyKey(key);
        return kind === "root" || kind === "legacyRoot" ? [`${name} ${key}: ${decodeRoot(key, bytes).minVersion}`] : [];
      }),
    );
    expect(layouts).toContain("es-7.10.2/repo index-5: 7.9.0");
    expect(layouts).toContain("es-9.2.0/repo index-5: 7.12.0");
    expect(layouts).toContain("chain-2.4-5.5-6.7-7.10/step4-7.10.2 index-3: undefined");
    expect(layouts).toContain("es-2.4.6/repo index: undefined");
  });

  it("reads which cluster wrote it, from 7.12 on; an odd value is no fault", async () => {
    const writerOf = async (name: string) => (await openRepository(storeOf(fixtureRepository(name).blobs))).root?.clusterUuid;
    expect(await writerOf("es-7.17.9/repo")).toMatch(/^[\w-]{22}$/);
    expect(await writerOf("es-7.10.2/repo")).toBeUndefined();
    for (const odd of [7, null, "_na_"]) expect(decodeJson({ snapshots: [], indices: {}, cluster_id: odd }).clusterUuid).toBeUndefined();
  });

  it("reads what is absent or nothing as none, and has the checksum and the size of the bytes", () => {
    const json = '{"snapshots":[],"indices":null,"index_metadata_identifiers":null,"min_version":null,"uuid":null}';
    const sha256 = createHash("sha256").update(json).digest("hex");
    expect(decodeJson(json)).toMatchObject({ sha256, sizeBytes: json.length, snapshots: [], indices: [], minVersion: undefined });
    expect(decodeJson(json)).toMatchObject({ repositoryUuid: undefined, indexMetadata: {}, generation: 1, key: "index-1" });
    expect(decodeJson(json)).not.toHaveProperty("clusterUuid");
    const [known, none] = ["8d2Xn1hTQfGvVZqZ3nKkQw", "_na_"].map((cluster_id) => decodeJson({ snapshots: [], cluster_id }));
    expect([known?.clusterUuid, none?.clusterUuid]).toEqual(["8d2Xn1hTQfGvVZqZ3nKkQw", undefined]);
    expect(decodeJson({ snapshots: [], cluster_id: "c".repeat(2_000) }).clusterUuid).toBeUndefined();
  });

  it("reads only the snapshot names from a 2.x root", () => {
    const root = decodeJson({ snapshots: ["snap-1"] }, "index");
    expect(root).toMatchObject({ generation: -1, key: "index", indices: [] });
    expect(root.snapshots).toEqual([{ name: "snap-1", uuid: "snap-1", state: undefined, version: undefined, startTime: undefined }]);
  });

  it("reads the version from index_version where `version` is frozen", async () => {
    const { root } = await openRepository(storeOf(fixtureRepository("es-9.2.0/repo").blobs));
    expect(root?.snapshots.map(({ version }) => version)).toEqual(["9.2.0", "9.2.0", "9.2.0", "9.2.0"]);
    expect(root?.snapshots[0]?.startTime).toEqual(new Date(1795222800721));
    expect(root?.repositoryUuid).toBe("5KNUA4vtTueTSMN_wQGLqA");
  });

  it("resolves the metadata blob and the shard generations of each index", async () => {
    const { root } = await openRepository(storeOf(fixtureRepository("es-7.10.2/repo").blobs));
    expect(root?.indexMetadata["3cmNKrptSZyJnIOTu-DIUw"]?.["DTdreM68Trm26--CYTDWvw"]).toBe("gO2d-6EBPcdFuIeIqzvS");
    expect(root?.indices.find(({ name }) => name === "fx-unalloc")?.shardGenerations).toEqual(["_new"]);
  });

  it("rejects a layout that requires an unknown, newer Elasticsearch, given as text or as a number", () => {
    expect(() => decodeJson({ snapshots: [], min_version: "9.9.0" })).toThrow("whose layout is unknown here");
    expect(() => decodeJson({ snapshots: [], min_version: 9_090_099 })).toThrow("whose layout is unknown here");
    for (const min_version of ["7.12.1", "7.13.0", "8.0.0"])
      expect(() => decodeJson({ snapshots: [], min_version })).toThrow(`asks for Elasticsearch ${min_version} or newer`);
    expect(decodeJson({ snapshots: [], min_version: 7_120_099 }).minVersion).toBe("7.12.0");
  });

  it.each(["index.latest", "index-01", "index--1", "indices/a/0/index-1", ""])("rejects %j, which is the name of no root", (key) => {
    expect(() => decodeRoot(key, Buffer.from('{"snapshots":[],"indices":{}}'))).toThrow("this is not the name of a root");
  });

  it("reads the version of each snapshot in every notation", () => {
    const versionsOf = (...snapshots: object[]) =>
      decodeJson({ snapshots: snapshots.map((more, at) => ({ name: `s${at}`, uuid: `u${at}`, state: 1, ...more })) }).snapshots.map(
        ({ version }) => version,
      );
    expect(versionsOf({ version: "7.10.2" }, { version: "8.9.0", index_version: 8_512_000 }, {}, { version: "2.11.0" })).toEqual([
      ...["7.10.2", "8.15.0", undefined, "OpenSearch 2.11.0"],
    ]);
    expect(versionsOf({ version: "2.4.6", name: "old", uuid: "old" })).toEqual(["2.4.6"]);
  });

  it("rejects a root with an index below hashed paths, as OpenSearch can write it", () => {
    const written = (type: unknown) => ({ snapshots: [good], indices: { i: { id: "i", snapshots: ["good"], shard_path_type: type } } });
    expect(decodeJson(written(0)).indices[0]?.fault).toBeUndefined();
    for (const type of [1, 2, "HASHED_PREFIX"]) expect(() => decodeJson(written(type))).toThrow(`shard_path_type ${type}: OpenSearch`);
  });

  it.each([
    ["a truncated root", '{"snapshots":[{"na'],
    ["a root that is not an object", "[]"],
    ["a root without snapshots", "{}"],
    ["snapshots that are no list", { snapshots: {} }],
    ["indices that are no object", { snapshots: [], indices: [] }],
    ["snapshots that are a number", { snapshots: 7 }],
    ["snapshots that are nothing", { snapshots: null }],
    ["indices that are a number", { snapshots: [], indices: 7 }],
    ["identifiers that are a list", { snapshots: [], indices: {}, index_metadata_identifiers: [] }],
    ["identifiers that are a text", { snapshots: [], indices: {}, index_metadata_identifiers: "x" }],
    ["a layout that is a list", { snapshots: [], min_version: [] }],
    ["a uuid that is a number", { snapshots: [], uuid: 7 }],
  ])("rejects %s", (_, json) => {
    expect(() => decodeJson(json)).toThrow(expect.objectContaining({ code: "invalid" }));
  });

  const entry = (more: string) => `{"snapshots":[{"name":"a","uuid":"a"${more}}],"indices":{}}`;
  it.each([
    ["a number that is none", entry(',"end_time_millis":16x9'), 57],
    ["a number with a leading zero", entry(',"x":01'), 42],
    ["a control character in an unknown text", entry(',"x":"a\u0001"'), 43],
    ["an escape that is none", entry(',"x":"\\q"'), 42],
    ["an unknown member that is cut", `{"x":tru,${entry("").slice(1)}`, 5],
    ["an unknown list that is closed as an object", `{"x":[1,[2}],${entry("").slice(1)}`, 10],
    ["a list with a comma too many", `{"x":[1,],${entry("").slice(1)}`, 8],
  ])("rejects %s with its place, though nothing reads it, as Elasticsearch does", (_, json, offset) => {
    expect(() => decodeJson(json)).toThrow(new RegExp(`^index-1: no JSON, it may be cut at byte ${offset}$`));
    expect(() => subsetRoot(Buffer.from(json), ["a"])).toThrow(expect.objectContaining({ code: "invalid" }));
  });

  it("rejects text that is not UTF-8 in an unknown member, with its place", () => {
    for (const before of ["", "€".repeat(5_000)]) {
      const bytes = Buffer.from(entry(`,"x":"${before}ä"`));
      const at = bytes.indexOf(0xc3);
      bytes[at + 1] = 0x41;
      expect(() => decodeRoot("index-1", bytes)).toThrow(`index-1: text is not UTF-8 at byte ${at}`);
      expect(() => subsetRoot(bytes, ["a"])).toThrow(`text is not UTF-8 at byte ${at}`);
    }
  });

  it.each([
    ["snapshots", `{"snapshots":[],${entry("").slice(1)}`],
    ["name", entry(',"name":"b"')],
    ["name", entry(',"n\\u0061me":"b"')],
    [
      "movies",
      '{"snapshots":[{"name":"a","uuid":"a"}],"indices":{"movies":{"id":"i","snapshots":["a"]},"movies":{"id":"j","snapshots":[]}}}',
    ],
    ["deep", entry(',"x":[{"y":{"deep":1,"other":[],"deep":{}}}]')],
  ])("rejects the member %s twice in one object, as Elasticsearch does", (name, json) => {
    expect(() => decodeJson(json)).toThrow(`the member "${name}" is there twice`);
    expect(() => subsetRoot(Buffer.from(json), ["a"])).toThrow(`the member "${name}" is there twice`);
  });

  it("takes one name in objects beside and within each other", () => {
    expect(decodeJson(entry(',"x":{"name":{"name":[{"name":1},{"name":2}]}}')).snapshots).toMatchObject([{ name: "a", uuid: "a" }]);
  });

  it("reads a root behind a byte order mark, as Elasticsearch does", () => {
    const bytes = Buffer.from(`\ufeff${entry("")}`);
    expect(decodeRoot("index-1", bytes).snapshots).toMatchObject([{ name: "a" }]);
    expect(subsetRoot(bytes, ["a"]).toString()).toBe(entry(""));
  });

  it("counts a long name before the next is read, twice if a character is beyond Latin-1", () => {
    const entry = { id: "i", snapshots: [] };
    const spends = (name: string) => {
      const budget = rootBudget("index-1");
      for (let count = 0; count < 1_700; count += 1) readIndex(name, entry, "index-1", budget);
    };
    const long = "a".repeat(70_000);
    expect(() => spends(long)).not.toThrow();
    expect(() => spends(`€${long}`)).toThrow("would take more than 224 MB of memory");
  });

  it.each([
    ["an unknown state", { name: "bad", uuid: "a", state: 9 }, "index-1: snapshots[1].state: state 9 is unknown"],
    [
      "a uuid that leaves its folder",
      { name: "bad", uuid: "../a", state: 1 },
      'index-1: snapshots[1].uuid: "../a" cannot be part of a key',
    ],
    ["a uuid with a slash", { name: "bad", uuid: "a/b", state: 1 }, 'index-1: snapshots[1].uuid: "a/b" cannot be part of a key'],
    ["no uuid", { name: "bad", state: 1 }, "index-1: snapshots[1].uuid: a text expected, nothing found"],
    [
      "a metadata identifier that is not listed",
      { name: "bad", uuid: "a", state: 1, index_metadata_lookup: { i: "x" } },
      '"x" is not among',
    ],
    [
      "a metadata identifier of no blob",
      { name: "bad", uuid: "a", state: 1, index_metadata_lookup: { i: "none" } },
      "index_metadata_lookup of bad: a text expected, null found",
    ],
    ["a state that is no number", { name: "bad", uuid: "a", state: "1" }, "index-1: snapshots[1].state: a whole number from 0"],
    ["a start time that is no number", { name: "bad", uuid: "a", state: 1, start_time_millis: "x" }, "start_time_millis: a whole number"],
  ])("reads the others when one snapshot has %s, and never takes it for a good one", (_, bad, fault) => {
    const { snapshots, indexMetadata } = decodeJson({
      snapshots: [{ ...good, index_metadata_lookup: { i: "one" } }, bad],
      indices: { i: { id: "i", snapshots: ["good"] } },
      index_metadata_identifiers: { one: "blob", none: null },
    });
    expect({ ...indexMetadata }).toEqual({ good: { i: "blob" } });
    expect(snapshots.map(({ name, state }) => [name, state])).toEqual([
      ["good", "SUCCESS"],
      ["bad", undefined],
    ]);
    expect(snapshots[1]).toMatchObject({ fault: expect.stringContaining(fault), startTime: undefined });
    expect(classifyKey(`snap-${snapshots[1]?.uuid}.dat`).kind).toBe("snapshot");
  });

  it("replaces a uuid that cannot be part of a key in the lists of indices too", () => {
    const { snapshots, indices } = decodeJson({
      snapshots: [good, { ...good, uuid: "a/b" }],
      indices: { i: { id: "i", snapshots: ["a/b", "good"] } },
    });
    expect(snapshots[1]?.uuid).toMatch(/^unreadable-[0-9a-f]{16}$/);
    expect(indices[0]?.snapshots).toEqual([snapshots[1]?.uuid, "good"]);
  });

  it("names an entry by its place when it is no snapshot at all", () => {
    const { snapshots } = decodeJson({ snapshots: [null, 7, good] });
    expect(snapshots.map(({ name }) => name)).toEqual(["snapshots[0]", "snapshots[1]", "good"]);
    expect(new Set(snapshots.map(({ uuid }) => uuid)).size).toBe(3);
  });

  it("trusts neither of two snapshots with one uuid", () => {
    const { snapshots } = decodeJson({
      snapshots: [
        { ...good, name: "a" },
        { ...good, name: "b" },
        { ...good, uuid: "other" },
      ],
    });
    expect(snapshots.map(({ startTime }) => startTime)).toEqual([undefined, undefined, new Date(1)]);
    expect(snapshots.map(({ state, fault }) => [state, fault])).toEqual([
      [undefined, "index-1: snapshots[1]: snapshot good is listed twice"],
      [undefined, "index-1: snapshots[1]: snapshot good is listed twice"],
      ["SUCCESS", undefined],
    ]);
    expect(new Set(snapshots.map(({ uuid }) => uuid)).size).toBe(3);
    expect(snapshots[1]?.uuid).toMatch(/^unreadable-[0-9a-f]{16}$/);
  });

  it("reads names with an end of line as they are", () => {
    const { snapshots, indices } = decodeJson({
      snapshots: [{ ...good, name: "a\nb" }],
      indices: { "i\u2028j": { id: "i", snapshots: ["good"] } },
    });
    expect(snapshots[0]).toMatchObject({ name: "a\nb", state: "SUCCESS" });
    expect(indices[0]?.name).toBe("i\u2028j");
  });

  it.each([
    ["an id that leaves its folder", { id: "..", snapshots: ["good"] }, 'indices.bad.id: ".." cannot be part of a key'],
    ["snapshots that are no list", { id: "x", snapshots: 7 }, "indices.bad.snapshots: a list expected"],
    ["shard generations that are no texts", { id: "x", snapshots: ["good"], shard_generations: [{}] }, "a text expected"],
  ])("reads the others when one index has %s", (_, bad, fault) => {
    const { indices } = decodeJson({ snapshots: [good], indices: { bad, i: { id: "i", snapshots: ["good"] } } });
    expect(indices.map(({ name, fault }) => [name, fault])).toEqual([
      ["bad", expect.stringContaining(fault)],
      ["i", undefined],
    ]);
    expect(classifyKey(`indices/${indices[0]?.id}/0/__a`).kind).toBe("data");
    expect(indices[0]?.snapshots).toEqual(Array.isArray(bad.snapshots) ? ["good"] : []);
    expect(indices[0]?.id).toMatch(bad.id === ".." ? /^unreadable-[0-9a-f]{16}$/ : /^x$/);
  });
});

describe("subsetRoot", () => {
  for (const repository of fixtureRepositories()) {
    it(`leaves a root from which the kept snapshot alone can be restored (${repository.name})`, async () => {
      const { root, rootBytes } = await openRepository(storeOf(repository.blobs));
      if (root === undefined || rootBytes === undefined || root.key === "index") return expect(root?.key).toBe("index");
      for (const { uuid } of root.snapshots.filter(({ state }) => state === "SUCCESS")) {
        const { closure } = await proveSnapshot(storeOf(repository.blobs), { uuid, level: "names" });
        const needed = await closureBlobs(repository.blobs, { uuid });
        const kept = new Map(needed.map(({ key }) => [key, repository.blobs.get(key) as Uint8Array]));
        const store = storeOf(kept.set(root.key, subsetRoot(rootBytes, [uuid])));
        const proof = await proveSnapshot(store, { uuid, level: "contents" });
        expect(proof).toMatchObject({ verdict: "whole", closure: { digest: closure?.digest } });
        expect((await openRepository(store)).root?.snapshots.map((snapshot) => snapshot.uuid)).toEqual([uuid]);
      }
    });
  }

  it("drops only the indices and metadata identifiers that no kept snapshot references", () => {
    const bytes = fixtureRepository("es-7.10.2/repo").blobs.get("index-5") as Uint8Array;
    const [before, after] = [bytes, subsetRoot(bytes, ["3cmNKrptSZyJnIOTu-DIUw"])].map((json) => JSON.parse(Buffer.from(json).toString()));
    expect(after.snapshots).toEqual([before.snapshots[0]]);
    expect(Object.keys(after.indices)).toEqual(["fx-logs", "fx-orders"]);
    expect(after.indices["fx-logs"]).toEqual({ ...before.indices["fx-logs"], snapshots: ["3cmNKrptSZyJnIOTu-DIUw"] });
    expect(Object.values(after.index_metadata_identifiers)).toEqual(["gO2d-6EBPcdFuIeIqzvS", "f-2d-6EBPcdFuIeIqzvK"]);
    expect(after.min_version).toBe("7.9.0");
  });

  it("returns the same catalogue when every snapshot is kept", () => {
    const bytes = fixtureRepository("es-9.2.0/repo").blobs.get("index-5") as Uint8Array;
    const uuids = decodeRoot("index-5", bytes).snapshots.map(({ uuid }) => uuid);
    expect(Buffer.from(subsetRoot(bytes, uuids)).equals(Buffer.from(bytes))).toBe(true);
  });

  it("passes on what it does not know, and drops entries that no kept snapshot needs, whatever they are", () => {
    const json = `{"x":[{},1.0],"snapshots":[null,{"uuid":"b/c"}, {"uuid":"a","y":1e2}],"indices":{"bad":7,"i":{"snapshots":["a","b/c"],"z":{}}}}`;
    expect(Buffer.from(subsetRoot(Buffer.from(json), ["a"])).toString()).toBe(
      `{"x":[{},1.0],"snapshots":[{"uuid":"a","y":1e2}],"indices":{"i":{"snapshots":["a"],"z":{}}}}`,
    );
  });

  const subset = (json: string, keep: string[], options = {}) => Buffer.from(subsetRoot(Buffer.from(json), keep, options)).toString();

  it("may be empty if that is asked for", () => {
    const json = '{"snapshots":[{"uuid":"a"}],"indices":{"i":{"snapshots":["a"]}},"index_metadata_identifiers":{"x":"y"}}';
    expect(subset(json, [], { empty: true })).toBe('{"snapshots":[],"indices":{},"index_metadata_identifiers":{}}');
    expect(() => subset(json, [])).toThrow("no snapshot would be left");
    expect(() => subset(json, ["a", "b"], { empty: true })).toThrow("does not list b");
  });

  it("keeps the identifiers that are needed, also those before the snapshots", () => {
    const snapshots = '"snapshots":[{"uuid":"a","index_metadata_lookup":{"i":"x"}},{"uuid":"b","index_metadata_lookup":{"i":"y"}}]';
    const [identifiers, indices] = ['"index_metadata_identifiers":{"x":"1","y":"2"}', '"indices":{}'];
    const kept = '"snapshots":[{"uuid":"a","index_metadata_lookup":{"i":"x"}}]';
    expect(subset(`{${snapshots},${identifiers},${indices}}`, ["a"])).toBe(`{${kept},"index_metadata_identifiers":{"x":"1"},${indices}}`);
    expect(subset(`{${identifiers},${snapshots},${indices}}`, ["a"])).toBe(`{${kept},${indices},"index_metadata_identifiers":{"x":"1"}}`);
    expect(subset(`{${identifiers},"snapshots":[{"uuid":"a"}],${indices}}`, ["a"])).toBe(
      `{"snapshots":[{"uuid":"a"}],${indices},"index_metadata_identifiers":{}}`,
    );
    expect(subset(`{${kept},${indices},"index_metadata_identifiers":null}`, ["a"])).toBe(
      `{${kept},${indices},"index_metadata_identifiers":null}`,
    );
  });

  it.each([
    ["a snapshot that is listed twice", '{"snapshots":[{"uuid":"a"},{"uuid":"a"}],"indices":{}}', "snapshots: snapshot a is listed twice"],
    ["no list of snapshots", '{"indices":{}}', "snapshots: a list expected"],
    ["snapshots that are nothing", '{"snapshots":null,"indices":{}}', "snapshots: a list expected"],
    ["snapshots that are an object", '{"snapshots":{},"indices":{}}', "snapshots: a list expected"],
    ["no indices", '{"snapshots":[{"uuid":"a"}]}', "indices: an object expected"],
    ["indices that are nothing", '{"snapshots":[{"uuid":"a"}],"indices":null}', "indices: an object expected"],
    ["indices that are a list", '{"snapshots":[{"uuid":"a"}],"indices":[]}', "indices: an object expected"],
    [
      "identifiers that are a number",
      '{"snapshots":[{"uuid":"a"}],"indices":{},"index_metadata_identifiers":7}',
      "index_metadata_identifiers: an object expected",
    ],
    ["a list", "[]", "an object expected"],
  ])("rejects a root with %s", (_, json, message) => {
    expect(() => subset(json, ["a"])).toThrow(message);
  });

  it("rejects an empty selection, a uuid that is not listed, and a 2.x root", () => {
    const bytes = fixtureRepository("es-9.2.0/repo").blobs.get("index-5") as Uint8Array;
    expect(() => subsetRoot(bytes, [])).toThrow("at least one uuid");
    expect(() => subsetRoot(bytes, ["nobody"])).toThrow("does not list nobody");
    expect(() => subsetRoot(Buffer.from('{"snapshots":["a"]}'), ["a"])).toThrow(expect.objectContaining({ code: "invalid" }));
  });
});
