import { parseByteSize, printByteSize, readByteSize } from "../byteSize.ts";
import { chunkBounds, S3_BUFFER_DEFAULT_BYTES, S3_BUFFER_MAX_BYTES, S3_BUFFER_MIN_BYTES, S3_PARTS_MAX } from "../chunkSize.ts";
import { type Fault, fault, type Warning } from "../fault.ts";
import { SIZE_KEYS } from "./settingKeys.ts";

type Settings = Readonly<Record<string, string | number | boolean>>;

interface Findings {
  faults: Fault[];
  warnings: Warning[];
}

/** Checks chunk and buffer sizes against the bounds of the type and version. Skips unreadable sizes, which are reported elsewhere. */
export function checkSizes(written: string, settings: Settings, version: string | undefined): Findings {
  const buffer = written === "s3" ? checkBuffer(settings) : { faults: [], warnings: [] };
  return {
    faults: [...chunkFaults(written, settings, version), ...buffer.faults],
    warnings: [...fractionWarnings(settings), ...rateWarnings(settings), ...buffer.warnings],
  };
}

/** The largest object that an s3 repository writes: the chunk size, limited by the capacity of a multipart upload. `null` when unknown. */
export function largestS3Object(chunkBytes: number | null | undefined, settings: Settings): number | null {
  const bufferBytes = sizeOf(settings, "buffer_size") ?? S3_BUFFER_DEFAULT_BYTES;
  const parts = Number(settings.max_multipart_parts ?? S3_PARTS_MAX);
  const carriedBytes = bufferBytes * (Number.isFinite(parts) ? parts : S3_PARTS_MAX);
  return Math.min(chunkBytes ?? carriedBytes, carriedBytes);
}

function chunkFaults(written: string, settings: Settings, version: string | undefined): Fault[] {
  const chunkBytes = sizeOf(settings, "chunk_size");
  if (chunkBytes === undefined) return [];
  const { minBytes, maxBytes } = chunkBounds(written, version);
  const where = version === undefined ? `type ${written}` : `type ${written} of ${version}`;
  const found = { value: String(settings.chunk_size), params: { type: written, minBytes, maxBytes } };
  const fix =
    maxBytes === null
      ? `write ${printByteSize(minBytes)} or more`
      : `write ${printByteSize(minBytes)} to ${printByteSize(maxBytes)}${whyOf(written)}`;
  if (chunkBytes < minBytes) return [fault("settings.chunk_size", "chunk.tooSmall", `below what ${where} allows`, fix, found)];
  if (maxBytes !== null && chunkBytes > maxBytes)
    return [fault("settings.chunk_size", "chunk.tooLarge", `above what ${where} allows`, fix, found)];
  return [];
}

function whyOf(written: string): string {
  return written === "oss" ? " (one PutObject per chunk)" : "";
}

function checkBuffer(settings: Settings): Findings {
  const bufferBytes = sizeOf(settings, "buffer_size");
  const chunkBytes = sizeOf(settings, "chunk_size");
  const value = String(settings.buffer_size);
  if (bufferBytes !== undefined && (bufferBytes < S3_BUFFER_MIN_BYTES || bufferBytes > S3_BUFFER_MAX_BYTES)) {
    return {
      faults: [fault("settings.buffer_size", "buffer.bounds", "outside what S3 takes as one part", "write 5mb to 5gb", { value })],
      warnings: [],
    };
  }
  if (bufferBytes !== undefined && chunkBytes !== undefined && bufferBytes > chunkBytes) {
    const fix = `write ${printByteSize(chunkBytes)} or less`;
    return { faults: [fault("settings.buffer_size", "buffer.aboveChunk", "larger than chunk_size", fix, { value })], warnings: [] };
  }
  const largestBytes = largestS3Object(chunkBytes, settings);
  if (chunkBytes === undefined || largestBytes === null || largestBytes >= chunkBytes) return { faults: [], warnings: [] };
  const wrong = `more than buffer_size × ${S3_PARTS_MAX} parts carry; objects end at ${printByteSize(largestBytes)}`;
  const fix = "raise buffer_size or lower chunk_size";
  const found = { value: String(settings.chunk_size), params: { largestBytes } };
  return { faults: [], warnings: [fault("settings.chunk_size", "chunk.cutByParts", wrong, fix, found)] };
}

function fractionWarnings(settings: Settings): Warning[] {
  return SIZE_KEYS.flatMap((key) => {
    const value = settings[key];
    const size = value === undefined ? undefined : readByteSize(value);
    if (size?.isFractional !== true) return [];
    const fix = `write ${printByteSize(size.bytes)}`;
    return [
      fault(`settings.${key}`, "settings.fraction", "a fractional byte size, which Elasticsearch calls deprecated", fix, {
        value: String(value),
      }),
    ];
  });
}

function rateWarnings(settings: Settings): Warning[] {
  return ["max_snapshot_bytes_per_sec", "max_restore_bytes_per_sec"].flatMap((key) => {
    const bytes = sizeOf(settings, key);
    if (bytes === undefined || bytes > 0) return [];
    const found = { value: String(settings[key]) };
    return [fault(`settings.${key}`, "rate.unlimited", "no limit at all", "set a rate such as 40mb if the cluster serves searches", found)];
  });
}

function sizeOf(settings: Settings, key: string): number | undefined {
  const value = settings[key];
  return value === undefined ? undefined : parseByteSize(value);
}
