import type { ErrorCode } from "../../model/errors.ts";
import { clockDifference } from "../../model/network/clockDifference.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { ownValue } from "../../model/tables/ownValue.ts";
import { networkFault } from "../network/networkFault.ts";

/** An object store's response, as far as it is known. OSS and S3 use the same error code names. */
export interface StoreAnswer {
  /** Undefined, 0 or negative when there was no response. */
  status: number | undefined;
  /** `NoSuchKey`, `AccessDenied` …; undefined when the response had no body. */
  code: string | undefined;
  /** The client's own message, the only source of the cause when there was no response. */
  said: string;
  /** Of an answer that was kept with its headers. */
  headers?: Readonly<Record<string, string | undefined>>;
}

/** Codes that are more specific than their HTTP status. */
const BY_CODE: Readonly<Record<string, ErrorCode>> = {
  NoSuchBucket: "absent",
  // The next attempt starts a new upload.
  NoSuchUpload: "transient",
  FileAlreadyExists: "conflict",
  PreconditionFailed: "conflict",
  // Throttling, whatever status a gateway uses for it.
  SlowDown: "transient",
  QpsLimitExceeded: "transient",
  Throttling: "transient",
  ThrottlingException: "transient",
  RequestLimitExceeded: "transient",
  // 400 on S3, and no request succeeds until the keys are renewed.
  ExpiredToken: "denied",
  InvalidToken: "denied",
  RequestTimeTooSkewed: "denied",
  // 403, but because the blob is archived, not because the caller lacks permission.
  InvalidObjectState: "invalid",
  // 400, although the fault is in the transport.
  RequestTimeout: "transient",
  BadDigest: "transient",
  InvalidDigest: "transient",
  IncompleteBody: "transient",
  // 501 is not a temporary fault.
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

/** The error code of the closed set. No response, or an unreadable success response, counts as a transport fault. */
export function classify({ status, code, said }: StoreAnswer): ErrorCode {
  const byCode = code === undefined ? undefined : ownValue(BY_CODE, code);
  if (byCode !== undefined) return byCode;
  if ((status === undefined || status <= 0) && networkFault(said).isLasting) return "permanent";
  if (status === undefined || status < 300 || status >= 500) return "transient";
  return BY_STATUS[status] ?? "invalid";
}

/** A hint for the user, appended to the message; "" when the message is sufficient. */
export function hintOf({ status, code, said, headers }: StoreAnswer): string {
  const clock = clockDifference({ status, code, date: headers?.date }, Date.now());
  if (clock !== undefined) return `; ${clock}`;
  if (code === "InvalidObjectState") return "; the blob is archived: restore it, and let no lifecycle rule archive a repository";
  if (code === "NoSuchBucket") return "; create the bucket or correct its name";
  // OSS says so of another account's bucket, and to keys without rights on one of their own.
  if (/does not belong to you/i.test(said))
    return "; another account's bucket needs a bucket policy of its owner, one of your own a RAM policy of the role or user: correct the name, or grant the right";
  if (status === 301 || status === 307) return "; the bucket is served by another endpoint: correct endpoint or region";
  return "";
}

/** What the keys lack, as a policy names it; the store itself does not say it. */
export function lackedRight({ status, code, headers }: Omit<StoreAnswer, "said">, right: string | undefined): string {
  const isClock = clockDifference({ status, code, date: headers?.date }, Date.now()) !== undefined;
  const isRefused = status === 403 && !isClock && (code === undefined || code === "AccessDenied");
  return isRefused && right !== undefined ? `; the keys need the right ${right}` : "";
}

/** Of a bucket that does not exist, which is another fault than a missing key. */
export function reasonOf({ code }: Pick<StoreAnswer, "code">, subject: string): { reason?: Reason } {
  return code === "NoSuchBucket" ? { reason: reason("place.absent", { place: /^\w+:\/\/[^/]+/.exec(subject)?.[0] ?? subject }) } : {};
}

/** An answer that is not of the store: its text is of no use, and may be a page of any length. */
export function unreadable(service: string, status: number | undefined): string {
  const named = status === undefined || status <= 0 ? "an answer" : `HTTP ${status} with an answer`;
  return `${named} that is not of ${service}, such as the page of a proxy: is the endpoint right?`;
}

/** One sentence of ours about a request without an answer: the endpoint, the fault, and the fix. The SDK's own text names neither. */
export function unansweredText(said: string): string {
  const host = /(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT) ([\w.:[\]-]+)/.exec(said)?.[1];
  // Only that of the request: urllib's texts link to its own issues.
  const url = /\b(?:GET|PUT|HEAD|POST|DELETE) (https?:\/\/[^\s/?#,]+)/.exec(said)?.[1];
  const place = url ?? host;
  return `no answer${place === undefined ? "" : ` from ${place}`}: ${networkFault(said).text}; check the endpoint, the region and the network`;
}

/** The cause without the request and response of SDK errors, which contain signatures and session tokens. */
export function plainCause(error: unknown, message: string): Error {
  const cause = new Error(message);
  if (error instanceof Error) cause.name = error.name;
  return cause;
}

/** `Retry-After` in milliseconds; undefined when it is missing or a date. */
export function retryAfterMsOf(seconds: string | undefined): number | undefined {
  return seconds !== undefined && /^\d+$/.test(seconds) ? Number(seconds) * 1000 : undefined;
}
