import type { ErrorCode } from "../../model/errors.ts";

/** What an object store answered, as far as it said. OSS and S3 share the names of their codes. */
export interface StoreAnswer {
  /** Undefined, 0 or negative when no answer came. */
  status: number | undefined;
  /** `NoSuchKey`, `AccessDenied` …; undefined when the answer had no body. */
  code: string | undefined;
  /** The client's own words; they alone tell why no answer came. */
  said: string;
}

/** Codes that say more than their HTTP status. */
const BY_CODE: Readonly<Record<string, ErrorCode>> = {
  NoSuchBucket: "absent",
  // An upload that is gone is begun anew by the next attempt.
  NoSuchUpload: "transient",
  FileAlreadyExists: "conflict",
  PreconditionFailed: "conflict",
  // Throttled, whatever the status that gateways give it.
  SlowDown: "transient",
  QpsLimitExceeded: "transient",
  Throttling: "transient",
  ThrottlingException: "transient",
  RequestLimitExceeded: "transient",
  // 400 on S3, and no other request will do better until the keys are renewed.
  ExpiredToken: "denied",
  InvalidToken: "denied",
  // 403, but of an archived blob and not of the caller.
  InvalidObjectState: "invalid",
  // 400 although the fault lay on the way.
  RequestTimeout: "transient",
  BadDigest: "transient",
  InvalidDigest: "transient",
  IncompleteBody: "transient",
  // 501 is no trouble that passes.
  NotImplemented: "invalid",
};

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: "denied",
  403: "denied",
  408: "transient",
  409: "conflict",
  412: "conflict",
  429: "transient",
};

/** Node's words for a certificate that it does not trust; a URL, which may stand beside them, has no spaces. */
const UNTRUSTED =
  /self-signed certificate|certificate has expired|certificate is not yet valid|issuer certificate|first certificate|altnames/i;

/** The closed family's code. No answer, and an answer of success that could not be read, mean a fault on the way. */
export function classify({ status, code, said }: StoreAnswer): ErrorCode {
  const byCode = code === undefined ? undefined : BY_CODE[code];
  if (byCode !== undefined) return byCode;
  if ((status === undefined || status <= 0) && UNTRUSTED.test(said)) return "permanent";
  if (status === undefined || status < 300 || status >= 500) return "transient";
  return BY_STATUS[status] ?? "invalid";
}

/** What a person can do about it, appended to the message; "" when the message says it all. */
export function hintOf({ status, code }: Omit<StoreAnswer, "said">): string {
  if (code === "RequestTimeTooSkewed") return "; this machine's clock is wrong: set it";
  if (code === "InvalidObjectState") return "; the blob is archived: restore it, and let no lifecycle rule archive a repository";
  if (code === "NoSuchBucket") return "; create the bucket or correct its name";
  if (status === 301 || status === 307) return "; the bucket is served by another endpoint: correct endpoint or region";
  return "";
}

/** The cause without the request and response that SDK errors carry: those hold signatures and session tokens. */
export function plainCause(error: unknown, message: string): Error {
  const cause = new Error(message);
  if (error instanceof Error) cause.name = error.name;
  return cause;
}

/** `Retry-After` in milliseconds; undefined when missing or a date. */
export function retryAfterMsOf(seconds: string | undefined): number | undefined {
  return seconds !== undefined && /^\d+$/.test(seconds) ? Number(seconds) * 1000 : undefined;
}
