import type { Readable } from "node:stream";
import { type ByteRange, GET_BYTES_MAX } from "../../model/blobStore.ts";
import { AppError } from "../../model/errors.ts";
import { type GrowingBytes, growingBytes } from "../../model/memory/growingBytes.ts";

export interface BodyOptions {
  body: Readable;
  /** The size announced by the store; undefined when it announced none. */
  sizeBytes: number | undefined;
  /** What was asked for, where the store announces no size or may announce another one: more is an error. */
  mostBytes?: number | undefined;
  /** The longest pause between two chunks, in milliseconds. */
  idleTimeoutMs: number;
  /** For messages: the store's url, the key and the call. */
  subject: string;
}

/** The whole size of a body, as far as the store announced it. */
export interface Announced {
  sizeBytes?: number | undefined;
}

/** A store that delivers less, beyond one pause, holds a function until its end: 16 KiB/s are a thousandth of what OSS delivers. */
const BYTES_PER_SECOND_MIN = 16 * 1024;
/** Waiting for an answer without a body of ours: a multipart upload may take minutes to complete. */
const ANSWER_TIMEOUTS = 5;

/**
 * The outcome of one vendor call, or `transient` when its whole answer takes longer than five times the idle time, and a minimal rate for what
 * was sent: the vendors' clients limit pauses only, and a listing that arrives byte by byte has none.
 */
export function answerWithin<T>(
  call: Promise<T>,
  subject: string,
  { idleTimeoutMs, sentBytes = 0 }: { idleTimeoutMs: number; sentBytes?: number },
): Promise<T> {
  const limitMs = ANSWER_TIMEOUTS * idleTimeoutMs + (1000 * sentBytes) / BYTES_PER_SECOND_MIN;
  return within(call, limitMs, `${subject}: no whole answer within ${secondsText(limitMs)}`);
}

/**
 * Streams the body with checks: a pause longer than `idleTimeoutMs`, a rate below 16 KiB/s for longer than that, a lost connection and a body of another length than announced throw
 * `transient`; a consumer that stops early closes the connection.
 */
export function guardedBody(options: BodyOptions): AsyncIterable<Uint8Array> & Announced {
  // Otherwise a connection lost before the consumer starts would end the process with an unhandled "error"; the iterator still reports it.
  options.body.on("error", ignore);
  return { sizeBytes: options.sizeBytes, [Symbol.asyncIterator]: () => guardedPieces(options) };
}

async function* guardedPieces({
  body,
  sizeBytes,
  mostBytes = Number.POSITIVE_INFINITY,
  idleTimeoutMs,
  subject,
}: BodyOptions): AsyncGenerator<Uint8Array, void, undefined> {
  const pieces = body[Symbol.asyncIterator]();
  let seenBytes = 0;
  // Without the consumer's own time between two pieces.
  let waitedMs = 0;
  try {
    for (;;) {
      const startedMs = performance.now();
      const step = await within(nextPiece(pieces, subject), idleTimeoutMs, stalled(subject, idleTimeoutMs));
      if (step.done === true) break;
      waitedMs += performance.now() - startedMs;
      if (isTooSlow({ seenBytes, waitedMs, idleTimeoutMs })) throw tooSlow(subject, seenBytes, waitedMs);
      seenBytes += step.value.byteLength;
      if (seenBytes > mostBytes)
        throw new AppError("transient", `${subject}: the answer has more than the ${mostBytes} bytes that it may have`);
      yield step.value;
    }
  } finally {
    body.destroy();
  }
  if (sizeBytes !== undefined && seenBytes !== sizeBytes) {
    throw endedEarly(subject, seenBytes, sizeBytes);
  }
}

/** What is said of a body that pauses for too long. */
export function stalled(subject: string, idleTimeoutMs: number): string {
  return `${subject}: the body stalled for ${secondsText(idleTimeoutMs)}`;
}

/** Whether a body arrives at less than the minimal rate, beyond one pause. */
export function isTooSlow({ seenBytes, waitedMs, idleTimeoutMs }: { seenBytes: number; waitedMs: number; idleTimeoutMs: number }): boolean {
  return waitedMs > idleTimeoutMs + (1000 * seenBytes) / BYTES_PER_SECOND_MIN;
}

export function tooSlow(subject: string, seenBytes: number, waitedMs: number): AppError {
  return new AppError("transient", `${subject}: the body arrives too slowly: ${seenBytes} bytes in ${secondsText(waitedMs)}`);
}

export function endedEarly(subject: string, seenBytes: number, sizeBytes: number): AppError {
  return new AppError("transient", `${subject}: the body ended after ${seenBytes} of ${sizeBytes} bytes`);
}

export function bodyCut(subject: string, cause: unknown): AppError {
  return new AppError("transient", `${subject}: the body was cut`, { cause });
}

async function nextPiece(pieces: AsyncIterator<Uint8Array>, subject: string): Promise<IteratorResult<Uint8Array>> {
  try {
    return await pieces.next();
  } catch (cause) {
    throw bodyCut(subject, cause);
  }
}

/** The promise's outcome, or `transient` with `message` after `timeoutMs`; the work itself continues and its result is ignored. */
export async function within<T>(promise: Promise<T>, timeoutMs: number, message: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AppError("transient", message)), timeoutMs);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** All chunks in one array, without a second copy of a large body. @throws AppError `invalid` for more than {@link GET_BYTES_MAX}. */
export async function collect(pieces: AsyncIterable<Uint8Array> & Announced, subject: string): Promise<Uint8Array> {
  const { sizeBytes = 0 } = pieces;
  if (sizeBytes > GET_BYTES_MAX) throw tooLarge(subject);
  let first: Uint8Array | undefined;
  let whole: GrowingBytes | undefined;
  let seenBytes = 0;
  for await (const piece of pieces) {
    seenBytes += piece.byteLength;
    if (seenBytes > GET_BYTES_MAX) throw tooLarge(subject);
    if (first === undefined) {
      first = piece;
      continue;
    }
    if (whole === undefined) {
      whole = growingBytes(Math.max(sizeBytes, seenBytes));
      whole.add(first);
    }
    whole.add(piece);
  }
  return whole?.bytes() ?? first ?? new Uint8Array(0);
}

export function tooLarge(subject: string): AppError {
  return new AppError("invalid", `${subject}: larger than ${GET_BYTES_MAX / 1024 / 1024} MB, which no metadata is`);
}

/** The bytes of `range` from a whole body, for a server that answers a range request with the full body. */
export async function* sliceBody(pieces: AsyncIterable<Uint8Array>, range: ByteRange): AsyncGenerator<Uint8Array, void, undefined> {
  let position = 0;
  for await (const piece of pieces) {
    const wanted = piece.subarray(Math.max(0, range.start - position), Math.max(0, range.end - position));
    position += piece.byteLength;
    if (wanted.byteLength > 0) yield wanted;
    if (position >= range.end) return;
  }
}

/** An empty body. */
export async function* emptyBody(): AsyncGenerator<Uint8Array, void, undefined> {}

/** The value of a `Range` header, whose last byte is inclusive. */
export function rangeHeader(range: ByteRange): string {
  return `bytes=${range.start}-${range.end - 1}`;
}

/**
 * True for an empty range, which a `Range` header cannot express.
 * @throws AppError `invalid` unless the bounds are non-negative integers in order.
 */
export function isEmptyRange(range: ByteRange, subject: string): boolean {
  if (!Number.isSafeInteger(range.start) || !Number.isSafeInteger(range.end) || range.start < 0 || range.end < range.start) {
    throw new AppError("invalid", `${subject}: range ${range.start} to ${range.end} is not in order: give start <= end, whole and from 0`);
  }
  return range.start === range.end;
}

/** Tests wait for less than a second. */
function secondsText(ms: number): string {
  return `${ms < 1000 ? Math.round(ms) / 1000 : Math.round(ms / 1000)} s`;
}

function ignore(): void {}
