import { type Codec, decodeContainer } from "../../shared/format/encoding/container.ts";
import { readFooter, verifyFooter } from "../../shared/format/encoding/luceneFooter.ts";
import { decodeSmile } from "../../shared/format/encoding/smile.ts";
import { decodeIndexMapping } from "../../shared/format/indexMapping.ts";
import { decodeIndexMetadata } from "../../shared/format/indexMetadata.ts";
import { classifyKey } from "../../shared/format/keys.ts";
import { decodeRoot } from "../../shared/format/root.ts";
import { subsetRoot } from "../../shared/format/rootSubset.ts";
import { readSegmentDocuments, readSegmentFiles, readSegments } from "../../shared/format/segments.ts";
import { decodeShardCatalogue } from "../../shared/format/shardCatalogue.ts";
import { decodeShardSnapshot } from "../../shared/format/shardSnapshot.ts";
import { decodeSnapshotRecord } from "../../shared/format/snapshotRecord.ts";
import { wrapPayload } from "./encoding/encodeContainer.ts";
import { fixtureRepository } from "./fixtureRepositories.ts";

export type Decode = (bytes: Uint8Array) => unknown;

/** Reseals the payload with a valid checksum, so that damage reaches the decoder behind the container. */
function resealed(codec: Codec, decode: (bytes: Uint8Array, subject: string) => unknown): Decode {
  return (payload) => decode(wrapPayload(codec, payload), "fuzz");
}

/** Decoders of payloads behind a checksum, which is recomputed. */
export const BEHIND_CHECKSUM: Record<string, { codec: Codec; decode: Decode }> = {
  snapshot: { codec: "snapshot", decode: resealed("snapshot", decodeSnapshotRecord) },
  globalMetadata: { codec: "metadata", decode: resealed("metadata", (bytes, subject) => decodeContainer(bytes, "metadata", subject)) },
  indexMetadata: { codec: "index-metadata", decode: resealed("index-metadata", decodeIndexMetadata) },
  indexMapping: { codec: "index-metadata", decode: resealed("index-metadata", decodeIndexMapping) },
  shardSnapshot: { codec: "snapshot", decode: resealed("snapshot", decodeShardSnapshot) },
  shardCatalogue: { codec: "snapshots", decode: resealed("snapshots", decodeShardCatalogue) },
};

/** Every decoder of bytes from a bucket. */
export const DECODERS: Record<string, Decode> = {
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
  segmentFiles: (bytes) => readSegmentFiles(bytes, "_0", "fuzz"),
};

/** Payloads of real blobs by kind. The header length depends on the codec name. */
export function realPayloads(): Map<string, Uint8Array[]> {
  const payloads = new Map<string, Uint8Array[]>();
  for (const fixture of ["es-5.5.2-migration/step2", "es-7.10.2-exotic/repo"]) {
    for (const [key, bytes] of fixtureRepository(fixture).blobs) {
      const { kind } = classifyKey(key);
      const headerBytes = 9 + (BEHIND_CHECKSUM[kind]?.codec.length ?? 0);
      payloads.set(kind, [...(payloads.get(kind) ?? []), bytes.subarray(headerBytes, -16)]);
    }
  }
  // Another reading of the same blobs.
  payloads.set("indexMapping", payloads.get("indexMetadata") ?? []);
  return payloads;
}
