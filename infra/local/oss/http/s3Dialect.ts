import { OssError } from "./ossError.ts";
import type { Target } from "./parseTarget.ts";

/** The operations that OSS answers under the names of its own headers: `x-amz-copy-source` is `x-oss-copy-source`. */
export function withOssNames(target: Target): Target {
  const renamed = Object.entries(target.headers).map(([name, value]) => [name.replace(/^x-amz-/, "x-oss-"), value] as const);
  return { ...target, headers: { ...target.headers, ...Object.fromEntries(renamed) } };
}

const WRITES = ["PutObject", "UploadPart", "CompleteMultipartUpload", "CopyObject"];

/**
 * Rejects what S3 has and OSS has not: conditional writes, and bodies in signed or checksummed chunks, which would otherwise be stored with
 * their chunk headers.
 */
export function refuseUnknownWrites({ operation, headers }: Target): void {
  if (!WRITES.includes(operation)) return;
  if (headers["if-match"] !== undefined || headers["if-none-match"] !== undefined)
    throw new OssError(501, "NotImplemented", "A header you provided implies functionality that is not implemented.", {
      "x-oss-ec": "0017-00000245",
    });
  const isChunked = headers["content-encoding"]?.includes("aws-chunked") || headers["x-amz-content-sha256"]?.startsWith("STREAMING-");
  if (isChunked)
    throw new OssError(400, "NotImplemented", "aws-chunked encoding is not supported with the specified x-amz-content-sha256 value.", {
      "x-oss-ec": "0017-00000804",
    });
}
