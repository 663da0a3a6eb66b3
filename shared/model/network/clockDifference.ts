/**
 * OSS, Amazon S3 and Function Compute take signatures that are up to fifteen minutes off, so that a smaller difference explains no refusal. The
 * header has whole seconds, and its answer was under way.
 */
const TOLERATED_MS = 14.5 * 60_000;
/** Enough to say which way the clock is wrong, where the service says that it is. */
const SEEN_MS = 60_000;

/** What a refusal is about whose sender signed with another time than the service has. */
const CLOCK_CODES = /^(RequestTimeTooSkewed|InvalidTime[Ss]tamp|IllegalTimestamp|RequestExpired|SignatureExpired)/;

export interface Refusal {
  status: number | undefined;
  code: string | undefined;
  /** The answer's `Date` header, where the client keeps it. */
  date?: string | undefined;
}

/** The key does not exist, whatever the time is. */
const KEY_CODES = /^InvalidAccessKeyI[dD]/;

/** Whether the service itself says that the time is wrong. */
export function isClockCode(code: unknown): boolean {
  return CLOCK_CODES.test(String(code ?? ""));
}

/**
 * That a request was refused for this machine's clock, in words; `undefined` when it was not. A service that looks at the signature first, or
 * answers without a body, does not say so: then the clock in its own answer does.
 */
export function clockDifference({ status, code, date }: Refusal, now: number): string | undefined {
  const isSaid = isClockCode(code);
  if (!isSaid && ((status !== 401 && status !== 403) || KEY_CODES.test(code ?? ""))) return undefined;
  const behindMs = new Date(date ?? "").getTime() - now;
  if (Math.abs(behindMs) >= (isSaid ? SEEN_MS : TOLERATED_MS)) {
    const minutes = Math.round(Math.abs(behindMs) / 60_000);
    return `this machine's clock is ${minutes} min ${behindMs > 0 ? "behind" : "ahead of"} the service's: set it (NTP); the keys may be right`;
  }
  return isSaid ? "this machine's clock is wrong: set it (NTP); the keys may be right" : undefined;
}
