import type { BlobStore } from "../../model/blobStore.ts";
import { PART_SIZE_BYTES_DEFAULT } from "../blobs/parts.ts";
import type { OssClientOptions } from "./client.ts";
import { ossPlace } from "./place.ts";
import { ossReading } from "./read.ts";
import { ossWriting } from "./write.ts";

export interface OssBlobStoreOptions extends OssClientOptions {
  /** No leading or trailing slash; "" for the bucket's root. */
  basePath: string;
  /** The longest silence within a body; ali-oss's own time-out ends with the headers. */
  idleTimeoutMs?: number | undefined;
  /** Blobs up to this size are one PUT. */
  partSizeBytes?: number | undefined;
}

/** Half the request time-out: a body that flows is never silent for so long. */
const IDLE_TIMEOUT_MS_DEFAULT = 30_000;

/** Blobs in an OSS bucket, through ali-oss. Retries nothing itself. */
export function ossBlobStore(options: OssBlobStoreOptions): BlobStore {
  const place = ossPlace(options);
  const { idleTimeoutMs = IDLE_TIMEOUT_MS_DEFAULT, partSizeBytes = PART_SIZE_BYTES_DEFAULT } = options;
  return { url: place.url, ...ossReading(place, idleTimeoutMs), ...ossWriting(place, partSizeBytes) };
}

/**
 * Whether the bucket keeps versions, be it enabled or suspended: such a bucket ignores `ifAbsent`.
 * Errors as in {@link BlobStore}.
 */
export async function ossBucketIsVersioned(options: OssClientOptions): Promise<boolean> {
  const place = ossPlace({ ...options, basePath: "" });
  const { versionStatus } = await place.ask(`${place.url}: versioning`, () => place.client.getBucketVersioning(options.bucket));
  return versionStatus === "Enabled" || versionStatus === "Suspended";
}
