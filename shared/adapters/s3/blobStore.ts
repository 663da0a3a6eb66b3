import { GetObjectCommand } from "@aws-sdk/client-s3";
import type { BlobStore } from "../../model/blobStore.ts";
import { PART_SIZE_BYTES_DEFAULT } from "../blobs/parts.ts";
import { dateHeaderOf, type S3ClientOptions } from "./client.ts";
import { s3AnswerOf, s3Error } from "./errors.ts";
import { type S3Place, s3Place } from "./place.ts";
import { s3Reading } from "./read.ts";
import { dateOf, s3Writing } from "./write.ts";

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
/** Asked for only to see the clock; nothing ever lies there. */
const CLOCK_KEY = ".ossnap-clock";

/** Blobs in an S3 bucket, through the AWS SDK. Retries nothing itself. */
export function s3BlobStore(options: S3BlobStoreOptions): BlobStore {
  const place = s3Place(options);
  const { idleTimeoutMs = IDLE_TIMEOUT_MS_DEFAULT, partSizeBytes = PART_SIZE_BYTES_DEFAULT } = options;
  return { url: place.url, ...s3Reading(place, idleTimeoutMs), ...s3Writing(place, partSizeBytes), now: () => storeClock(place) };
}

/** A GET, not a HEAD: only its 404 tells a missing key, where the clock is good, from a missing bucket. */
async function storeClock(place: S3Place): Promise<Date> {
  const subject = place.subject("", "now");
  try {
    const output = await place.client.send(
      new GetObjectCommand({ Bucket: place.bucket, Key: place.base.full(CLOCK_KEY), Range: "bytes=0-0" }),
    );
    await output.Body?.transformToByteArray();
    return dateOf(dateHeaderOf(output), subject);
  } catch (error) {
    if (s3AnswerOf(error).code !== "NoSuchKey") throw s3Error(error, subject);
    return dateOf(s3AnswerOf(error).headers.date, subject);
  }
}
