import type { BlobStore } from "../../model/blobStore.ts";
import { PART_SIZE_BYTES_DEFAULT } from "../blobs/parts.ts";
import type { S3ClientOptions } from "./client.ts";
import { s3Place } from "./place.ts";
import { s3Reading } from "./read.ts";
import { s3Writing } from "./write.ts";

export interface S3BlobStoreOptions extends S3ClientOptions {
  /** No leading or trailing slash; "" for the root of the bucket. */
  basePath: string;
  /** The longest pause within a body. */
  idleTimeoutMs?: number | undefined;
  /** Blobs up to this size are written with one PUT; S3 rejects parts under 5 MiB. */
  partSizeBytes?: number | undefined;
}

/** Half the request timeout: a healthy body never pauses this long. */
const IDLE_TIMEOUT_MS_DEFAULT = 30_000;

/** Blobs in an S3 bucket, accessed through the AWS SDK. Does not retry. */
export function s3BlobStore(options: S3BlobStoreOptions): BlobStore {
  const place = s3Place(options);
  const { idleTimeoutMs = IDLE_TIMEOUT_MS_DEFAULT, partSizeBytes = PART_SIZE_BYTES_DEFAULT } = options;
  const reading = s3Reading(place, idleTimeoutMs);
  return { url: place.url, ...reading, ...s3Writing(place, partSizeBytes, reading) };
}
