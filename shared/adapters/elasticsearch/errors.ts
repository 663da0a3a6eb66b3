import { errors } from "@elastic/elasticsearch";
import { AppError, type AppErrorOptions, type ErrorCode, jsonFaultOf, messageOf } from "../../model/errors.ts";
import { oneLine } from "../../model/plainText.ts";
import { reason } from "../../model/reason.ts";
import { masked } from "../network/masked.ts";
import { networkFault } from "../network/networkFault.ts";

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
  /** The certificate of a CA is set. */
  hasCa?: boolean;
  /** The requested object: `snapshot backups:night-1`. */
  subject: string;
  /** Values that must not be repeated even if the server repeats them. */
  secrets: string[];
}

/** A server's response without the request headers that the client's own errors carry; it is the `cause` of the adapter's errors. */
export class ElasticsearchFault extends Error {
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

interface Rule {
  code: ErrorCode;
  type?: RegExp;
  /** Matched against every reason in the response, including causes. */
  text?: RegExp;
  /** Another reason that must be there too. */
  alsoText?: RegExp;
  /** A blob of the repository is missing or cannot be read, which its bucket can confirm. */
  isUnreadable?: true;
  /** Added to the server's words. */
  fix?: string;
}

const REPOSITORY_DATA = /(could not read|exception when loading) repository data/;

/**
 * First match wins. Types and texts are those of real servers of 2.4, 5.5, 6.7, 7.10, 8.17 and 9.2; the status alone is misleading (500 for
 * an existing name, 403 for a closed index).
 */
const RULES: readonly Rule[] = [
  { code: "conflict", type: /^concurrent_snapshot_execution_exception$/ },
  { code: "conflict", type: /^(snapshot_name_already_in_use|snapshot_in_progress|repository_conflict)_exception$/ },
  { code: "conflict", type: /^(resource|index)_already_exists_exception$/ },
  { code: "conflict", text: /snapshot with (the same|such) name (already exists|is already)/ },
  { code: "conflict", text: /because it's open|because an open index with same name already exists/ },
  { code: "conflict", text: /index (or data stream )?exists with the same name as the alias/ },
  { code: "conflict", text: /repository that is currently used/ },
  { code: "conflict", text: /Cannot (delete|close) indices that are being (snapshotted|restored)/ },
  { code: "absent", type: /^(repository_missing|index_not_found)_exception$/ },
  // The repository lists the snapshot but its blob is missing: a copy is in progress.
  { code: "transient", type: /^snapshot_missing_exception$/, text: /\/[^\]]+\] +is missing/, isUnreadable: true },
  { code: "absent", type: /^snapshot_missing_exception$/ },
  { code: "permanent", text: /unknown parameter \[index_uuid\]/ },
  { code: "invalid", type: /^(index_closed|cluster_block)_exception$/, text: /^closed$|index closed/ },
  // A block that a person, or a full disk, set on an index or on the cluster; no user's permissions are meant.
  { code: "refused", type: /^cluster_block_exception$/, text: /FORBIDDEN\// },
  // The errors of 6.x, 7.x and 2.x when they read roots and snapshots of a later version.
  { code: "permanent", text: /Can't get text on a FIELD_NAME|unknown field (\[uuid\] found|name +\[min_version\])|index\[min_version\]/ },
  // A root that names a snapshot which it does not list.
  { code: "permanent", text: /Detected a corrupted repository/ },
  { code: "invalid", type: /^snapshot_restore_exception$/ },
  { code: "invalid", type: /^invalid_(alias|index|repository|snapshot)_name_exception$/ },
  // 6.x on the metadata of an index of a later version.
  { code: "invalid", text: /Unexpected field \[/ },
  { code: "invalid", text: /failed to create repository|repository type \[.*\] does not exist/ },
  // From 7.6 on, after another cluster wrote. A registration with the same settings does not help on 7.10, and on 8.17 only after this error (measured).
  {
    code: "permanent",
    text: /disabled to prevent data corruption|concurrent modification of the index-N file|do not match its expected state/,
    fix: "another cluster wrote there: make it read-only on that cluster, remove this one's registration (DELETE _snapshot/NAME deletes no snapshot) and register it again",
  },
  // Keys that are wrong, or a place that nodes cannot write: a person corrects it, and the next try succeeds.
  { code: "refused", type: /^repository_verification_exception$/ },
  // A root that no JSON parser takes, as Jackson says it; one that merely ends early may still be copied.
  {
    code: "permanent",
    text: REPOSITORY_DATA,
    alsoText: /Unexpected (character|close marker)|Duplicate field|Unrecognized token|Invalid UTF-8|Illegal (unquoted )?character/i,
    isUnreadable: true,
  },
  // A snapshot's blob or a root that is still being copied, or is lost; the rules for later formats come first.
  { code: "transient", text: /Snapshot could not be read/, isUnreadable: true },
  { code: "transient", text: REPOSITORY_DATA, isUnreadable: true },
  // Answers 500 although only a node or the network failed.
  { code: "transient", type: /^(\w+_transport|timeout|node_closed|node_disconnected|node_not_connected|failed_node)_exception$/ },
];

function answeredError(error: errors.ResponseError, context: FaultContext): AppError {
  const status = error.statusCode ?? 0;
  const { type, index, reasons } = readBody(error.body);
  const rule = ruleFor(status, type, reasons);
  const code = rule?.code ?? codeOfStatus(status, type !== undefined || reasons.length > 0);
  // Redact before the text is truncated: half a secret is a secret too.
  const said = summarize(reasons.map((text) => masked(text, context.secrets)));
  const cause = new ElasticsearchFault(said === "" ? `HTTP ${status}` : said, { status, type, index });
  const unreadable = rule?.isUnreadable ? { reason: reason("repository.unreadable", { cluster: context.cluster }) } : {};
  const options: AppErrorOptions = { cause, ...unreadable, ...retryAfter(error.headers?.["retry-after"]) };
  const isPage = typeof error.body === "string" && error.body !== "";
  const words =
    said === "" ? `HTTP ${status}${isPage ? " with an answer that is not of Elasticsearch, such as the page of a proxy" : ""}` : said;
  const detail = rule?.fix === undefined ? words : `${words}; ${rule.fix}`;
  if (code === "denied") {
    const anonymous = context.hasApiKey ? "the API key" : "without a user";
    const who = context.username === undefined ? anonymous : `user ${context.username}`;
    return new AppError(
      code,
      `cluster ${context.cluster} at ${context.url}: ${who} is refused (HTTP ${status}, ${context.subject}): ${detail}`,
      options,
    );
  }
  return new AppError(code, `cluster ${context.cluster}: ${context.subject}: ${detail}`, options);
}

function ruleFor(status: number, type: string | undefined, reasons: string[]): Rule | undefined {
  // Overload, whatever the request: a full queue, a tripped breaker, a disk above its flood stage.
  if (status === 429) return { code: "transient" };
  return RULES.find((rule) => {
    const isSaid = (text: RegExp | undefined) => text === undefined || reasons.some((said) => text.test(said));
    return (rule.type?.test(type ?? "") ?? true) && isSaid(rule.text) && isSaid(rule.alsoText);
  });
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
  if (!isRecord(outer)) return { type: undefined, index: undefined, reasons: [] };
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
