import { Client, errors } from "@elastic/elasticsearch";
import { Transport, type TransportOptions } from "@elastic/transport";
import type * as z from "zod";
import { AppError } from "../../model/errors.ts";
import { oneLine, wellFormed } from "../../model/plainText.ts";
import { BoundedSerializer } from "./boundedSerializer.ts";
import { BoundedConnection } from "./connection.ts";
import { type FaultContext, toAppError } from "./errors/errors.ts";
import { ExactSerializer } from "./exactNumbers.ts";
import { signedConnection } from "./signing/connection.ts";
import { type AwsSigning, openSigning } from "./signing/signing.ts";
import { certificateOf } from "./trust.ts";

const REQUEST_TIMEOUT_MS_DEFAULT = 30_000;
const MEGABYTE = 1024 * 1024;
/**
 * By kind of call: acknowledgements, health and versions · settings, aliases, recoveries · states and listings of everything, of which
 * thousands of snapshots take tens of megabytes.
 */
const RESPONSE_BYTES_MAX = { small: MEGABYTE, medium: 16 * MEGABYTE, large: 128 * MEGABYTE };

/** The client's own time-out names the cause better, so it comes first. */
const SETTLE_MS = 250;

export interface ClusterOptions {
  name: string;
  url: string;
  username?: string | undefined;
  password?: string | undefined;
  /** In place of user and password: as encoded by Elasticsearch, or `id:key`. */
  apiKey?: string | undefined;
  /** In place of both: for Amazon's managed service, which takes signed requests. */
  aws?: AwsSigning | undefined;
  /** Certificates of a private CA in PEM form; they replace the known ones. */
  ca?: string | undefined;
  /** In place of `ca`: the SHA-256 fingerprint of the CA's certificate, hex with or without colons. */
  fingerprint?: string | undefined;
  /** Limit for one request including its response; defaults to 30 s. */
  requestTimeoutMs?: number | undefined;
  /** Time left in the invocation: no request outlives it. */
  remainingMs?: (() => number) | undefined;
}

export interface Call {
  /** The subject named in error messages: `snapshot backups:night-1`. */
  subject: string;
  method: "GET" | "PUT" | "POST" | "DELETE";
  /** Segments; the client encodes them. */
  path: readonly string[];
  query?: Record<string, string | boolean>;
  body?: Record<string, unknown>;
  /** Values in the body that must not appear in any message. */
  secrets?: string[];
  /** How large the response may be; by default `medium` for GET and `small` for everything else. */
  answer?: keyof typeof RESPONSE_BYTES_MAX;
  /** How long the response is waited for; the server may go on after that. By default the client's limit. */
  answerMs?: number;
  /** Statuses other than 2xx whose body is a valid response. */
  accept?: number[];
  /** Numbers of the response and the body stay as they were written; see `ExactSerializer`. */
  isExact?: true;
}

export interface ElasticsearchClient {
  readonly name: string;
  /** Sends one request without retries and validates the response against the schema. */
  request<Answer>(schema: z.ZodType<Answer>, call: Call): Promise<Answer>;
}

/** Plain JSON without the product check: servers before 7.14 *execute* a request, and the stock client then throws. */
class PlainTransport extends Transport {
  constructor(options: TransportOptions) {
    const vendoredHeaders = { jsonContentType: "application/json", ndjsonContentType: "application/x-ndjson", accept: "application/json" };
    // The type only allows a string, but null is the value that disables the check.
    super({ ...options, productCheck: null as unknown as string, vendoredHeaders });
  }
}

/** Errors: `invalid` for a malformed URL. */
export function openClient(options: ClusterOptions): ElasticsearchClient {
  const { node, auth, shownUrl } = readUrl(options);
  const timeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS_DEFAULT;
  const signing = options.aws && openSigning(options.name, options.aws);
  const open = (ca: string | undefined) => {
    const common = {
      node,
      ...(auth === undefined ? {} : { auth }),
      ...(ca === undefined ? {} : { tls: { ca } }),
      Transport: PlainTransport,
      Connection: signing ? signedConnection(signing.sign) : BoundedConnection,
      Serializer: BoundedSerializer,
      // A function is frozen between invocations and a kept connection may be dead afterwards; a write could then fail after being executed.
      agent: { keepAlive: false },
      enableMetaHeader: false,
      // A retried create, restore or delete could conflict with its own first attempt.
      maxRetries: 0,
      requestTimeout: timeoutMs,
    };
    const plain = new Client(common);
    let exact: Client | undefined;
    return (isExact: boolean): Client => {
      if (!isExact) return plain;
      exact ??= new Client({ ...common, Serializer: ExactSerializer });
      return exact;
    };
  };
  let opened = options.fingerprint === undefined ? open(options.ca) : undefined;
  /** The first request looks up the certificate that has the fingerprint. */
  const clientFor = async (signal: AbortSignal) => {
    if (opened !== undefined) return opened;
    const ca = await certificateOf(node, options.fingerprint ?? "", signal);
    if (ca === undefined)
      throw new AppError(
        "permanent",
        `cluster ${options.name} at ${shownUrl}: no certificate that it shows has the fingerprint; correct clusters.${options.name}.fingerprint, or set ca`,
      );
    opened = open(ca);
    return opened;
  };
  const credentials = secretsOf(auth, options.apiKey);
  const contextOf = (call: Call): FaultContext => ({
    cluster: options.name,
    url: shownUrl,
    username: auth !== undefined && "username" in auth ? auth.username : undefined,
    hasApiKey: auth !== undefined && "apiKey" in auth,
    awsKey: signing?.keyId(),
    hasCa: options.ca !== undefined,
    subject: call.subject,
    secrets: [...credentials, ...(signing?.secrets() ?? []), ...(call.secrets ?? [])],
  });
  return {
    name: options.name,
    async request(schema, call) {
      const params = {
        method: call.method,
        path: `/${call.path.map((part) => pathSegment(options.name, part)).join("/")}`,
        ...(call.query === undefined ? {} : { querystring: call.query }),
        ...(call.body === undefined ? {} : { body: call.body }),
      };
      const leftMs = Math.max(0, Math.min(call.answerMs ?? timeoutMs, timeoutMs, options.remainingMs?.() ?? timeoutMs));
      // The client's own timeout only counts idle time.
      const signal = AbortSignal.timeout(leftMs);
      const limits = {
        signal,
        maxResponseSize: RESPONSE_BYTES_MAX[call.answer ?? (call.method === "GET" ? "medium" : "small")],
        ignore: call.accept ?? [],
      };
      const send = async (): Promise<unknown> => (await clientFor(signal))(call.isExact === true).transport.request(params, limits);
      const answer = await withinTime(send(), leftMs).catch((error: unknown) => {
        const isCut = signal.aborted && error instanceof errors.ConnectionError;
        throw toAppError(isCut ? new errors.TimeoutError("the time was up") : error, contextOf(call));
      });
      return parse(schema, answer, `cluster ${options.name} at ${shownUrl}: unexpected answer (${call.subject})`);
    },
  };
}

/**
 * @elastic/transport never settles a request whose answer is not HTTP, and a signal's timer does not keep the process alive until it would.
 */
function withinTime<T>(work: Promise<T>, leftMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new errors.TimeoutError("the time was up")), leftMs + SETTLE_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Another character instead of half of one would make another name, and a deletion of another snapshot. */
function pathSegment(cluster: string, part: string): string {
  if (wellFormed(part) === part) return encodeURIComponent(part);
  throw new AppError("invalid", `cluster ${cluster}: ${oneLine(part)} holds half of a character, which no name has; write the whole name`);
}

function readUrl(options: ClusterOptions) {
  if (!URL.canParse(options.url) || !/^https?:$/.test(new URL(options.url).protocol))
    throw new AppError("invalid", `cluster ${options.name}: url is no http or https address: write it as https://host:9200`);
  const url = new URL(options.url);
  const username = options.username ?? (url.username === "" ? undefined : decodeURIComponent(url.username));
  const password = options.password ?? (url.password === "" ? undefined : decodeURIComponent(url.password));
  url.username = "";
  url.password = "";
  // A token in the query would be shown in every message.
  url.search = "";
  url.hash = "";
  const byName = username === undefined ? undefined : { username, password: password ?? "" };
  const auth = options.apiKey === undefined ? byName : { apiKey: encodedKey(options.apiKey) };
  return { node: url.href, auth, shownUrl: url.href.replace(/\/$/, "") };
}

/** Elasticsearch shows `id` and `api_key`, and from 7.16 on both encoded; the header takes the latter. */
function encodedKey(apiKey: string): string {
  return apiKey.includes(":") ? Buffer.from(apiKey).toString("base64") : apiKey;
}

/** Credentials in plain form and as encoded in the header, because proxies tend to quote what they reject. */
function secretsOf(auth: ReturnType<typeof readUrl>["auth"], apiKey: string | undefined): string[] {
  if (auth === undefined) return [];
  if ("apiKey" in auth) return [auth.apiKey, apiKey ?? "", ...(apiKey?.includes(":") ? apiKey.split(":").slice(1) : [])];
  return [auth.password, Buffer.from(`${auth.username}:${auth.password}`).toString("base64")];
}

function parse<Answer>(schema: z.ZodType<Answer>, answer: unknown, subject: string): Answer {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  if (typeof answer === "string") throw new AppError("permanent", `${subject}: it is no JSON, such as a web page; is this Elasticsearch?`);
  // Reports only the paths that differ, never their values: the response may be an arbitrary document.
  const paths = parsed.error.issues.map((issue) => issue.path.join(".")).filter((path) => path !== "");
  const wrong = paths.length === 0 ? "it has another form" : `${paths.slice(0, 3).join(", ")} missing or of another form`;
  throw new AppError("permanent", `${subject}: ${wrong}; is this Elasticsearch?`);
}
