import type { Reason } from "./reason.ts";

/**
 * The closed family of errors; every technology's faults are mapped to it once, in its adapter.
 * - `conflict`  somebody else holds it or the world moved; looking again may help
 * - `transient` the same request may succeed later (5xx, throttled, timed out, cut)
 * - `denied`    credentials or rights are missing; a person must act
 * - `invalid`   the request or the bytes are wrong; repeating it cannot help
 * - `absent`    a container that must exist does not (bucket, repository, cluster); a missing *key* is `undefined`, not an error
 * - `permanent` anything else that repeating cannot mend
 */
export type ErrorCode = "conflict" | "transient" | "denied" | "invalid" | "absent" | "permanent";

export interface AppErrorOptions {
  /** Finer than the code, for catalogues, pages and programs. */
  reason?: Reason;
  cause?: unknown;
  /** How long the other side asked us to wait, in milliseconds. */
  retryAfterMs?: number;
}

/** An error with a code from the closed family; the message is for people and names the subject first. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly reason: Reason | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.reason = options.reason;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** True for an {@link AppError} with one of the given codes. */
export function hasCode(error: unknown, ...codes: ErrorCode[]): error is AppError {
  return error instanceof AppError && codes.includes(error.code);
}

/** The text of anything thrown, for messages and logs. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
