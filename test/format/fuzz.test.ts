import { describe, expect } from "vitest";
import { type Codec, decodeContainer } from "../../shared/format/encoding/container.ts";
import { readFooter, verifyFooter } from "../../shared/format/encoding/luceneFooter.ts";
import { decodeSmile } from "../../shared/format/encoding/smile.ts";
import { decodeIndexMetadata } from "../../shared/format/indexMetadata.ts";
import { classifyKey } from "../../shared/format/keys.ts";
import { decodeRoot } from "../../shared/format/root.ts";
import { subsetRoot } from "../../shared/format/rootSubset.ts";
import { readSegmentDocuments, readSegments } from "../../shared/format/segments.ts";
import { decodeShardCatalogue } from "../../shared/format/shardCatalogue.ts";
import { decodeShardSnapshot } from "../../shared/format/shardSnapshot.ts";
import { decodeSnapshotRecord } from "../../shared/format/snapshotRecord.ts";
import { AppError } from "../../shared/model/errors.ts";
import { wrapPayload } from "./encoding/encodeContainer.ts";
import { fixtureRepository } from "./fixtureRepositories.ts";
import { fc, test } from "./propertyTest.ts";

type Decode = (bytes: Uint8Array) => unknown;

/** Reseals the payload with a valid checksum, so that damage reaches the decoder behind the container. */
function resealed(codec: Codec, decode: (bytes: Uint8Array, subject: string) => unknown): Decode {
  return (payload) => decode(wrapPayload(codec, payload), "fuzz");
}

const BEHIND_CHECKSUM: Record<string, { codec: Codec; decode: Decode }> = {
  snapshot: { codec: "snapshot", decode: resealed("snapshot", decodeSnapshotRecord) },
  globalMetadata: { codec: "metadata", decode: resealed("metadata", (bytes, subject) => decodeContainer(bytes, "metadata", subject)) },
  indexMetadata: { codec: "index-metadata", decode: resealed("index-metadata", decodeIndexMetadata) },
  shardSnapshot: { codec: "snapshot", decode: resealed("snapshot", decodeShardSnapshot) },
  shardCatalogue: { codec: "snapshots", decode: resealed("snapshots", decodeShardCatalogue) },
};

const DECODERS: Record<string, Decode> = {
  ...Object.fromEntries(Object.entries(BEHIND_CHECKSUM).map(([kind, { decode }]) => [kind, decode])),
  container: (bytes) => decodeContainer(bytes, "metadata", "fuzz"),
  smile: (bytes) => decodeSmile(bytes, "fuzz"),
  smileBody: (bytes) => decodeSmile(Buffer.concat([Buffer.from([0x3a, 0x29, 0x0a, 0x07]), bytes]), "fuzz"),
  root: (bytes) => decodeRoot("index-1", bytes),
  rootSubset: (bytes) => subsetRoot(bytes, ["a"]),
  footer: (bytes) => readFooter(bytes, "fuzz"),
  luceneFile: (bytes) => verifyFooter(bytes, "fuzz"),
  segments: (bytes) => readSegments(bytes, "fuzz"),
  segment: (bytes) => readSegmentDocuments(bytes, "fuzz"),
};

function endsTyped(decode: Decode, bytes: Uint8Array): void {
  try {
    decode(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).code).toBe("invalid");
  }
}

describe("decoders", () => {
  for (const [name, decode] of Object.entries(DECODERS)) {
    test(
      `${name} turns random bytes into a value or a typed error`,
      [fc.uint8Array({ maxLength: 300 })],
      (bytes) => endsTyped(decode, bytes),
      300,
    );
  }

  const real = realPayloads();
  const spot = fc.record({ at: fc.nat(), byte: fc.nat(255) });
  for (const [kind, { decode }] of Object.entries(BEHIND_CHECKSUM)) {
    const payloads = real.get(kind) ?? [];
    test(
      `${kind} turns real blobs with modified or truncated payloads into a value or a typed error`,
      [fc.nat(), fc.array(spot, { maxLength: 4 }), fc.nat()],
      (which, spots, cut) => {
        const payload = Buffer.from(payloads[which % payloads.length] as Uint8Array);
        for (const { at, byte } of spots) payload.writeUInt8(byte, at % payload.length);
        endsTyped(decode, cut % 3 === 0 ? payload.subarray(0, cut % payload.length) : payload);
      },
      300,
    );
  }
});

/** The header length depends on the codec name. */
function realPayloads(): Map<string, Uint8Array[]> {
  const payloads = new Map<string, Uint8Array[]>();
  for (const fixture of ["es-5.5.2-migration/step2", "es-7.10.2-exotic/repo"]) {
    for (const [key, bytes] of fixtureRepository(fixture).blobs) {
      const { kind } = classifyKey(key);
      const headerBytes = 9 + (BEHIND_CHECKSUM[kind]?.codec.length ?? 0);
      payloads.set(kind, [...(payloads.get(kind) ?? []), bytes.subarray(headerBytes, -16)]);
    }
  }
  return payloads;
}
