import { inflateRawSync } from "node:zlib";
import { messageOf } from "../../model/errors.ts";
import { type DecodeBudget, decodeBudget } from "../../model/memory/decodeBudget.ts";
import { inMegabytes, jsonWeight } from "../../model/memory/weights.ts";
import { invalidBytes } from "../invalid.ts";
import { byteReader, decodeUtf8 } from "./byteReader.ts";
import { FOOTER_BYTES, HEADER_MAGIC, verifyFooter } from "./luceneFooter.ts";
import { DOCUMENT_WEIGHT_MAX, decodeSmile, tooHeavy } from "./smile.ts";
import type { Wanted } from "./smileSkip.ts";

/** The codec names in the headers of `.dat` blobs and shard catalogues; both kinds of `snap-*.dat` use `snapshot`. */
export type Codec = "snapshot" | "metadata" | "index-metadata" | "snapshots";

const CODEC_VERSION = 1;
/**
 * Of a blob and of the document in it. Far above the largest file list, mapping and cluster state seen. One document of this size fits into a
 * function of 512 MB, though its texts may take four bytes for each byte of it; a blob that inflates beyond it is damaged or an attack.
 */
export const DOCUMENT_BYTES_MAX = 48 * 1024 * 1024;
/**
 * What a blob may decode to, in bytes for each byte stored and for a small one. Only file lists have such limits: equal templates and fields
 * deflate to a thousandth, as far as deflating goes (measured with 5.5.3 and 7.10.2).
 */
export interface Proportions {
  inflated: number;
  inflatedFree: number;
  weight: number;
  weightFree: number;
}
const KILOBYTE = 1024;
const MEGABYTE = 1024 * KILOBYTE;
/** One of equal files deflates to an eleventh, and its values take 180 times what is stored. */
export const FILE_LIST: Proportions = { inflated: 30, inflatedFree: 32 * KILOBYTE, weight: 300, weightFree: MEGABYTE };
/** What a blob inflates to as a rule, in bytes for each byte stored and for a small one. */
const [ORDINARY_INFLATED, ORDINARY_INFLATED_FREE] = [16, 64 * KILOBYTE];
const [DEFLATE_PREFIX, SMILE_PREFIX] = [Buffer.from("DFL\0"), Buffer.from(":)\n")];

/** How a container is decoded. */
export interface ContainerOptions {
  /** Of the blobs that are read together. */
  budget?: DecodeBudget | undefined;
  /** Which parts of the document; all by default. */
  wanted?: Wanted;
  proportions?: Proportions | undefined;
}

/**
 * Decodes a `snap-*.dat`, `meta-*.dat` or shard `index-*` and verifies all three parts: header with codec, CRC32 footer, SMILE payload.
 * The payload's first bytes determine the compression; the repository's setting does not apply to older blobs.
 * @throws AppError `invalid` with reason `format.crc32` or `format.invalid`, and what the budget throws.
 */
export function decodeContainer(bytes: Uint8Array, codec: Codec, subject: string, options: ContainerOptions = {}): unknown {
  return decodePayload(openContainer(bytes, codec, subject), subject, options);
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

function decodePayload(
  payload: Uint8Array,
  subject: string,
  { budget = decodeBudget(), wanted = true, proportions }: ContainerOptions,
): unknown {
  const storedBytes = payload.byteLength;
  const weightMax = proportions
    ? Math.min(DOCUMENT_WEIGHT_MAX, Math.max(proportions.weightFree, storedBytes * proportions.weight))
    : DOCUMENT_WEIGHT_MAX;
  budget.admit(storedBytes);
  const isDeflated = startsWith(payload, DEFLATE_PREFIX);
  const document = isDeflated ? inflate(payload.subarray(DEFLATE_PREFIX.length), subject, proportions) : payload;
  budget.spend(document.byteLength, subject);
  if (!isDeflated && startsWith(document, Buffer.from("ZV")))
    throw invalidBytes(subject, "LZF compression of Elasticsearch 1.x is not supported");
  if (startsWith(document, SMILE_PREFIX))
    return decodeSmile(document, subject, { weightMax, wanted, onWeight: (bytes) => budget.spend(bytes, subject) });
  if (!startsWith(document, Buffer.from("{"))) throw invalidBytes(subject, "payload is neither SMILE nor JSON");
  return parseDocument(document, subject, { weightMax, budget });
}

function parseDocument(document: Uint8Array, subject: string, { budget, weightMax }: { budget: DecodeBudget; weightMax: number }): unknown {
  const weight = jsonWeight(document, weightMax);
  budget.spend(weight, subject);
  if (weight > weightMax) throw invalidBytes(subject, tooHeavy(weightMax));
  try {
    return JSON.parse(decodeUtf8(document, subject, 0));
  } catch (cause) {
    throw invalidBytes(subject, `payload is not JSON: ${messageOf(cause)}`, undefined, cause);
  }
}

function inflate(deflated: Uint8Array, subject: string, proportions: Proportions | undefined): Uint8Array {
  const maxBytes = proportions
    ? Math.min(DOCUMENT_BYTES_MAX, Math.max(proportions.inflatedFree, deflated.byteLength * proportions.inflated))
    : DOCUMENT_BYTES_MAX;
  const ordinaryBytes = Math.min(maxBytes, ORDINARY_INFLATED_FREE + deflated.byteLength * ORDINARY_INFLATED);
  try {
    return inflateRawSync(deflated, { maxOutputLength: ordinaryBytes });
  } catch (cause) {
    if (ordinaryBytes < maxBytes && isTooLarge(cause)) return inflateWhole(deflated, subject, maxBytes);
    throw notInflated(subject, maxBytes, cause);
  }
}

/** In one piece, because pieces are joined, and then take twice the memory; untouched pages of it take none. */
function inflateWhole(deflated: Uint8Array, subject: string, maxBytes: number): Uint8Array {
  try {
    return inflateRawSync(deflated, { maxOutputLength: maxBytes, chunkSize: maxBytes });
  } catch (cause) {
    throw notInflated(subject, maxBytes, cause);
  }
}

function isTooLarge(error: unknown): boolean {
  return (error as { code?: unknown }).code === "ERR_BUFFER_TOO_LARGE";
}

function notInflated(subject: string, maxBytes: number, cause: unknown): Error {
  return invalidBytes(subject, `payload cannot be inflated to at most ${maxBytes} bytes: ${messageOf(cause)}`, undefined, cause);
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return bytes.byteLength >= prefix.byteLength && prefix.every((byte, index) => bytes[index] === byte);
}
