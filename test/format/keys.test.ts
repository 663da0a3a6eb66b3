import { describe, expect, it } from "vitest";
import { classifyKey, compareKeys, hidesRoot, isCounterNamed, rootGenerationOf } from "../../shared/format/keys.ts";
import { compareVersions, versionName } from "../../shared/format/version.ts";
import { fc, test } from "./propertyTest.ts";

describe("keys", () => {
  it.each([
    ["index-7", 7],
    ["index-0", 0],
    ["index-10", 10],
    ["index", undefined],
    ["index.latest", undefined],
    ["index-1000000000000", 1e12],
    ["index-1000000000001", undefined],
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
    ["indices/a/0/junk", { kind: "other" }],
    ["indices/a/junk", { kind: "other" }],
    ["indices/a", { kind: "other" }],
    ["folder/a/0/__1", { kind: "other" }],
    ["indices/a/0/__1/more", { kind: "other" }],
    ["incompatible-snapshots", { kind: "other" }],
    ["tests-abc/master.dat", { kind: "other" }],
  ])("classifies %s as %o", (key, classified) => {
    expect(classifyKey(key)).toStrictEqual(classified);
  });

  it.each([
    ["index-9007199254740991", 7, true],
    ["index-9223372036854775807", 7, true],
    ["index-9223372036854775808", 7, false],
    ["index-0099", 7, true],
    ["index-+99", 7, true],
    ["index-007", 7, false],
    ["index-008", 7, true],
    ["index--99", 7, false],
    ["index-99", 7, false],
    ["index-99x", 7, false],
    ["my-index-0099", 7, false],
    ["indices/a/0/index-0099", 7, false],
    ["index", -1, false],
  ])("detects whether Elasticsearch takes %s for a root above %i, and ossnap does not: %s", (key, highest, hides) => {
    expect(hidesRoot(key, highest)).toBe(hides);
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
    [8500003, "8.11.0"],
    [8500008, "8.12.0"],
    [8500010, "8.12.1"],
    [8503000, "8.13.0"],
    [8505000, "8.14.0"],
    [8512000, "8.15.0"],
    [8518000, "8.16.0"],
    [8525000, "8.18.0"],
    [8536000, "8.19.0"],
    [8537000, "8.19.9"],
    [9009000, "9.0.0"],
    [9033000, "9.1.0"],
    [9033001, "9.1.9"],
    [9039001, "9.2.0"],
    [9039002, "9.2.2"],
    [9039003, "9.2.3"],
    [9060001, "9.3.3"],
    [9060000, "9.3.0"],
    [8499999, "8.49.99"],
    [8500000, "8.x-8500000"],
    [9999000, "9.x-9999000"],
    [135217827, "OpenSearch 1.0.0"],
    [136327827, "OpenSearch 2.11.0"],
    [137217827, "OpenSearch 3.0.0"],
  ])("names version id %s %s", (id, name) => {
    expect(versionName(id)).toBe(name);
  });

  it.each([
    ["7.10.0", "7.9.9", 1],
    ["7.9.9", "7.10.0", -1],
    ["7.12", "7.12.0", 0],
    ["7.12.1", "7.12", 1],
    ["8.0.0-SNAPSHOT", "8.0.0", 0],
    ["9.x-9070000", "9.0.0", 1],
    ["7.x", "7.0", 0],
    ["7.1rc2", "7.0", 0],
    ["10.0.0", "9.9.9", 1],
  ])("compares version %s with %s: %i", (one, other, sign) => {
    expect(Math.sign(compareVersions(one, other))).toBe(sign);
    expect(Math.sign(compareVersions(other, one))).toBe(0 - sign);
  });
});
