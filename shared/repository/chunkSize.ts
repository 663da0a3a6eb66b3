import { type Reason, reason } from "../model/reason.ts";
import { GB, MB, printByteSize, TB } from "./byteSize.ts";
import { isAtLeast, parseVersion } from "./version.ts";

export interface ChunkBounds {
  minBytes: number;
  /** `null` means unbounded. */
  maxBytes: number | null;
  /** `null` means unbounded; `undefined` when the default is not documented for the version. */
  defaultBytes: number | null | undefined;
}

/** S3 limits a multipart upload to 10,000 parts of at most 5 GB each. */
export const S3_PARTS_MAX = 10_000;
export const S3_BUFFER_MIN_BYTES = 5 * MB;
export const S3_BUFFER_MAX_BYTES = 5 * GB;
/** Without `buffer_size` the plugin uses the smaller of this and 5 % of the heap. */
export const S3_BUFFER_DEFAULT_BYTES = 100 * MB;

/** Bounds and default of `chunk_size`. Without a version: the widest bounds, and a default only if it is the same in every version. */
export function chunkBounds(type: string, version?: string | undefined): ChunkBounds {
  const known = parseVersion(version);
  switch (type) {
    case "oss":
      // aliyun/elasticsearch-repository-oss, OssClientSettings: identical in every release.
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

/** Elastic's plugin pages: 100 MB in 2.x, 1 GB in 5.5 … 7.9, 5 TB from 7.11 on; 7.10 is treated like the pages before it. */
function s3DefaultBytes(version: [number, number]): number {
  if (isAtLeast(version, 7, 11)) return 5 * TB;
  return isAtLeast(version, 5, 0) ? GB : 100 * MB;
}

/** Elastic's plugin pages: 100 MB is default and maximum up to 7.7, 5 TB from 7.9 on; 7.8 is treated like the pages before it. */
function gcsLimit(version: [number, number] | undefined): Pick<ChunkBounds, "maxBytes" | "defaultBytes"> {
  if (version === undefined) return { maxBytes: 5 * TB, defaultBytes: undefined };
  const bytes = isAtLeast(version, 7, 9) ? 5 * TB : 100 * MB;
  return { maxBytes: bytes, defaultBytes: bytes };
}

/** Elastic's plugin pages: 64 MB is default and maximum up to 7.3, 5 TB from 7.9 on; sources in between give at most 256 MB. */
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

/** How Elasticsearch splits one file: `ceil(length / chunk)` blobs, at least one; without a chunk size (`null`, 0 or less) one blob. */
export function partsOf(lengthBytes: number, chunkSizeBytes: number | null): Parts {
  if (chunkSizeBytes === null || chunkSizeBytes <= 0 || lengthBytes <= chunkSizeBytes) return { parts: 1, lastPartBytes: lengthBytes };
  const parts = Math.ceil(lengthBytes / chunkSizeBytes);
  return { parts, lastPartBytes: lengthBytes - chunkSizeBytes * (parts - 1) };
}

export interface ChunkQuestion {
  type: string;
  version?: string | undefined;
  /** For `source`: the type it delegates to. */
  delegateType?: string | undefined;
  /** Whether the blobs will be copied to OSS; defaults to true. */
  copiedToOss?: boolean | undefined;
}

export interface ChunkRecommendation {
  /** The value for the settings; `null` means that the setting should be omitted. */
  chunkSize: string | null;
  reason: Reason;
}

/** The recommended chunk size and the reason for it. */
export function recommendChunkSize({ type, version, delegateType, copiedToOss = true }: ChunkQuestion): ChunkRecommendation {
  const written = type === "source" ? (delegateType ?? type) : type;
  const { maxBytes } = chunkBounds(written, version);
  if (written === "oss") return { chunkSize: printByteSize(GB), reason: reason("chunk.ossLargest", { maxBytes: GB }) };
  if (maxBytes !== null && maxBytes < GB)
    return { chunkSize: printByteSize(maxBytes), reason: reason("chunk.typeLargest", { type: written, maxBytes }) };
  // A blob of terabytes is one multipart upload with one checksum: a fault near its end forces a complete retry.
  if (copiedToOss) return { chunkSize: printByteSize(GB), reason: reason("chunk.copyRepeat", { type: written, chunkBytes: GB }) };
  return { chunkSize: null, reason: reason("chunk.defaultServes", { type: written }) };
}
