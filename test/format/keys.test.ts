import { describe, expect, it } from "vitest";
import { classifyKey, compareKeys, isCounterNamed, rootGenerationOf } from "../../shared/format/keys.ts";
import { versionName } from "../../shared/format/version.ts";
import { fc, test } from "./propertyTest.ts";

describe("keys", () => {
  it.each([
    ["index-7", 7],
    ["index-0", 0],
    ["index-10", 10],
    ["index", undefined],
    ["index.latest", undefined],
    ["index-007", undefined],
    ["index--1", undefined],
    ["index-7x", undefined],
    ["indices/a/0/index-3", undefined],
    ["incompatible-snapshots", undefined],
  ])("maps %s to generation %s", (key, generation) => {
    expect(rootGenerationOf(key)).toBe(generation);
  });

  it.each([
    ["index-7", { kind: "root", generation: 7 }],
    ["index", { kind: "legacyRoot" }],
    ["index.latest", { kind: "latest" }],
    ["snap-a.dat", { kind: "snapshot" }],
    ["meta-a.dat", { kind: "globalMetadata" }],
    ["indices/-Ou6/meta-x.dat", { kind: "indexMetadata", indexId: "-Ou6" }],
    ["indices/_a/0/snap-x.dat", { kind: "shardSnapshot", indexId: "_a", shard: 0 }],
    ["indices/a/12/index-3", { kind: "shardCatalogue", indexId: "a", shard: 12 }],
    ["indices/a/0/___s2lKy-abcdefghijklm.part3", { kind: "data", indexId: "a", shard: 0 }],
    ["indices/a/00/__1", { kind: "other" }],
    ["indices/a/0/__1/more", { kind: "other" }],
    ["incompatible-snapshots", { kind: "other" }],
    ["tests-abc/master.dat", { kind: "other" }],
  ])("classifies %s as %o", (key, classified) => {
    expect(classifyKey(key)).toEqual(classified);
  });

  it.each([
    ["indices/a/0/__7", true],
    ["__1a.part12", true],
    ["__zzzzzzzzzzzzz", true],
    ["__KbJhyWYLQ7ywNOeri6EaWA", false],
    ["__abcdefghijklmnopqrstuv", false],
    ["snap-a.dat", false],
  ])("detects whether %s is named by a counter: %s", (key, counted) => {
    expect(isCounterNamed(key)).toBe(counted);
  });

  test("sort in UTF-8 byte order", [fc.string({ unit: "binary" }), fc.string({ unit: "binary" })], (a, b) => {
    expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
  });

  it.each([
    [2040699, "2.4.6"],
    [5061699, "5.6.16"],
    [7100299, "7.10.2"],
    [8090099, "8.9.0"],
    [8521000, "8.17.0"],
    [9039001, "9.2.0"],
    [9999000, "9.x-9999000"],
    [135217827, "OpenSearch 1.0.0"],
    [136327827, "OpenSearch 2.11.0"],
    [137217827, "OpenSearch 3.0.0"],
  ])("names version id %s %s", (id, name) => {
    expect(versionName(id)).toBe(name);
  });
});
