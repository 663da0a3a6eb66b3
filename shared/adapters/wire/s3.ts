import type { BlobStore } from "../../model/blobStore.ts";
import { s3Error } from "../s3/errors.ts";
import { s3Address } from "./address.ts";
import { timeoutsOf, type WireStoreOptions, wireStore } from "./blobStore.ts";
import { wireClient } from "./client.ts";
import { s3Signer } from "./signing/s3Signature.ts";

const MD5 = /^"?([0-9a-f]{32})"?$/i;

/** Blobs in an S3 bucket, asked with requests of our own: as {@link s3BlobStore} in everything but its cost. Does not retry. */
export function wireS3BlobStore(options: WireStoreOptions): BlobStore {
  const address = s3Address(options);
  const { requestTimeoutMs } = timeoutsOf(options);
  const dialect = {
    service: "S3" as const,
    url: `s3://${options.bucket}`,
    send: wireClient({ address, sign: s3Signer(options), signedPath: address.path, requestTimeoutMs }),
    rangeHeaders: {},
    ifAbsentHeaders: { "if-none-match": "*" },
    requestIdHeader: "x-amz-request-id",
    announcesSize: false,
    listsOtherEtags: true,
    error: (fault: unknown, subject: string) => s3Error(fault, subject),
    crc64Of: () => undefined,
    md5Of({ etag, ...headers }: Record<string, unknown>) {
      // Amazon says that these ETags are no MD5, although they look like one.
      const isOther =
        String(headers["x-amz-server-side-encryption"] ?? "").startsWith("aws:kms") ||
        headers["x-amz-server-side-encryption-customer-algorithm"] !== undefined;
      return isOther ? undefined : MD5.exec(String(etag ?? ""))?.[1]?.toLowerCase();
    },
  };
  return wireStore(dialect, options);
}
