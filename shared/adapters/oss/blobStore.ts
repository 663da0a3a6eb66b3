import type { BlobStore } from "../../model/blobStore.ts";
import { PART_SIZE_BYTES_DEFAULT } from "../blobs/parts.ts";
import type { OssClientOptions } from "./client.ts";
import { ossPlace } from "./place.ts";
import { ossReading } from "./read.ts";
import { ossWriting } from "./write.ts";

export interface OssBlobStoreOptions extends OssClientOptions {
  /** No leading or trailing slash; "" for the root of the bucket. */
  basePath: string;
  /** The longest pause within a body; ali-oss's own timeout only covers the headers. */
  idleTimeoutMs?: number | undefined;
  /** Blobs up to this size are written with one PUT. */
  partSizeBytes?: number | undefined;
}

/** Half the request timeout: a healthy body never pauses this long. */
const IDLE_TIMEOUT_MS_DEFAULT = 30_000;

/** Blobs in an OSS bucket, accessed through ali-oss. Does not retry. */
export function ossBlobStore(options: OssBlobStoreOptions): BlobStore {
  const place = ossPlace(options);
  const { idleTimeoutMs = IDLE_TIMEOUT_MS_DEFAULT, partSizeBytes = PART_SIZE_BYTES_DEFAULT } = options;
  return { url: place.url, ...ossReading(place, idleTimeoutMs), ...ossWriting(place, partSizeBytes) };
}

/**
 * Whether versioning of the bucket is enabled or suspended: such a bucket ignores `ifAbsent`.
 * Errors as in {@link BlobStore}.
 */
export async function ossBucketIsVersioned(options: OssClientOptions): Promise<boolean> {
  const place = ossPlace({ ...options, basePath: "" });
  const { versionStatus } = await place.ask("GetBucketVersioning", `${place.url}: versioning`, () =>
    place.client.getBucketVersioning(options.bucket),
  );
  return versionStatus === "Enabled" || versionStatus === "Suspended";
}
