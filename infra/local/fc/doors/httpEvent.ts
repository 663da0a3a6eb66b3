import { isUtf8 } from "node:buffer";

/** A request as received over the wire. */
export interface WireRequest {
  method: string;
  /** Path and query as sent. */
  url: string;
  /** Alternating names and values, like `IncomingMessage.rawHeaders`. */
  rawHeaders: readonly string[];
  body: Buffer;
  sourceIp: string;
  protocolVersion: string;
}

export interface WireResponse {
  statusCode: number;
  headers: Record<string, string | string[]>;
  body: Buffer;
}

export interface HttpEventContext {
  requestId: string;
  accountId: string;
  region: string;
  now: Date;
}

/** The trigger's id in the default domain `<id>.<region>.fcapp.run`. */
const DOMAIN_PREFIX = "local";
const TEXT_TYPES = /^(text\/|application\/([^;]+\+)?(json|xml)|application\/(javascript|x-www-form-urlencoded|x-ndjson|problem\+json))/i;
/** The server sets the framing of the response itself. */
const FRAMING_HEADERS = new Set(["content-length", "transfer-encoding", "connection", "keep-alive"]);

/**
 * The event of an HTTP trigger of a built-in runtime:
 * https://www.alibabacloud.com/help/en/functioncompute/fc-3-0/user-guide/http-trigger-invoking-function
 * Throws `URIError` when the path is not properly percent-encoded.
 */
export function httpEvent(request: WireRequest, context: HttpEventContext): Record<string, unknown> {
  const mark = request.url.indexOf("?");
  const rawPath = mark < 0 ? request.url : request.url.slice(0, mark);
  const headers = joinedHeaders(request.rawHeaders);
  const isText = request.body.length === 0 || (TEXT_TYPES.test(headers["Content-Type"] ?? "text/plain") && isUtf8(request.body));
  return {
    version: "v1",
    rawPath,
    body: request.body.toString(isText ? "utf8" : "base64"),
    isBase64Encoded: !isText,
    headers,
    queryParameters: joinedQuery(mark < 0 ? "" : request.url.slice(mark + 1)),
    requestContext: {
      accountId: context.accountId,
      domainName: `${DOMAIN_PREFIX}.${context.region}.fcapp.run`,
      domainPrefix: DOMAIN_PREFIX,
      requestId: context.requestId,
      time: `${context.now.toISOString().slice(0, 19)}Z`,
      timeEpoch: String(context.now.getTime()),
      http: {
        method: request.method,
        path: decodeURIComponent(rawPath),
        protocol: `HTTP/${request.protocolVersion}`,
        sourceIp: request.sourceIp,
        userAgent: headers["User-Agent"] ?? "",
      },
    },
  };
}

/** The platform's response for a handler's value; a value without `statusCode` is the body itself, with 200 and JSON. */
export function httpResponse(value: Buffer): WireResponse {
  const answer = parsed(value);
  if (typeof answer?.statusCode !== "number") return { statusCode: 200, headers: { "Content-Type": "application/json" }, body: value };
  const headers: WireResponse["headers"] = {};
  for (const [name, given] of Object.entries(answer.headers ?? {})) {
    if (!FRAMING_HEADERS.has(name.toLowerCase())) headers[name] = Array.isArray(given) ? given.map(String) : String(given);
  }
  return { statusCode: answer.statusCode, headers, body: bodyOf(answer) };
}

interface HandlerAnswer {
  statusCode?: unknown;
  headers?: Record<string, unknown>;
  isBase64Encoded?: unknown;
  body?: unknown;
}

function parsed(value: Buffer): HandlerAnswer | undefined {
  try {
    const answer: unknown = JSON.parse(value.toString());
    return typeof answer === "object" && answer !== null ? answer : undefined;
  } catch {
    // Not JSON: the platform then uses it as the body.
    return undefined;
  }
}

function bodyOf({ body, isBase64Encoded }: HandlerAnswer): Buffer {
  if (body === undefined || body === null) return Buffer.alloc(0);
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return Buffer.from(text, isBase64Encoded === true ? "base64" : "utf8");
}

/** `x-OSSNAP-token` arrives as `X-Ossnap-Token`; repeated headers are joined by commas. */
function joinedHeaders(rawHeaders: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) append(headers, canonicalName(rawHeaders[at] ?? ""), rawHeaders[at + 1] ?? "");
  return headers;
}

function joinedQuery(query: string): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) append(parameters, name, value);
  return parameters;
}

function append(target: Record<string, string>, name: string, value: string): void {
  const before = Object.hasOwn(target, name) ? `${target[name]},` : "";
  // A plain assignment would lose a parameter named __proto__.
  Object.defineProperty(target, name, { value: before + value, enumerable: true, configurable: true, writable: true });
}

function canonicalName(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}
