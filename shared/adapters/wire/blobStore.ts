import type { BlobStore } from "../../model/blobStore.ts";
import type { AddressOptions } from "./address.ts";
import type { Dialect } from "./dialect.ts";
import { wirePlace } from "./place.ts";
import { wireReading } from "./read.ts";
import type { SignerOptions } from "./signing/request.ts";
import { wireWriting } from "./write.ts";

export interface WireStoreOptions extends AddressOptions, Omit<SignerOptions, "service"> {
  /** No leading or trailing slash; "" for the root of the bucket. */
  basePath: string;
  requestTimeoutMs?: number | undefined;
  /** The longest pause within a body. */
  idleTimeoutMs?: number | undefined;
  /** Blobs up to this size are written with one PUT. */
  partSizeBytes?: number | undefined;
}

/** 60 s are enough for a part of 16 MiB at 280 KB/s. */
const REQUEST_TIMEOUT_MS_DEFAULT = 60_000;
/** Half the request timeout: a healthy body never pauses this long. */
const IDLE_TIMEOUT_MS_DEFAULT = 30_000;
/**
 * Twice that of the vendors' clients: Elasticsearch writes most blobs below 32 MiB or far above, and one that fits needs two requests, not six.
 * 10,000 parts are 320 GB.
 */
export const WIRE_PART_BYTES = 32 * 1024 * 1024;

export function timeoutsOf({ requestTimeoutMs, idleTimeoutMs }: Pick<WireStoreOptions, "requestTimeoutMs" | "idleTimeoutMs">) {
  return {
    requestTimeoutMs: requestTimeoutMs ?? REQUEST_TIMEOUT_MS_DEFAULT,
    idleTimeoutMs: idleTimeoutMs ?? IDLE_TIMEOUT_MS_DEFAULT,
  };
}

export function wireStore(dialect: Dialect, options: WireStoreOptions): BlobStore {
  const place = wirePlace(dialect, { basePath: options.basePath, ...timeoutsOf(options) });
  const reading = wireReading(place);
  return { url: place.url, ...reading, ...wireWriting(place, options.partSizeBytes ?? WIRE_PART_BYTES, reading) };
}
