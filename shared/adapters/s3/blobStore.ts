import type { BlobStore } from "../../model/blobStore.ts";
import { PART_SIZE_BYTES_DEFAULT } from "../blobs/parts.ts";
import type { S3ClientOptions } from "./client.ts";
import { s3Place } from "./place.ts";
import { s3Reading } from "./read.ts";
import { s3Writing } from "./write.ts";

export interface S3BlobStoreOptions extends S3ClientOptions {
  /** No leading or trailing slash; "" for the bucket's root. */
  basePath: string;
  /** The longest silence within a body. */
  idleTimeoutMs?: number | undefined;
  /** Blobs up to this size are one PUT; S3 refuses parts under 5 MiB. */
  partSizeBytes?: number | undefined;
}

/** Half the request time-out: a body that flows is never silent for so long. */
const IDLE_TIMEOUT_MS_DEFAULT = 30_000;

/** Blobs in an S3 bucket, through the AWS SDK. Retries nothing itself. */
export function s3BlobStore(options: S3BlobStoreOptions): BlobStore {
  const place = s3Place(options);
  const { idleTimeoutMs = IDLE_TIMEOUT_MS_DEFAULT, partSizeBytes = PART_SIZE_BYTES_DEFAULT } = options;
  return { url: place.url, ...s3Reading(place, idleTimeoutMs), ...s3Writing(place, partSizeBytes) };
}
