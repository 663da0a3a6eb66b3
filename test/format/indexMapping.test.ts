import { describe, expect, it } from "vitest";
import { decodeIndexMapping } from "../../shared/format/indexMapping.ts";
import { mappingHash } from "../../shared/model/mappings/mappingHash.ts";
import { encodeContainer } from "./encoding/encodeContainer.ts";
import { fixtureRepository } from "./fixtureRepositories.ts";

const decode = (entry: unknown) => decodeIndexMapping(encodeContainer("index-metadata", { movies: entry }), "meta");

describe("decodeIndexMapping", () => {
  it("returns the mapping of each type, and none without one", () => {
    const order = { properties: { sum: { type: "double" } } };
    expect(decode({ mappings: [{ order }, { customer: {} }] })).toEqual({ order, customer: {} });
    expect(decode({ mappings: [] })).toEqual({});
    expect(decode({})).toEqual({});
  });

  it.each([
    ["a mapping that is no object", { mappings: ["order"] }],
    ["mappings that are no list", { mappings: { order: {} } }],
    ["an index that is none", 1],
  ])("refuses %s", (_what, entry) => {
    expect(() => decode(entry)).toThrow(expect.objectContaining({ code: "invalid" }));
  });

  it("finds the same mapping in a compressed repository and in one that is not", () => {
    const hashes = ["es-5.5.2-compress/repo", "es-5.5.2-nocompress/repo"].map((name) => {
      const blobs = [...fixtureRepository(name).blobs].filter(([key]) => /^indices\/[^/]+\/meta-/.test(key));
      expect(blobs.length).toBeGreaterThan(0);
      return new Set(blobs.map(([key, bytes]) => mappingHash(decodeIndexMapping(bytes, key))));
    });
    expect(hashes[0]).toEqual(hashes[1]);
  });
});
