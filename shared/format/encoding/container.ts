import { inflateRawSync } from "node:zlib";
import { messageOf } from "../../model/errors.ts";
import { type DecodeBudget, decodeBudget } from "../../model/memory/decodeBudget.ts";
import { inMegabytes, jsonWeight } from "../../model/memory/weights.ts";
import { invalidBytes } from "../invalid.ts";
import { byteReader, decodeUtf8 } from "./byteReader.ts";
import { FOOTER_BYTES, HEADER_MAGIC, verifyFooter } from "./luceneFooter.ts";
import { DOCUMENT_WEIGHT_MAX, decodeSmile, tooHeavy } from "./smile.ts";

/** The codec names in the headers of `.dat` blobs and shard catalogues; both kinds of `snap-*.dat` use `snapshot`. */
export type Codec = "snapshot" | "metadata" | "index-metadata" | "snapshots";

const CODEC_VERSION = 1;
/**
 * Of a blob and of the document in it. Far above the largest file list, mapping and cluster state seen. One document of this size fits into a
 * function of 512 MB, though its texts may take four bytes for each byte of it; a blob that inflates beyond it is damaged or an attack.
 */
export const DOCUMENT_BYTES_MAX = 48 * 1024 * 1024;
/** Metadata deflates to a twentieth at best; a thousandth is made to exhaust memory. Small blobs may be anything. */
const INFLATION_MAX = 100;
const PAYLOAD_BYTES_FREE = 16 * 1024 * 1024;
/** The values of a mapping take 500 times the memory of its deflated bytes at most. Small blobs may be anything. */
const WEIGHT_PER_BYTE_MAX = 1000;
const WEIGHT_FREE = 16 * 1024 * 1024;
const OUT_OF_PROPORTION = "its values and those of the blobs read before it are out of proportion to the bytes stored";
const [DEFLATE_PREFIX, SMILE_PREFIX] = [Buffer.from("DFL\0"), Buffer.from(":)\n")];

/**
 * Decodes a `snap-*.dat`, `meta-*.dat` or shard `index-*` and verifies all three parts: header with codec, CRC32 footer, SMILE payload.
 * The payload's first bytes determine the compression; the repository's setting does not apply to older blobs.
 * `budget` is that of the blobs that are read together.
 * @throws AppError `invalid` with reason `format.crc32` or `format.invalid`.
 */
export function decodeContainer(bytes: Uint8Array, codec: Codec, subject: string, budget?: DecodeBudget): unknown {
  return decodePayload(openContainer(bytes, codec, subject), subject, budget);
}

/** The payload of the container, still compressed, after its checksum has been verified. */
export function openContainer(bytes: Uint8Array, codec: Codec, subject: string): Uint8Array {
  if (bytes.byteLength > DOCUMENT_BYTES_MAX) throw invalidBytes(subject, `more than ${inMegabytes(DOCUMENT_BYTES_MAX)}`);
  verifyFooter(bytes, subject);
  const reader = byteReader(bytes.subarray(0, -FOOTER_BYTES), subject);
  if (reader.int32() !== HEADER_MAGIC) throw invalidBytes(subject, "no Lucene header", 0);
  const found = reader.text();
  if (found !== codec) throw invalidBytes(subject, `codec is "${found}", not "${codec}"`, 4);
  const version = reader.int32();
  if (version !== CODEC_VERSION) throw invalidBytes(subject, `codec version ${version} is unknown`, reader.offset() - 4);
  return bytes.subarray(reader.offset(), -FOOTER_BYTES);
}

function decodePayload(payload: Uint8Array, subject: string, budget = decodeBudget()): unknown {
  budget.admit(payload.byteLength);
  const weightMax = Math.min(DOCUMENT_WEIGHT_MAX, Math.max(WEIGHT_FREE, payload.byteLength * WEIGHT_PER_BYTE_MAX));
  if (!startsWith(payload, DEFLATE_PREFIX)) return decodeDocument(payload, subject, { weightMax, budget });
  if (budget.leftBytes() === 0) throw invalidBytes(subject, OUT_OF_PROPORTION);
  const document = inflate(payload.subarray(DEFLATE_PREFIX.length), subject);
  budget.spend(document.byteLength);
  return decodeDocument(document, subject, { weightMax, budget });
}

function decodeDocument(
  document: Uint8Array,
  subject: string,
  { budget, weightMax }: { budget: DecodeBudget; weightMax: number },
): unknown {
  if (startsWith(document, Buffer.from("ZV"))) throw invalidBytes(subject, "LZF compression of Elasticsearch 1.x is not supported");
  const leftBytes = budget.leftBytes();
  const limit = { weightMax: Math.min(weightMax, leftBytes), problem: leftBytes < weightMax ? OUT_OF_PROPORTION : tooHeavy(weightMax) };
  if (startsWith(document, SMILE_PREFIX)) return decodeSmile(document, subject, { ...limit, onWeight: budget.spend });
  if (!startsWith(document, Buffer.from("{"))) throw invalidBytes(subject, "payload is neither SMILE nor JSON");
  const weight = jsonWeight(document, limit.weightMax);
  budget.spend(weight);
  if (weight > limit.weightMax) throw invalidBytes(subject, limit.problem);
  try {
    return JSON.parse(decodeUtf8(document, subject, 0));
  } catch (cause) {
    throw invalidBytes(subject, `payload is not JSON: ${messageOf(cause)}`, undefined, cause);
  }
}

function inflate(deflated: Uint8Array, subject: string): Uint8Array {
  const maxBytes = Math.min(DOCUMENT_BYTES_MAX, Math.max(PAYLOAD_BYTES_FREE, deflated.byteLength * INFLATION_MAX));
  try {
    return inflateRawSync(deflated, { maxOutputLength: maxBytes });
  } catch (cause) {
    throw invalidBytes(subject, `payload cannot be inflated to at most ${maxBytes} bytes: ${messageOf(cause)}`, undefined, cause);
  }
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return bytes.byteLength >= prefix.byteLength && prefix.every((byte, index) => bytes[index] === byte);
}
