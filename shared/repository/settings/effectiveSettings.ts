import { normalizeBasePath } from "../basePath.ts";
import { MB, parseByteSize } from "../byteSize.ts";
import { chunkBounds } from "../chunkSize.ts";
import { isAtLeast, parseVersion } from "../version.ts";
import type { RepositoryType } from "./settingKeys.ts";
import { largestS3Object } from "./settingSizes.ts";

/** The settings with all defaults applied. `null` means "no limit"; `undefined` means "not documented for this version" or "no version". */
export interface EffectiveSettings {
  type: RepositoryType;
  /** The type that the blobs are written as; differs from `type` only for `source`. */
  writtenType: Exclude<RepositoryType, "source">;
  basePath: string;
  chunkSizeBytes: number | null | undefined;
  /** The largest object that can appear in the bucket. */
  largestObjectBytes: number | null | undefined;
  compress: boolean | undefined;
  readonly: boolean;
  maxSnapshotBytesPerSec: number | null;
  maxRestoreBytesPerSec: number | null | undefined;
}

/** BlobStoreRepository's default for both rate limits. */
const RATE_DEFAULT_BYTES = 40 * MB;

type Settings = Readonly<Record<string, string | number | boolean>>;

export function effectiveSettings(
  type: RepositoryType,
  written: Exclude<RepositoryType, "source">,
  settings: Settings,
  version: string | undefined,
): EffectiveSettings {
  const chunkSizeBytes = sizeOf(settings, "chunk_size") ?? chunkBounds(written, version).defaultBytes;
  return {
    type,
    writtenType: written,
    basePath: normalizeBasePath(String(settings.base_path ?? "")),
    chunkSizeBytes,
    largestObjectBytes: written === "s3" ? largestS3Object(chunkSizeBytes, settings) : chunkSizeBytes,
    compress: settings.compress === undefined ? compressDefault(written, version) : String(settings.compress) === "true",
    readonly: String(settings.readonly ?? false) === "true",
    maxSnapshotBytesPerSec: rateOf(settings, "max_snapshot_bytes_per_sec", RATE_DEFAULT_BYTES) ?? null,
    maxRestoreBytesPerSec: restoreRateOf(settings, version),
  };
}

/** Bytes a second that each node restores at most; `null` for no limit, `undefined` if it is not documented for this version. */
export function restoreRateOf(settings: Settings, version: string | undefined): number | null | undefined {
  return rateOf(settings, "max_restore_bytes_per_sec", restoreRateDefault(version));
}

/** Elastic's pages: `fs` true; s3, gcs, azure false up to 7.17. The oss plugin: false. */
function compressDefault(written: string, version: string | undefined): boolean | undefined {
  if (written === "fs") return true;
  if (written === "oss") return false;
  const known = parseVersion(version);
  return known !== undefined && !isAtLeast(known, 8, 0) ? false : undefined;
}

/** Elastic's pages: 40 MB a second up to 7.7, no limit of its own from 7.9 on; 7.8 is treated like the pages before it. */
function restoreRateDefault(version: string | undefined): number | null | undefined {
  const known = parseVersion(version);
  if (known === undefined) return undefined;
  return isAtLeast(known, 7, 9) ? null : RATE_DEFAULT_BYTES;
}

/** Elasticsearch applies only rates above 0. */
function rateOf(settings: Settings, key: string, otherwise: number | null | undefined): number | null | undefined {
  const bytes = sizeOf(settings, key);
  if (bytes === undefined) return otherwise;
  return bytes > 0 ? bytes : null;
}

function sizeOf(settings: Settings, key: string): number | undefined {
  const value = settings[key];
  return value === undefined ? undefined : parseByteSize(value);
}
