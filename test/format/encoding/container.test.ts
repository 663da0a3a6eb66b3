import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type Codec, decodeContainer, FILE_LIST } from "../../../shared/format/encoding/container.ts";
import type { Wanted } from "../../../shared/format/encoding/smileSkip.ts";
import { decodeIndexMetadata } from "../../../shared/format/indexMetadata.ts";
import { classifyKey } from "../../../shared/format/keys.ts";
import { decodeShardCatalogue } from "../../../shared/format/shardCatalogue.ts";
import { decodeShardSnapshot } from "../../../shared/format/shardSnapshot.ts";
import { decodeSnapshotRecord } from "../../../shared/format/snapshotRecord.ts";
import { fixtureRepositories } from "../fixtureRepositories.ts";
import { encodeContainer, wrapPayload } from "./encodeContainer.ts";

const DECODERS: Record<string, (bytes: Uint8Array, subject: string) => unknown> = {
  snapshot: decodeSnapshotRecord,
  globalMetadata: (bytes, subject) => decodeContainer(bytes, "metadata", subject),
  indexMetadata: decodeIndexMetadata,
  shardSnapshot: decodeShardSnapshot,
  shardCatalogue: decodeShardCatalogue,
};

describe("decodeContainer", () => {
  for (const repository of fixtureRepositories()) {
    it(`decodes every metadata blob of ${repository.name}`, () => {
      const decoded = new Set<string>();
      for (const [key, bytes] of repository.blobs) {
        const { kind } = classifyKey(key);
        const decode = DECODERS[kind];
        if (decode === undefined) continue;
        decode(bytes, key);
        decoded.add(kind);
      }
      expect([...decoded].sort()).toEqual(Object.keys(DECODERS).sort());
    });
  }

  it("reads raw, deflated and JSON payloads by their first bytes", () => {
    expect(decodeContainer(encodeContainer("metadata", { a: 1 }), "metadata", "m")).toEqual({ a: 1 });
    expect(decodeContainer(encodeContainer("metadata", { a: 1 }, true), "metadata", "m")).toEqual({ a: 1 });
    expect(decodeContainer(wrapPayload("metadata", Buffer.from('{"a":1}')), "metadata", "m")).toEqual({ a: 1 });
  });

  it("reports both checksums when a bit is flipped", () => {
    const bytes = encodeContainer("metadata", { a: 1 });
    bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
    const params = { subject: "m", expected: expect.stringMatching(/^[0-9a-f]{8}$/), found: expect.stringMatching(/^[0-9a-f]{8}$/) };
    expect(() => decodeContainer(bytes, "metadata", "m")).toThrow(
      expect.objectContaining({ code: "invalid", reason: { code: "format.crc32", params } }),
    );
  });

  const good = encodeContainer("metadata", { a: 1 });
  it.each<[string, Uint8Array, Codec]>([
    ["another codec", good, "snapshot"],
    ["the LZF compression of 1.x", wrapPayload("metadata", Buffer.from("ZV\x01")), "metadata"],
    ["an unknown payload", wrapPayload("metadata", Buffer.from("<xml/>")), "metadata"],
    ["broken JSON", wrapPayload("metadata", Buffer.from("{")), "metadata"],
    ["a broken deflate stream", wrapPayload("metadata", Buffer.from("DFL\0\xff\xff")), "metadata"],
    ["an empty blob", new Uint8Array(0), "metadata"],
    ["a truncated blob", good.subarray(0, -1), "metadata"],
    ["a blob with trailing bytes", Buffer.concat([good, Buffer.from([0])]), "metadata"],
  ])("rejects %s", (_, bytes, codec) => {
    expect(() => decodeContainer(bytes, codec, "m")).toThrow(expect.objectContaining({ code: "invalid" }));
  });

  it("says what a payload is not", () => {
    const read = (payload: string) => () => decodeContainer(wrapPayload("metadata", Buffer.from(payload)), "metadata", "m");
    expect(read("<xml/>")).toThrow("m: payload is neither SMILE nor JSON");
    expect(read("")).toThrow("m: payload is neither SMILE nor JSON");
    expect(read("ZV\x01")).toThrow("m: LZF compression of Elasticsearch 1.x is not supported");
    expect(read("{")).toThrow("m: payload is not JSON: ");
  });

  it("inflates metadata to anything within the size limit, because equal templates deflate to a thousandth", () => {
    const deflated = (json: string) => wrapPayload("metadata", Buffer.concat([Buffer.from("DFL\0"), deflateRawSync(Buffer.from(json))]));
    expect(decodeContainer(deflated(`{"a":1${" ".repeat(40 * 1024 * 1024)}}`), "metadata", "m")).toEqual({ a: 1 });
    expect(() => decodeContainer(deflated(`{"a":1${" ".repeat(49 * 1024 * 1024)}}`), "metadata", "m")).toThrow("cannot be inflated");
  });

  it("inflates a file list to thirty times its size, and its values take three hundred times that, unless it is small", () => {
    const list = (count: number) => {
      const files = Array.from({ length: count }, (_, at) => ({
        name: `__${at}`,
        physical_name: `_${at}.cfs`,
        length: at,
        checksum: "1abcde",
      }));
      return encodeContainer("snapshot", { name: "s", files }, true);
    };
    const read = (bytes: Buffer) => decodeContainer(bytes, "snapshot", "l", { proportions: FILE_LIST }) as { files: unknown[] };
    for (const count of [100, 1_000, 20_000]) expect(read(list(count)).files).toHaveLength(count);
    const equal = (value: unknown) => encodeContainer("snapshot", { name: "s", files: Array(10_000).fill(value) }, true);
    expect(() => read(equal({}))).toThrow("its values would take more than 1 MB of memory");
    expect(() => read(equal("x".repeat(60)))).toThrow("cannot be inflated to at most");
  });

  it("decodes only the parts that are wanted, and finds the faults of the others' structure", () => {
    const value = {
      a: { b: [1, "x", { c: Buffer.from([1, 2, 3]) }], d: 2n ** 70n, e: 1.5, f: "y".repeat(100) },
      g: [{ h: 1, i: 2 }],
      j: null,
    };
    const bytes = encodeContainer("metadata", value);
    const read = (wanted: Wanted) => decodeContainer(bytes, "metadata", "m", { wanted });
    expect(read(true)).toEqual(value);
    expect(read({})).toEqual({});
    expect(read({ fields: { g: { items: { fields: { i: true } } }, j: true } })).toEqual({ g: [{ i: 2 }], j: null });
    expect(read({ each: {} })).toEqual({ a: {}, g: [], j: null });
    expect(read({ fields: { a: { fields: { d: true, f: true } } } })).toEqual({ a: { d: 2n ** 70n, f: "y".repeat(100) } });
    const cut = wrapPayload("metadata", Buffer.from([0x3a, 0x29, 0x0a, 0x05, 0xfa, 0x80, 0x61, 0xf8, 0x21]));
    expect(() => decodeContainer(cut, "metadata", "m", { wanted: {} })).toThrow("more bytes expected");
    const token = wrapPayload("metadata", Buffer.from([0x3a, 0x29, 0x0a, 0x05, 0xfa, 0x80, 0x61, 0xff, 0xfb]));
    expect(() => decodeContainer(token, "metadata", "m", { wanted: {} })).toThrow("unknown value token 0xff");
  });

  it("stops inflating a deflate bomb at the size limit", () => {
    const bomb = Buffer.concat([Buffer.from("DFL\0"), deflateRawSync(Buffer.alloc(257 * 1024 * 1024), { level: 1 })]);
    expect(() => decodeContainer(wrapPayload("metadata", bomb), "metadata", "m")).toThrow("cannot be inflated");
  });
});
