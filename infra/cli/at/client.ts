import * as z from "zod";
import { AppError, type ErrorCode, messageOf } from "../../../shared/model/errors.ts";
import { clockDifference } from "../../../shared/model/network/clockDifference.ts";
import type { Reason } from "../../../shared/model/reason.ts";
import { TERMINAL_HEADERS } from "../../../shared/runtime/http/terminal.ts";
import { VERSION } from "../../../shared/runtime/settings.ts";
import { PAUSED_NOTE, type Terminal } from "../screen/terminal.ts";
import { wrongMember } from "./answers.ts";
import { type Api, type ApiCall, ApiRefusal } from "./api.ts";
import { type Keys, triggerHeaders } from "./triggerSignature.ts";

/** The function's own limit is 60 s; a cold start comes before it. */
const TIMEOUT_MS = 120_000;

export interface ClientOptions {
  url: URL;
  keys: Keys;
  /** Of the configuration's `http.tokens`. */
  token: string;
  terminal: Pick<Terminal, "note">;
}

/** What goes over the wire, and comes back. */
export interface Wire {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body: string | undefined;
}

export interface WireAnswer {
  status: number;
  headers: Headers;
  text: string;
}

/** Calls the deployed HTTP function: signed for Function Compute, with the ossnap token. */
export function openApi({ url, keys, token, terminal }: ClientOptions, send: (wire: Wire) => Promise<WireAnswer> = fetched): Api {
  let isNoted = false;
  return async (call, notes = { paused: true }) => {
    const wire = wireOf(url, call);
    const headers = { ...triggerHeaders(wire.method, wire.url, keys, new Date()), "x-ossnap-token": token, ...wire.headers };
    const answer = await send({ ...wire, headers });
    const version = answer.headers.get(TERMINAL_HEADERS.version);
    const body = parsed(answer, call, url);
    if (version !== null && version !== VERSION && !isNoted) {
      isNoted = true;
      terminal.note(`the functions run ossnap ${version}, and this command is ${VERSION}: its answers may lack something`);
    }
    if (notes.paused && answer.headers.get(TERMINAL_HEADERS.paused) === "true") terminal.note(PAUSED_NOTE);
    if (answer.status >= 400) throw errorOf(answer, body, url);
    requireOwn(answer, call, body, url);
    return { body, isReplayed: answer.headers.get("idempotent-replayed") === "true" };
  };
}

function wireOf(base: URL, { method, path, query = {}, body, key }: ApiCall): Wire {
  const url = new URL(base.pathname.replace(/\/+$/, "") + path, base);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  const headers = {
    [TERMINAL_HEADERS.asks]: VERSION,
    ...(key === undefined ? {} : { "idempotency-key": key }),
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
  return { method, url, headers, body: body === undefined ? undefined : JSON.stringify(body) };
}

/** Nothing was there to receive the request. */
const NEVER_SENT = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;

async function fetched({ method, url, headers, body }: Wire): Promise<WireAnswer> {
  let isReached = false;
  try {
    const init = { method, headers, redirect: "error" as const, signal: AbortSignal.timeout(TIMEOUT_MS) };
    const answer = await fetch(url, body === undefined ? init : { ...init, body });
    isReached = true;
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = messageOf(cause) || (cause as { code?: string }).code || "no answer";
    const isSent = isReached || !NEVER_SENT.test(String((cause as { code?: unknown }).code));
    const what = isReached ? "the answer of the HTTP function was cut off" : "the HTTP function did not answer";
    const fix = isReached ? "" : "; is its address right (--url, OSSNAP_HTTP_URL)?";
    const done = isSent ? mayBeDone(method) : "";
    throw new AppError("transient", `${url.origin}: ${what}: ${why}${fix}${done}`, { cause: error });
  }
}

/** Asked again without a key it would be another job. */
function mayBeDone(method: string): string {
  return method === "GET" ? "" : "; what was asked for may have been done: look at `ossnap jobs` before you ask again";
}

function parsed({ status, headers, text }: WireAnswer, { method }: ApiCall, url: URL): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const isOwn = headers.get(TERMINAL_HEADERS.version) !== null;
    const what = isOwn
      ? "with half an answer"
      : "with what is not JSON: it is not ossnap's HTTP function, or a proxy answered in its place";
    const done = status < 400 || isOwn ? mayBeDone(method) : "";
    throw new AppError(status >= 500 || isOwn ? "transient" : "permanent", `${url.origin}: answered ${status} ${what}${done}`, { cause });
  }
}

/** Anything may answer 200. The function names its version in every answer to a terminal; a body is read only if it is one of its route. */
function requireOwn({ status, headers }: WireAnswer, call: ApiCall, body: unknown, url: URL): void {
  const version = headers.get(TERMINAL_HEADERS.version);
  const answered = `${url.origin}: answered ${status}`;
  if (version === null || status < 200 || status > 299) {
    const what = "with what is not an answer of ossnap: it is not ossnap's HTTP function, or a proxy answered in its place";
    throw new AppError("permanent", `${answered} ${what}${mayBeDone(call.method)}`);
  }
  const wrong = wrongMember(call, status, body);
  if (wrong === undefined) return;
  const fix = version === VERSION ? "" : `: the functions run ossnap ${version}, and this command is ${VERSION}; deploy the same version`;
  throw new AppError("permanent", `${answered} with an answer that cannot be read (${wrong})${fix}${mayBeDone(call.method)}`);
}

const CODES: readonly ErrorCode[] = ["invalid", "absent", "conflict", "refused", "denied", "transient", "permanent"];

const ownFault = z.object({
  error: z.object({
    code: z.enum(CODES as [ErrorCode, ...ErrorCode[]]),
    lines: z.array(z.string()).min(1),
    reason: z.object({ code: z.string(), params: z.record(z.string(), z.unknown()) }).optional(),
  }),
});
const ownProblem = z.looseObject({ code: z.string(), detail: z.string() });
/** Function Compute's, before or instead of the function; both spellings occur. */
const platformFault = z.object({
  ErrorCode: z.string().optional(),
  Code: z.string().optional(),
  ErrorMessage: z.string().optional(),
  Message: z.string().optional(),
});

/** Faults of the request that a function answers without throwing. */
const PROBLEMS: Readonly<Record<string, (detail: string, status: number) => AppError>> = {
  unauthenticated: (detail) => new AppError("denied", `OSSNAP_TOKEN: ${detail}`),
  forbidden: (detail) => new AppError("denied", `OSSNAP_TOKEN: ${detail}`),
  "idempotency-key-reused": () => new AppError("invalid", "--key: was used for another request before; use a new key, or none"),
};

/** The error of the verb, as it is when the verb runs here. */
function errorOf({ status, headers }: Pick<WireAnswer, "status" | "headers">, body: unknown, url: URL): AppError {
  const own = ownFault.safeParse(body);
  if (own.success) {
    const { code, lines, reason } = own.data.error;
    const [first = "", ...more] = lines;
    return new AppError(code, first, { lines: more, ...(reason ? { reason: reason as Reason } : {}) });
  }
  const problem = ownProblem.safeParse(body);
  if (problem.success) {
    const { code, detail } = problem.data;
    if (code.endsWith("-refused")) return new ApiRefusal(detail, problem.data);
    return PROBLEMS[code]?.(detail, status) ?? new AppError("permanent", `${url.origin}: ${detail}`);
  }
  return platformError({ status, headers }, body, url);
}

/** Of Function Compute, which refused the request, or whose function died. */
function platformError({ status, headers }: Pick<WireAnswer, "status" | "headers">, body: unknown, url: URL): AppError {
  const { ErrorCode, Code = ErrorCode, ErrorMessage, Message = ErrorMessage } = platformFault.safeParse(body).data ?? {};
  const said = [Code, Message].filter((part) => part !== undefined).join(": ");
  const clock = clockDifference({ status, code: Code, date: headers.get("date") ?? undefined }, Date.now());
  if (clock !== undefined) return new AppError("denied", `${url.origin}: Function Compute refused the signature: ${said}; ${clock}`);
  if (status === 403 && Code === "AccessDenied")
    return new AppError(
      "denied",
      `${url.origin}: Function Compute answered ${said}; the keys need the right fc:InvokeFunction on the HTTP function`,
    );
  if (status === 403 || (status === 400 && Code === "MissingRequiredHeader"))
    return new AppError(
      "denied",
      `${url.origin}: Function Compute refused the signature: ${said}; check ALIBABA_CLOUD_ACCESS_KEY_ID and its secret`,
    );
  return new AppError(status >= 500 ? "transient" : "permanent", `${url.origin}: Function Compute answered ${status} ${said}`);
}
