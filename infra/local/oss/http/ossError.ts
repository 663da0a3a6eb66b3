/** An error response of OSS: becomes the XML error document of the answer. */
export class OssError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = "OssError";
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export function noSuchBucket(bucket: string): OssError {
  return new OssError(404, "NoSuchBucket", `The specified bucket does not exist: ${bucket}`);
}

/** https://www.alibabacloud.com/help/en/oss/support/0003-00000001: also the answer to keys without rights on a bucket of their own account. */
export function foreignBucket(): OssError {
  return new OssError(403, "AccessDenied", "The bucket you access does not belong to you.");
}

export function noSuchKey(): OssError {
  return new OssError(404, "NoSuchKey", "The specified key does not exist.", { "x-oss-ec": "0026-00000001" });
}

export function notImplemented(what: string): OssError {
  return new OssError(501, "NotImplemented", `${what} is not part of this OSS stand-in.`);
}

export function invalidArgument(message: string): OssError {
  return new OssError(400, "InvalidArgument", message);
}

/** The `code` of a file system error (`ENOENT`), `undefined` for anything else. */
export function fileErrorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
