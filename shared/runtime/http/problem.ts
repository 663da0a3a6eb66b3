import { AppError, type ErrorCode, messageOf, OtherSystemFault } from "../../model/errors.ts";
import { safeJson } from "../../model/plainText.ts";
import { isStateDamage, type Reason } from "../../model/reason.ts";
import { spelledForHttp } from "../../words/httpWay.ts";

export interface HttpAnswer {
  statusCode: number;
  headers: Record<string, string>;
  isBase64Encoded: false;
  body: string;
}

/** Faults of the HTTP request itself, which the closed set of error codes does not cover. */
export type HttpFault =
  | "unauthenticated"
  | "forbidden"
  | "misconfigured"
  | "not-found"
  | "method-not-allowed"
  | "too-large"
  | "unsupported-media-type"
  | "idempotency-key-reused"
  | "restore-refused"
  | "migration-refused"
  | "plan-stale";

const STATUS: Record<ErrorCode | HttpFault | "internal", number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  absent: 404,
  "not-found": 404,
  "method-not-allowed": 405,
  conflict: 409,
  "plan-stale": 412,
  "too-large": 413,
  "unsupported-media-type": 415,
  "idempotency-key-reused": 422,
  "restore-refused": 422,
  "migration-refused": 422,
  misconfigured: 500,
  permanent: 500,
  internal: 500,
  denied: 502,
  refused: 502,
  transient: 503,
};

const TITLES: Record<keyof typeof STATUS, string> = {
  invalid: "The request is not valid",
  unauthenticated: "A token is required",
  forbidden: "This token lacks the role",
  absent: "Not found",
  "not-found": "Path not found",
  "method-not-allowed": "Method not allowed",
  conflict: "It conflicts with the current state",
  "plan-stale": "The state changed after the plan was made",
  "too-large": "The body is too large",
  "unsupported-media-type": "The body must be JSON",
  "idempotency-key-reused": "This idempotency key was used for another request",
  "restore-refused": "The restore would be refused",
  "migration-refused": "The migration would be refused",
  misconfigured: "ossnap is not configured correctly",
  permanent: "Something went wrong",
  internal: "Something went wrong",
  denied: "A system behind ossnap denied access",
  refused: "A system behind ossnap refused",
  transient: "A system behind ossnap did not answer",
};

const BASE_HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" };

export function json(statusCode: number, value: unknown, headers: Record<string, string> = {}): HttpAnswer {
  return {
    statusCode,
    headers: { "content-type": "application/json", ...BASE_HEADERS, ...headers },
    isBase64Encoded: false,
    body: safeJson(JSON.stringify(value)),
  };
}

/** `application/problem+json` (RFC 9457) with ossnap's error code and the request id. */
export function problem(
  code: keyof typeof STATUS,
  detail: string,
  request: { id: string; path: string },
  more: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): HttpAnswer {
  const body = {
    type: `urn:ossnap:problem:${code}`,
    title: TITLES[code],
    status: STATUS[code],
    detail: spelledForHttp(detail),
    instance: request.path,
    code,
    requestId: request.id,
    ...more,
  };
  const answer = json(STATUS[code], body, headers);
  return { ...answer, headers: { ...answer.headers, "content-type": "application/problem+json" } };
}

/**
 * An error as it may be shown to a caller: AppErrors with their message, anything else only as a failure.
 * @param more further members of the body.
 */
export function problemOf(
  error: unknown,
  request: { id: string; path: string },
  redact: (text: string) => string,
  more: Record<string, unknown> = {},
): HttpAnswer {
  if (!(error instanceof AppError)) return problem("internal", `request ${request.id} failed; the log says why`, request);
  const why: { reason?: Reason } = error.reason ? { reason: error.reason } : {};
  const code = codeOf(error);
  const retry: Record<string, string> =
    code === "transient" ? { "retry-after": String(Math.ceil((error.retryAfterMs ?? 5000) / 1000)) } : {};
  return problem(code, redact(messageOf(error)), request, { ...why, ...more }, retry);
}

/** Names of things that do not exist, wherever the request has them: in its path, its query or its body. */
const NOTHING_OF_THAT_NAME = ["config.unknown", "snapshot.notListed"];

function codeOf(error: AppError): ErrorCode | HttpFault {
  if (isStateDamage(error.reason)) return "permanent";
  if (error.reason?.code === "plan.stale" || error.reason?.code === "plan.carriedOut") return "plan-stale";
  if (NOTHING_OF_THAT_NAME.includes(error.reason?.code ?? "")) return "absent";
  if (error.reason?.code === "state.foreign") return "misconfigured";
  if (stateFault(error)) return "transient";
  // What no repetition changes is for a job to know; a caller is told whose answer it is.
  return error.code === "permanent" && error.cause instanceof OtherSystemFault ? "refused" : error.code;
}

/** An uninitialised state is a server fault, not a wrong address in the request. */
function stateFault(error: AppError): boolean {
  return error.reason?.code.startsWith("state.") ?? false;
}
