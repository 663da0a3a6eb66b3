import { type Reason, reason } from "../model/reason.ts";
import { GB, MB, printByteSize, TB } from "./byteSize.ts";
import { isAtLeast, parseVersion } from "./version.ts";

export interface ChunkBounds {
  minBytes: number;
  /** `null` is unbounded. */
  maxBytes: number | null;
  /** `null` is unbounded; `undefined` when no page documents it for that version. */
  defaultBytes: number | null | undefined;
}

/** S3's multipart upload ends at 10,000 parts, and one part at 5 GB. */
export const S3_PARTS_MAX = 10_000;
export const S3_BUFFER_MIN_BYTES = 5 * MB;
export const S3_BUFFER_MAX_BYTES = 5 * GB;
/** The plugin takes the lesser of this and 5 % of the heap when `buffer_size` is left out. */
export const S3_BUFFER_DEFAULT_BYTES = 100 * MB;

/** Bounds and default of `chunk_size`. Without a version: the widest bounds, and a default only where it never changed. */
export function chunkBounds(type: string, version?: string | undefined): ChunkBounds {
  const known = parseVersion(version);
  switch (type) {
    case "oss":
      // aliyun/elasticsearch-repository-oss, OssClientSettings: the same in every release.
      return { minBytes: MB, maxBytes: GB, defaultBytes: GB };
    case "s3":
      return { minBytes: 5 * MB, maxBytes: 5 * TB, defaultBytes: known && s3DefaultBytes(known) };
    case "gcs":
      return { minBytes: 1, ...gcsLimit(known) };
    case "azure":
      return { minBytes: 1, ...azureLimit(known) };
    default:
      return { minBytes: 1, maxBytes: null, defaultBytes: null };
  }
}

/** Elastic's plugin pages: 100 MB in 2.x, 1 GB in 5.5 … 7.9, 5 TB from 7.11 on; 7.10 is counted with the pages before it. */
function s3DefaultBytes(version: [number, number]): number {
  if (isAtLeast(version, 7, 11)) return 5 * TB;
  return isAtLeast(version, 5, 0) ? GB : 100 * MB;
}

/** Elastic's plugin pages: 100 MB is default and maximum up to 7.7, 5 TB from 7.9 on; 7.8 is counted with the pages before it. */
function gcsLimit(version: [number, number] | undefined): Pick<ChunkBounds, "maxBytes" | "defaultBytes"> {
  if (version === undefined) return { maxBytes: 5 * TB, defaultBytes: undefined };
  const bytes = isAtLeast(version, 7, 9) ? 5 * TB : 100 * MB;
  return { maxBytes: bytes, defaultBytes: bytes };
}

/** Elastic's plugin pages: 64 MB is default and maximum up to 7.3, 5 TB from 7.9 on; sources in between say at most 256 MB. */
function azureLimit(version: [number, number] | undefined): Pick<ChunkBounds, "maxBytes" | "defaultBytes"> {
  if (version === undefined) return { maxBytes: 5 * TB, defaultBytes: undefined };
  if (isAtLeast(version, 7, 9)) return { maxBytes: 5 * TB, defaultBytes: 5 * TB };
  if (isAtLeast(version, 7, 4)) return { maxBytes: 256 * MB, defaultBytes: undefined };
  return { maxBytes: 64 * MB, defaultBytes: 64 * MB };
}

export interface Parts {
  parts: number;
  lastPartBytes: number;
}

/** How Elasticsearch cuts one file: `ceil(length / chunk)` blobs, at least one; no chunk size (`null`, 0 or less) means one blob. */
export function partsOf(lengthBytes: number, chunkSizeBytes: number | null): Parts {
  if (chunkSizeBytes === null || chunkSizeBytes <= 0 || lengthBytes <= chunkSizeBytes) return { parts: 1, lastPartBytes: lengthBytes };
  const parts = Math.ceil(lengthBytes / chunkSizeBytes);
  return { parts, lastPartBytes: lengthBytes - chunkSizeBytes * (parts - 1) };
}

export interface ChunkQuestion {
  type: string;
  version?: string | undefined;
  /** For `source`: what it writes through. */
  delegateType?: string | undefined;
  /** Whether its blobs are to be copied to OSS; true unless told otherwise. */
  movesToOss?: boolean | undefined;
}

export interface ChunkRecommendation {
  /** As it stands in the settings; `null` means: leave it out. */
  chunkSize: string | null;
  reason: Reason;
}

/** The chunk size to set, and why. */
export function recommendChunkSize({ type, version, delegateType, movesToOss = true }: ChunkQuestion): ChunkRecommendation {
  const written = type === "source" ? (delegateType ?? type) : type;
  const { maxBytes } = chunkBounds(written, version);
  if (written === "oss") return { chunkSize: printByteSize(GB), reason: reason("chunk.ossLargest", { maxBytes: GB }) };
  if (maxBytes !== null && maxBytes < GB)
    return { chunkSize: printByteSize(maxBytes), reason: reason("chunk.typeLargest", { type: written, maxBytes }) };
  // A blob of terabytes is one multipart upload and one checksum: a fault near its end costs all of it.
  if (movesToOss) return { chunkSize: printByteSize(GB), reason: reason("chunk.copyRepeat", { type: written, chunkBytes: GB }) };
  return { chunkSize: null, reason: reason("chunk.defaultServes", { type: written }) };
}
