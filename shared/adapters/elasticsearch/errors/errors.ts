import { errors } from "@elastic/elasticsearch";
import { AppError, type AppErrorOptions, type ErrorCode, jsonFaultOf, messageOf, OtherSystemFault } from "../../../model/errors.ts";
import { oneLine } from "../../../model/plainText.ts";
import { masked } from "../../network/masked.ts";
import { networkFault } from "../../network/networkFault.ts";
import { amazonReason } from "./amazon.ts";
import { reasonOf, ruleFor } from "./rules.ts";

/** The text is meant for people; Guice's reports in 2.x can be pages long. */
const REASON_CHARACTERS_MAX = 500;

/** The values named in the message; never the password itself. */
export interface FaultContext {
  /** `source` */
  cluster: string;
  /** Without user and password. */
  url: string;
  username: string | undefined;
  hasApiKey?: boolean;
  /** The id of the key that signed the request, for Amazon's managed service. */
  awsKey?: string | undefined;
  /** The certificate of a CA is set. */
  hasCa?: boolean;
  /** The requested object: `snapshot backups:night-1`. */
  subject: string;
  /** Values that must not be repeated even if the server repeats them. */
  secrets: string[];
}

/** A server's response without the request headers that the client's own errors carry; it is the `cause` of the adapter's errors. */
export class ElasticsearchFault extends OtherSystemFault {
  readonly status: number | undefined;
  /** `snapshot_missing_exception`, … */
  readonly type: string | undefined;
  /** The index named by the server, if any. */
  readonly index: string | undefined;

  constructor(
    message: string,
    { status, type, index }: { status?: number | undefined; type?: string | undefined; index?: string | undefined },
  ) {
    super(message);
    this.name = "ElasticsearchFault";
    this.status = status;
    this.type = type;
    this.index = index;
  }
}

/** The server's response behind an error of this adapter. */
export function faultOf(error: unknown): ElasticsearchFault | undefined {
  return error instanceof AppError && error.cause instanceof ElasticsearchFault ? error.cause : undefined;
}

/** Maps any error of the client to the closed set of error codes. */
export function toAppError(error: unknown, context: FaultContext): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof errors.ResponseError) return answeredError(error, context);
  const place = `cluster ${context.cluster} at ${context.url}`;
  const text = masked(messageOf(error), context.secrets);
  const cause = new ElasticsearchFault(text, {});
  if (error instanceof errors.TimeoutError || isTimeout(error))
    return new AppError("transient", `${place}: no answer in time (${context.subject})`, { cause });
  if (error instanceof errors.RequestAbortedError || error instanceof errors.DeserializationError)
    return new AppError("permanent", `${place}: the answer cannot be read (${context.subject}): ${unreadableFault(error, text)}`, {
      cause,
    });
  if (error instanceof errors.ConnectionError || error instanceof errors.NoLivingConnectionsError) {
    const fault = networkFault(text);
    const code = fault.isLasting ? "permanent" : "transient";
    return new AppError(code, `${place}: ${fault.text}${tlsHint(fault.text, context)}`, { cause });
  }
  return new AppError("permanent", `${place}: ${text} (${context.subject})`, { cause });
}

function answeredError(error: errors.ResponseError, context: FaultContext): AppError {
  const status = error.statusCode ?? 0;
  const { type, index, reasons } = readBody(error.body);
  const rule = ruleFor(status, type, reasons);
  const code = rule?.code ?? codeOfStatus(status, type !== undefined || reasons.length > 0);
  // Redact before the text is truncated: half a secret is a secret too.
  const said = summarize(reasons.map((text) => masked(text, context.secrets)));
  const cause = new ElasticsearchFault(said === "" ? `HTTP ${status}` : said, { status, type, index });
  const isPage = typeof error.body === "string" && error.body !== "";
  const words =
    said === "" ? `HTTP ${status}${isPage ? " with an answer that is not of Elasticsearch, such as the page of a proxy" : ""}` : said;
  const detail = rule?.fix === undefined ? words : `${words}; ${rule.fix}`;
  const message = `cluster ${context.cluster}: ${context.subject}: ${detail}`;
  const options: AppErrorOptions = {
    cause,
    ...reasonOf({ rule, code, reasons, message, cluster: context.cluster }),
    ...retryAfter(error.headers?.["retry-after"]),
  };
  if (code === "denied") {
    return new AppError(
      code,
      `cluster ${context.cluster} at ${context.url}: ${callerOf(context)} is refused (HTTP ${status}, ${context.subject}): ${detail}`,
      options,
    );
  }
  return new AppError(code, message, options);
}

function callerOf({ username, awsKey, hasApiKey }: FaultContext): string {
  if (awsKey !== undefined) return `key ${awsKey.slice(0, 4)}…${awsKey.slice(-4)}`;
  if (username !== undefined) return `user ${username}`;
  return hasApiKey ? "the API key" : "without a user";
}

/** An error that Elasticsearch wrote is its answer; anything else comes from a proxy in between, which may recover. */
function codeOfStatus(status: number, isAnswer: boolean): ErrorCode {
  if (status === 401 || status === 403) return "denied";
  if (status === 404) return "absent";
  if (status === 409) return "conflict";
  if (status < 400) return "permanent";
  const isUnavailable = status === 408 || status > 500;
  return isAnswer && !isUnavailable ? "refused" : "transient";
}

/** `error` is an object with a chain of `caused_by`, or for a few requests a bare string. */
function readBody(body: unknown): { type: string | undefined; index: string | undefined; reasons: string[] } {
  const outer = isRecord(body) ? body.error : undefined;
  if (typeof outer === "string") return { type: undefined, index: undefined, reasons: [outer] };
  if (!isRecord(outer)) {
    const said = amazonReason(body);
    return { type: undefined, index: undefined, reasons: said === undefined ? [] : [said] };
  }
  const reasons: string[] = [];
  for (let cause: unknown = outer; isRecord(cause); cause = cause.caused_by) {
    if (typeof cause.reason === "string") reasons.push(cause.reason);
  }
  const roots = Array.isArray(outer.root_cause) ? outer.root_cause : [];
  for (const root of roots) if (isRecord(root) && typeof root.reason === "string") reasons.push(root.reason);
  // Up to 7.x a pattern that matches no index is named under `resource.id` only.
  const index = asText(outer.index) ?? asText(outer["resource.id"]);
  return { type: asText(outer.type), index, reasons: [...new Set(reasons)] };
}

/** The outermost and the innermost reason; often only the innermost states the problem. */
function summarize(reasons: string[]): string {
  const [first, ...others] = reasons;
  const last = others.at(-1);
  const text = last === undefined || first?.includes(last) ? (first ?? "") : `${first}: ${last}`;
  return oneLine(text.replace(/\s+/g, " ").trim()).slice(0, REASON_CHARACTERS_MAX);
}

/** Where ossnap.yaml names a private CA. */
function tlsHint(text: string, { cluster, hasCa }: FaultContext): string {
  if (!/not signed by a CA/.test(text)) return "";
  return hasCa
    ? `; clusters.${cluster}.ca is the certificate of another CA: correct it`
    : `; for a private CA set clusters.${cluster}.ca or fingerprint`;
}

/** Begins the message about an answer whose values were not built. */
export const OVER_MEMORY = "its values would take more than";

const TOO_LONG = /^The content length \(\d+\) is bigger than the maximum allowed/;

const CLIENT_LIMIT_BYTES = 500_000_000;

/** The parser of JSON quotes the answer, which may be a page; a limit of ours is in our own words. */
function unreadableFault(error: Error, text: string): string {
  if (TOO_LONG.test(text)) {
    const most = Number(/\((\d+)\)$/.exec(text.trim())?.[1]);
    // Above every limit of ours it is what the client's runtime can hold.
    return most < CLIENT_LIMIT_BYTES ? `it is longer than ${most} bytes` : "it is longer than this client can read";
  }
  return error instanceof errors.DeserializationError && !error.message.startsWith(OVER_MEMORY) ? jsonFaultOf(error) : text;
}

/** The deadline's signal makes the request fail as aborted. */
function isTimeout(error: unknown): boolean {
  return error instanceof errors.RequestAbortedError && error.message === "Request aborted";
}

function retryAfter(header: string | string[] | undefined): { retryAfterMs?: number } {
  const seconds = Number(Array.isArray(header) ? header[0] : header);
  return Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: seconds * 1000 } : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
