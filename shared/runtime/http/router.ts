import type { Asked } from "../../jobs/record.ts";
import type { World } from "../../jobs/world.ts";
import type { HttpToken } from "../../model/config.ts";
import { AppError, jsonFaultOf, messageOf } from "../../model/errors.ts";
import { IDEMPOTENCY_KEY } from "../../model/jobId.ts";
import { safeJson, withoutByteOrderMark } from "../../model/plainText.ts";
import type { FcContext } from "../context.ts";
import type { HttpEvent } from "../events.ts";
import { checked, type Door } from "../handler.ts";
import { composedRedactor, openTexts, redactedJson, redactor, secretsKnown } from "../redact.ts";
import { VERSION } from "../settings.ts";
import type { Route } from "./call.ts";
import { type HttpAnswer, problem, problemOf } from "./problem.ts";
import { fingerprintOf, ROUTES } from "./routes.ts";
import { TERMINAL_HEADERS, terminalError } from "./terminal.ts";
import { refuseHalves, refuseUndecoded } from "./texts.ts";
import { authenticate, header, isTokenSent } from "./tokens.ts";

/** Requests are small; anything larger is a mistake or an attack. */
const BODY_BYTES_MAX = 256 * 1024;

interface Request {
  id: string;
  path: string;
  method: string;
}

/** Checks token, route, body and role before it runs the verb: no other system is accessed before the caller is authenticated. */
export async function answer(event: HttpEvent, door: Door): Promise<HttpAnswer> {
  const { method, path } = event.requestContext.http;
  const request = { id: door.context.requestId, path, method };
  const secrets = secretsKnown(door.settings.secrets, door.context);
  const redact = redactor(secrets);
  const seen: Seen = {};
  const answered = await routed(event, door, request, seen).catch((error: unknown) => {
    door.logger.error("request failed", { method, path, error: messageOf(error), stack: error instanceof Error ? error.stack : undefined });
    return problemOf(error, request, redact, isTerminal(event) ? terminalError(error, redact) : {});
  });
  // Reasons contain messages of other systems, both in problems and in job rows.
  const composed = composedRedactor(secrets, openTexts(door.settings.config));
  const headers = isTerminal(event) ? { ...answered.headers, ...terminalHeaders(seen) } : answered.headers;
  return { ...answered, headers, body: safeJson(redactedJson(answered.body, redact, composed)) };
}

/**
 * The answer to a fault before a token can be checked, such as a wrong ossnap.yaml: its code and the request's id alone, because anyone who
 * passes the platform's door gets it. The log has the text.
 */
export function answerFault(error: unknown, context: FcContext): HttpAnswer {
  const request = { id: context.requestId, path: "" };
  const code = error instanceof AppError && error.reason?.code === "config.invalid" ? "misconfigured" : "internal";
  return problem(code, `request ${request.id} failed; the log says why`, request);
}

/** What the request came to see, for a caller that is told of it even where it was refused. */
interface Seen {
  world?: World;
}

async function routed(event: HttpEvent, door: Door, request: Request, seen: Seen): Promise<HttpAnswer> {
  const token = authenticate(event.headers, door.settings.config.http.tokens);
  if (!token)
    return problem(
      "unauthenticated",
      isTokenSent(event.headers)
        ? "the token that was sent is unknown: compare its SHA-256 with http.tokens of ossnap.yaml"
        : "send a token in x-ossnap-token or Authorization: Bearer",
      request,
      {},
      { "www-authenticate": "Bearer" },
    );
  const found = match(request);
  if ("fault" in found) return found.fault;
  refuseHalves(found.params, "path");
  refuseHalves(event.queryParameters, "query");
  refuseUndecoded(found.params, "path");
  refuseUndecoded(event.queryParameters, "query");
  const { queries = [] } = found.route;
  const unknown = Object.keys(event.queryParameters).find((name) => !queries.includes(name));
  if (unknown !== undefined)
    throw new AppError(
      "invalid",
      `query parameter "${unknown}": is not known; ${request.path} accepts ${queries.length > 0 ? queries.join(", ") : "none"}`,
    );
  const text = Buffer.from(event.body, event.isBase64Encoded ? "base64" : "utf8");
  if (text.byteLength > BODY_BYTES_MAX)
    return problem("too-large", `the body has ${text.byteLength} bytes; send at most ${BODY_BYTES_MAX}`, request);
  if (text.byteLength > 0 && !/^application\/json\b/i.test(header(event.headers, "content-type") ?? ""))
    return problem("unsupported-media-type", "send Content-Type: application/json", request);
  const body = bodyOf(found.route, withoutByteOrderMark(text.toString("utf8")));
  if (found.route.changes(body) && token.role !== "operator")
    return problem(
      "forbidden",
      `the token "${token.name}" has the role viewer, which may read and run dry runs; use a token with the role operator`,
      request,
    );
  seen.world = await door.world({ adopting: found.route.adopting });
  return found.route.run({
    world: seen.world,
    params: found.params,
    query: event.queryParameters,
    body,
    asked: askedBy(token),
    key: keyOf(event),
    fingerprint: fingerprintOf(request.method, request.path, body),
    request,
  });
}

function isTerminal({ headers }: HttpEvent): boolean {
  return header(headers, TERMINAL_HEADERS.asks) !== undefined;
}

function terminalHeaders({ world }: Seen): Record<string, string> {
  return { [TERMINAL_HEADERS.version]: VERSION, ...(world?.paused ? { [TERMINAL_HEADERS.paused]: "true" } : {}) };
}

function askedBy(token: HttpToken): Asked {
  return { by: "person", who: `${token.name} (http)` };
}

function keyOf(event: HttpEvent): string | undefined {
  const key = header(event.headers, "idempotency-key");
  if (key !== undefined && !IDEMPOTENCY_KEY.test(key))
    throw new AppError("invalid", "Idempotency-Key: must be 1 to 255 visible ASCII characters");
  return key;
}

function bodyOf(route: Route, text: string): unknown {
  let parsed: unknown;
  try {
    parsed = text === "" ? undefined : JSON.parse(text);
  } catch (cause) {
    throw new AppError("invalid", `body: ${jsonFaultOf(cause)}; send one JSON object`, { cause });
  }
  refuseHalves(parsed, "body");
  return route.body ? checked(route.body, parsed, "body") : undefined;
}

function match(request: Request): { route: Route; params: Record<string, string> } | { fault: HttpAnswer } {
  const fitting = ROUTES.map((route) => ({ route, params: paramsOf(route.path, request.path) })).filter(
    ({ params }) => params !== undefined,
  );
  const found = fitting.find(({ route }) => route.method === request.method);
  if (found?.params) return { route: found.route, params: found.params };
  if (fitting.length === 0)
    return { fault: problem("not-found", `there is no route ${request.path}; docs/http.md lists all routes`, request) };
  const allow = [...new Set(fitting.map(({ route }) => route.method))].join(", ");
  return { fault: problem("method-not-allowed", `${request.path} accepts ${allow}, not ${request.method}`, request, {}, { allow }) };
}

function paramsOf(pattern: string, path: string): Record<string, string> | undefined {
  const [wanted, given] = [pattern.split("/"), path.replace(/\/+$/, "").split("/")];
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const value = given[index] ?? "";
    const name = /^\{(\w+)\}$/.exec(segment)?.[1];
    if (name === undefined ? segment !== value : value === "") return undefined;
    if (name !== undefined) params[name] = value;
  }
  return params;
}
