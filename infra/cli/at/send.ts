import { AppError, messageOf } from "../../../shared/model/errors.ts";

/** What goes over the wire, and comes back. */
export interface Wire {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body: string | undefined;
}

export interface WireAnswer {
  status: number;
  headers: Headers;
  text: string;
}

export interface SendLimits {
  /** From the first byte sent to the last one received. */
  timeoutMs: number;
  /** Of the answer, inflated. */
  bytesMax: number;
}

/** Nothing was there to receive the request. */
const NEVER_SENT = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;

/** Sends one request and reads its whole answer; a redirect is not followed, because it would carry the token to another address. */
export async function send({ method, url, headers, body }: Wire, limits: SendLimits): Promise<WireAnswer> {
  const progress = { isReached: false };
  const init: RequestInit = { method, headers, redirect: "manual", ...(body === undefined ? {} : { body }) };
  try {
    const answer = await withinTime((signal) => received(url, { ...init, signal }, limits, progress), limits.timeoutMs);
    requireNoRedirect(answer, method, url);
    return answer;
  } catch (error) {
    if (error instanceof AppError) throw error;
    const { isReached } = progress;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = messageOf(cause) || (cause as { code?: string }).code || "no answer";
    const isSent = isReached || !NEVER_SENT.test(String((cause as { code?: unknown }).code));
    const what = isReached ? "the answer of the HTTP function was cut off" : "the HTTP function did not answer";
    const fix = isReached ? "" : "; is its address right (--url, OSSNAP_HTTP_URL)?";
    const done = isSent ? mayBeDone(method) : "";
    throw new AppError("transient", `${url.origin}: ${what}: ${why}${fix}${done}`, { cause: error });
  }
}

/** Asked again without a key it would be another job. */
export function mayBeDone(method: string): string {
  return method === "GET" ? "" : "; what was asked for may have been done: look at `ossnap jobs` before you ask again";
}

/** Once its headers are there, `fetch` may forget a signal: the time holds for the body by the race alone. */
async function withinTime<T>(run: (signal: AbortSignal) => Promise<T>, timeoutMs: number): Promise<T> {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`the time was up (${timeoutMs / 1000} s)`);
      reject(error);
      abort.abort(error);
    }, timeoutMs);
  });
  return Promise.race([run(abort.signal), late]).finally(() => clearTimeout(timer));
}

async function received(url: URL, init: RequestInit, { bytesMax }: SendLimits, progress: { isReached: boolean }): Promise<WireAnswer> {
  const { status, headers, body } = await fetch(url, init);
  progress.isReached = true;
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body ?? []) {
    parts.push(part);
    bytes += part.byteLength;
    if (bytes > bytesMax) throw new AppError("permanent", `${url.origin}: answered more than ${bytesMax} bytes, which no function does`);
  }
  return { status, headers, text: new TextDecoder().decode(Buffer.concat(parts)) };
}

function requireNoRedirect({ status, headers }: WireAnswer, method: string, url: URL): void {
  const location = headers.get("location") ?? "";
  if (status < 300 || status > 399 || !URL.canParse(location, url.href)) return;
  const { origin } = new URL(location, url);
  const where = origin === url.origin ? "to another path" : `to ${origin}`;
  throw new AppError(
    "permanent",
    `${url.origin}: answered ${status}, a redirect ${where}, which is not followed; name the address of the HTTP function itself (--url, OSSNAP_HTTP_URL)${mayBeDone(method)}`,
  );
}
