import { oneLine } from "./plainText.ts";
import type { Reason } from "./reason.ts";

/**
 * The closed set of error codes; each adapter maps the faults of its technology to it.
 * - `conflict` another writer holds it or the state changed; checking again may help
 * - `transient` the same request may succeed later (5xx, throttled, timed out, truncated)
 * - `denied` credentials or permissions are missing; a person must act
 * - `refused` the other side answered that it will not, for a reason that this version does not know; a person may have to act, and it is
 *   retried until the job's patience ends
 * - `invalid` the request or the bytes are wrong; repeating it cannot help
 * - `absent` a container that must exist does not (bucket, repository, cluster); a missing *key* is `undefined`, not an error
 * - `permanent` any other fault that repeating cannot fix
 */
export type ErrorCode = "conflict" | "transient" | "denied" | "refused" | "invalid" | "absent" | "permanent";

export interface AppErrorOptions {
  /** More specific than the code, for catalogues, pages and programs. */
  reason?: Reason;
  cause?: unknown;
  /** Further lines of the message. */
  lines?: readonly string[];
  /** The delay that the server requested, in milliseconds. */
  retryAfterMs?: number;
}

/**
 * An error with a code from the closed set; the message is written for people and names its subject first. Names and texts from outside stand
 * in it, so a line break within it, or within one of its `lines`, is always shown escaped: no value can begin a line of its own.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly reason: Reason | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super([message, ...(options.lines ?? [])].map(oneLine).join("\n"), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.reason = options.reason;
    this.retryAfterMs = options.retryAfterMs;
    forgetFrames(this, options.cause);
  }
}

/** What another system answered; as the cause of an error it tells that the fault is not ours. */
export class OtherSystemFault extends Error {}

/** Until its text is asked for, a stack holds its functions and all that they close over: a document of 48 MB for each error that is kept. */
function forgetFrames(...errors: unknown[]): void {
  for (const error of errors) if (error instanceof Error) void error.stack;
}

/** True for an {@link AppError} with one of the given codes. */
export function hasCode(error: unknown, ...codes: ErrorCode[]): error is AppError {
  return error instanceof AppError && codes.includes(error.code);
}

/** The message of any thrown value for people: its line breaks are those of ossnap's own errors. */
export function linesOf(error: unknown): string[] {
  return error instanceof AppError ? error.message.split("\n") : [oneLine(messageOf(error))];
}

/** The message of any thrown value, for messages and logs. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node's own text continues with the paths of all files that are loaded.
  const missing = (error as { code?: unknown }).code === "MODULE_NOT_FOUND" ? /'(\.\/[^'\n]+)'/.exec(error.message)?.[1] : undefined;
  return missing === undefined ? error.message : `${missing}, a file of this bundle, is missing: bundle and deploy again`;
}

const FILE_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "there is no permission to read it",
  EPERM: "there is no permission to read it",
  EISDIR: "it is a directory",
  ENOTDIR: "a part of its path is not a directory",
  ELOOP: "its links lead in a circle",
  ENAMETOOLONG: "its name is too long",
  EMFILE: "too many files are open",
};

/** Why a file could not be read, in words of ours: Node's text repeats the path and the system call. */
export function fileFaultOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return FILE_FAULTS[code ?? ""] ?? `it cannot be read (${code ?? "unknown fault"})`;
}

/** Where a text stops being JSON, in words of ours: the parser's message quotes the text, which may be a secret. */
export function jsonFaultOf(error: unknown): string {
  const said = messageOf(error);
  if (/end of JSON input|Unterminated/.test(said)) return "it ends in the middle of a value";
  const position = /at position (\d+)/.exec(said)?.[1];
  return position === undefined ? "it is not JSON" : `it is not JSON from character ${Number(position) + 1} on`;
}
