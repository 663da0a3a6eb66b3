import * as z from "zod";
import { AppError, type ErrorCode } from "../../../shared/model/errors.ts";
import { clockDifference } from "../../../shared/model/network/clockDifference.ts";
import type { Reason } from "../../../shared/model/reason.ts";
import { TERMINAL_HEADERS } from "../../../shared/runtime/http/terminal.ts";
import { VERSION } from "../../../shared/runtime/settings.ts";
import { PAUSED_NOTE, type Terminal } from "../screen/terminal.ts";
import { wrongMember } from "./answers.ts";
import { type Api, type ApiCall, ApiRefusal } from "./api.ts";
import { mayBeDone, send, type Wire, type WireAnswer } from "./send.ts";
import { type Keys, triggerHeaders } from "./triggerSignature.ts";

/** The function's own limit is 60 s, and a cold start comes before it; its answers have 32 MB at most. */
const LIMITS = { timeoutMs: 120_000, bytesMax: 64 * 1024 * 1024 };

export interface ClientOptions {
  url: URL;
  keys: Keys;
  /** Of the configuration's `http.tokens`. */
  token: string;
  terminal: Pick<Terminal, "note">;
}

/** Calls the deployed HTTP function: signed for Function Compute, with the ossnap token. */
export function openApi(
  { url, keys, token, terminal }: ClientOptions,
  sending: (wire: Wire) => Promise<WireAnswer> = (wire) => send(wire, LIMITS),
): Api {
  let isNoted = false;
  return async (call, notes = { paused: true }) => {
    const wire = wireOf(url, call);
    const headers = { ...triggerHeaders(wire.method, wire.url, keys, new Date()), "x-ossnap-token": token, ...wire.headers };
    const answer = await sending({ ...wire, headers });
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
  const isTransient = status >= 500 || status === 429 || /^(ResourceExhausted|Throttling)/.test(Code ?? "");
  return new AppError(
    isTransient ? "transient" : "permanent",
    `${url.origin}: Function Compute answered ${status} ${said || "without a reason"}`,
  );
}
