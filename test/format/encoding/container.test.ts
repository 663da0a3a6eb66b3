import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type Codec, decodeContainer } from "../../../shared/format/encoding/container.ts";
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

  it("inflates a small payload to anything, and a large one to a hundred times its size", () => {
    const deflated = (json: string) => wrapPayload("metadata", Buffer.concat([Buffer.from("DFL\0"), deflateRawSync(Buffer.from(json))]));
    const [small, noise] = [1_000_000, Array.from({ length: 120_000 }, (_, index) => Math.imul(index, 0x9e3779b1).toString(36)).join("")];
    expect(decodeContainer(deflated(`{"a":1${" ".repeat(small)}}`), "metadata", "m")).toEqual({ a: 1 });
    const large = decodeContainer(deflated(`{"a":"${noise}"${" ".repeat(18 * 1024 * 1024)}}`), "metadata", "m");
    expect((large as { a: string }).a.length).toBe(noise.length);
    expect(() => decodeContainer(deflated(`{"a":1${" ".repeat(18 * 1024 * 1024)}}`), "metadata", "m")).toThrow("cannot be inflated");
  });

  it("takes the memory that the values of a small payload need, however well they are deflated", () => {
    const empty = Array.from({ length: 10_000 }, () => ({}));
    expect(decodeContainer(encodeContainer("metadata", empty, true), "metadata", "m")).toHaveLength(10_000);
    const many = Array.from({ length: 200_000 }, () => ({}));
    expect(() => decodeContainer(encodeContainer("metadata", many, true), "metadata", "m")).toThrow("of memory");
  });

  it("stops inflating a deflate bomb at the size limit", () => {
    const bomb = Buffer.concat([Buffer.from("DFL\0"), deflateRawSync(Buffer.alloc(257 * 1024 * 1024), { level: 1 })]);
    expect(() => decodeContainer(wrapPayload("metadata", bomb), "metadata", "m")).toThrow("cannot be inflated");
  });
});
