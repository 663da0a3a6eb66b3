import { describe, expect, it } from "vitest";
import { decodeIndexMetadata, type IndexMetadata } from "../../shared/format/indexMetadata.ts";
import { encodeContainer, wrapPayload } from "./encoding/encodeContainer.ts";

const SETTINGS = { "index.number_of_shards": "2", "index.version.created": "5050299" };

function decode(fields: Record<string, unknown>): IndexMetadata {
  return decodeIndexMetadata(encodeContainer("index-metadata", { movies: { settings: SETTINGS, ...fields } }), "meta");
}

describe("decodeIndexMetadata", () => {
  it("returns shards, replicas, created version, types and aliases", () => {
    const decoded = decode({ mappings: [{ order: {} }, { customer: {} }], aliases: { current: {} } });
    expect(decoded).toMatchObject({
      name: "movies",
      shards: 2,
      replicas: 0,
      createdVersion: "5.5.2",
      mappingTypes: ["order", "customer"],
      aliases: ["current"],
    });
  });

  it("refuses a setting that is nested too deep to be written as text, and takes a list", () => {
    const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
    const of = (value: string) => {
      const settings = `{"index.number_of_shards":"2","index.version.created":"5050299","x":${value}}`;
      const document = Buffer.from(`{"movies":{"settings":${settings}}}`);
      return decodeIndexMetadata(wrapPayload("index-metadata", document), "meta");
    };
    expect(of('["a",1]').settings.x).toBe('["a",1]');
    expect(of(nested(100)).settings.x).toBe(nested(100));
    for (const depth of [101, 5000])
      expect(() => of(nested(depth))).toThrow(
        expect.objectContaining({ code: "invalid", message: expect.stringContaining("nested deeper") }),
      );
  });

  it("refuses settings that are small as they are stored and huge as text, before they are written as text", () => {
    const of = (x: unknown) => decode({ settings: { ...SETTINGS, x } });
    const shared = "\u0001".repeat(64);
    const tooMuch = expect.objectContaining({ code: "invalid", message: expect.stringContaining("as text they have more than 16 MB") });
    const long = Buffer.from(JSON.stringify({ movies: { settings: { ...SETTINGS, x: [shared.repeat(50_000)] } } }));
    expect(() => decodeIndexMetadata(wrapPayload("index-metadata", long), "meta")).toThrow(tooMuch);
    expect(() => of(Array(50_000).fill(shared))).toThrow(tooMuch);
    expect(() => of(Object.fromEntries(Array.from({ length: 50_000 }, (_, name) => [name, shared])))).toThrow(tooMuch);
    expect(() => of([new Uint8Array(8)])).toThrow("a binary value");
    expect(JSON.parse(of([shared, '"', "\ud83d\ude00", 1.5, null, { a: true }]).settings.x ?? "")).toEqual([
      ...[shared, '"', "\ud83d\ude00", 1.5, null],
      { a: true },
    ]);
  });

  it("returns the analyzers and normalizers that mappings name, but not fields of that name", () => {
    const title = { type: "text", analyzer: "ik_max_word", fields: { raw: { type: "keyword", normalizer: "low" } } };
    const analyzer = { type: "text", search_analyzer: "english" };
    const mapping = {
      _meta: { analyzer: "note" },
      properties: { title, analyzer },
      dynamic_templates: [{ t: { mapping: { analyzer: "zh" } } }],
      nothing: null,
      binary: new Uint8Array(3),
    };
    expect(decode({ mappings: [{ movie: mapping }] }).analyzers).toEqual(["english", "ik_max_word", "low", "zh"]);
    expect(decode({ mappings: [{ movie: {} }] })).not.toHaveProperty("analyzers");
  });

  it("returns the types of fields at every depth, and the metadata field of a plugin, but not fields named type or properties", () => {
    const title = { type: "text", fields: { hash: { type: "murmur3" } } };
    const cast = { type: "nested", properties: { type: { type: "keyword" }, properties: { properties: { id: { type: "long" } } } } };
    const mapping = { _size: { enabled: true }, _meta: { properties: { a: { type: "note" } } }, properties: { title, cast } };
    expect(decode({ mappings: [{ movie: mapping }] }).fieldTypes).toEqual(["_size", "keyword", "long", "murmur3", "nested", "text"]);
    for (const enabled of [true, "true"]) expect(decode({ mappings: [{ movie: { _size: { enabled } } }] }).fieldTypes).toEqual(["_size"]);
    for (const odd of [{ _size: { enabled: false } }, { _size: null }, { properties: null }, { properties: [{ type: "text" }] }, null, 7])
      expect(decode({ mappings: [{ movie: odd }] })).not.toHaveProperty("fieldTypes");
    expect(decode({ mappings: [{ movie: { properties: { a: null, b: 7, c: { type: "text" } } } }] }).fieldTypes).toEqual(["text"]);
  });

  it("reads a mapping with more fields at one level than a call takes arguments", () => {
    const properties = Object.fromEntries(Array.from({ length: 150_000 }, (_, index) => [`f${index}`, { type: "long" }]));
    expect(decode({ mappings: [{ movie: { properties } }] }).fieldTypes).toEqual(["long"]);
  });

  it("keeps two hundred types of fields at most, and a hundred characters of each: a mapping may name any number", () => {
    const long = "t".repeat(5_000);
    const properties = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`f${index}`, { type: `${index}-${long}` }]));
    const { fieldTypes = [] } = decode({ mappings: [{ movie: { properties: { ...properties } } }] });
    expect([fieldTypes.length, new Set(fieldTypes.map(({ length }) => length))]).toEqual([200, new Set([100])]);
  });

  it("keeps list and number settings as JSON and omits null", () => {
    const { settings } = decode({ settings: { ...SETTINGS, "index.a": ["x", 2n ** 60n], "index.b": 3, "index.c": null } });
    expect({ ...settings }).toEqual({ ...SETTINGS, "index.a": '["x","1152921504606846976"]', "index.b": "3" });
  });

  it.each<[string, Record<string, unknown>]>([
    ["metadata without a shard count", { settings: { "index.version.created": "5050299" } }],
    ["a shard count that is not a number", { settings: { ...SETTINGS, "index.number_of_shards": "two" } }],
    ["a shard count with more than digits", { settings: { ...SETTINGS, "index.number_of_shards": "2x" } }],
    ["a shard count with a sign", { settings: { ...SETTINGS, "index.number_of_shards": "-2" } }],
    ["a shard count beyond any limit", { settings: { ...SETTINGS, "index.number_of_shards": "1000000000" } }],
    ["mappings that are not objects", { mappings: [new Uint8Array(3)] }],
  ])("rejects %s", (_, fields) => {
    expect(() => decode(fields)).toThrow(expect.objectContaining({ code: "invalid" }));
  });
});
