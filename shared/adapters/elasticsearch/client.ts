import { Client, HttpConnection } from "@elastic/elasticsearch";
import { Transport, type TransportOptions } from "@elastic/transport";
import type * as z from "zod";
import { AppError } from "../../model/errors.ts";
import { type FaultContext, toAppError } from "./errors.ts";

const REQUEST_TIMEOUT_MS_DEFAULT = 30_000;
/** A listing of thousands of snapshots is some tens of megabytes; more would not fit a small function's memory. */
const RESPONSE_BYTES_MAX = 128 * 1024 * 1024;

export interface ClusterOptions {
  name: string;
  url: string;
  username?: string | undefined;
  password?: string | undefined;
  /** One request, answer included; 30 s when left out. */
  requestTimeoutMs?: number | undefined;
  /** What is left of the invocation: no request outlives it. */
  remainingMs?: (() => number) | undefined;
}

export interface Call {
  /** What the message of an error names: `snapshot backups:night-1`. */
  subject: string;
  method: "GET" | "PUT" | "POST" | "DELETE";
  /** Encoded by the client. */
  path: readonly string[];
  query?: Record<string, string | boolean>;
  body?: Record<string, unknown>;
  /** Values in the body that no message may repeat. */
  secrets?: string[];
  /** Statuses beside 2xx whose body is the answer. */
  accept?: number[];
}

export interface ElasticsearchClient {
  readonly name: string;
  /** One request, never repeated; the answer is checked against the schema. */
  request<Answer>(schema: z.ZodType<Answer>, call: Call): Promise<Answer>;
}

/** Plain JSON and no product check: servers before 7.14 *execute* a request and the stock client then throws. */
class PlainTransport extends Transport {
  constructor(options: TransportOptions) {
    const vendoredHeaders = { jsonContentType: "application/json", ndjsonContentType: "application/x-ndjson", accept: "application/json" };
    // The type knows a string only; null is what switches the check off.
    super({ ...options, productCheck: null as unknown as string, vendoredHeaders });
  }
}

/** Errors: `invalid` for a URL that is none. */
export function openClient(options: ClusterOptions): ElasticsearchClient {
  const { node, auth, shownUrl } = readUrl(options);
  const timeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS_DEFAULT;
  const client = new Client({
    node,
    ...(auth === undefined ? {} : { auth }),
    Transport: PlainTransport,
    Connection: HttpConnection,
    // A function is frozen between calls, and a kept connection may be dead when it thaws: a write would then fail with nobody knowing whether it ran.
    agent: { keepAlive: false },
    enableMetaHeader: false,
    // A repeated create, restore or delete may meet its own first try.
    maxRetries: 0,
    requestTimeout: timeoutMs,
  });
  // The password as it is and as the header carries it: proxies like to quote what they refuse.
  const credentials = auth === undefined ? [] : [auth.password, Buffer.from(`${auth.username}:${auth.password}`).toString("base64")];
  const contextOf = (call: Call): FaultContext => ({
    cluster: options.name,
    url: shownUrl,
    username: auth?.username,
    subject: call.subject,
    secrets: [...credentials, ...(call.secrets ?? [])],
  });
  return {
    name: options.name,
    async request(schema, call) {
      const params = {
        method: call.method,
        path: `/${call.path.map(encodeURIComponent).join("/")}`,
        ...(call.query === undefined ? {} : { querystring: call.query }),
        ...(call.body === undefined ? {} : { body: call.body }),
      };
      const leftMs = Math.max(0, Math.min(timeoutMs, options.remainingMs?.() ?? timeoutMs));
      // The client's own time-out counts idle time only.
      const limits = { signal: AbortSignal.timeout(leftMs), maxResponseSize: RESPONSE_BYTES_MAX, ignore: call.accept ?? [] };
      const answer: unknown = await client.transport.request(params, limits).catch((error: unknown) => {
        throw toAppError(error, contextOf(call));
      });
      return parse(schema, answer, `cluster ${options.name} at ${shownUrl}: unexpected answer (${call.subject})`);
    },
  };
}

function readUrl(options: ClusterOptions) {
  if (!URL.canParse(options.url) || !/^https?:$/.test(new URL(options.url).protocol))
    throw new AppError("invalid", `cluster ${options.name}: url is no http or https address: write it as https://host:9200`);
  const url = new URL(options.url);
  const username = options.username ?? (url.username === "" ? undefined : decodeURIComponent(url.username));
  const password = options.password ?? (url.password === "" ? undefined : decodeURIComponent(url.password));
  url.username = "";
  url.password = "";
  const auth = username === undefined ? undefined : { username, password: password ?? "" };
  return { node: url.href, auth, shownUrl: url.href.replace(/\/$/, "") };
}

function parse<Answer>(schema: z.ZodType<Answer>, answer: unknown, subject: string): Answer {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  // Only where it differs, never what stood there: it may be anybody's page.
  const places = parsed.error.issues.map((issue) => `${issue.path.join(".") || "the whole"}: ${issue.message}`);
  throw new AppError("permanent", `${subject}: ${places.slice(0, 3).join("; ")}; is this Elasticsearch?`);
}
