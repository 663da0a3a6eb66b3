import type { BlobStore } from "../../model/blobStore.ts";
import { ossError } from "../oss/errors.ts";
import { ossAddress } from "./address.ts";
import { timeoutsOf, type WireStoreOptions, wireStore } from "./blobStore.ts";
import { wireClient } from "./client.ts";
import type { Action } from "./dialect.ts";
import { ossSigner } from "./signing/ossSignature.ts";

/** Blobs in an OSS bucket, asked with requests of our own: as {@link ossBlobStore} in everything but its cost. Does not retry. */
export function wireOssBlobStore(options: WireStoreOptions): BlobStore {
  const { bucket, basePath } = options;
  const { requestTimeoutMs } = timeoutsOf(options);
  const url = `oss://${bucket}`;
  const place = basePath === "" ? url : `${url}/${basePath}`;
  const dialect = {
    service: "OSS" as const,
    url,
    send: wireClient({ address: ossAddress(options), sign: ossSigner(options), signedPath: `/${bucket}/`, requestTimeoutMs }),
    // Without it OSS answers a range past the end with the whole blob.
    rangeHeaders: { "x-oss-range-behavior": "standard" },
    ifAbsentHeaders: { "x-oss-forbid-overwrite": "true" },
    requestIdHeader: "x-oss-request-id",
    announcesSize: true,
    listsOtherEtags: false,
    error: (fault: unknown, subject: string, action: Action) => ossError(fault, subject, `oss:${action} on ${place}`),
    crc64Of: ({ "x-oss-hash-crc64ecma": crc }: Record<string, unknown>) => (typeof crc === "string" ? crc : undefined),
    // Of a whole blob the CRC64 is always there, and surer: not every ETag of OSS is an MD5.
    md5Of: () => undefined,
  };
  return wireStore(dialect, options);
}
