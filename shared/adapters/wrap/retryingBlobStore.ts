import type { BlobInfo, BlobStore, ListOptions } from "../../model/blobStore.ts";
import { hasCode } from "../../model/errors.ts";

export interface RetryOptions {
  /** Total number, including the first. */
  attempts: number;
  /** The delay before attempt n + 1 is between 0 and `baseMs` × 2^(n-1), but at most `capMs`. */
  baseMs: number;
  capMs: number;
  /** A call that fails after this many milliseconds is not retried: an unresponsive store must leave time for the others. */
  patienceMs?: number;
  /** Milliseconds left in the invocation; no delay may extend beyond them. */
  remainingMs?: () => number;
  sleep: (ms: number) => Promise<void>;
  /** At least 0 and below 1. */
  random: () => number;
  /** Epoch milliseconds. */
  now: () => number;
}

/**
 * Retries `transient` failures with full jitter, never sooner than the store requested. A listing continues after its last key.
 * A `put` with `ifAbsent` is not retried, because it could find its first attempt's blob. A body that breaks off is left to the consumer.
 */
export function retrying(store: BlobStore, options: RetryOptions): BlobStore {
  const again = <T>(call: () => Promise<T>) => repeat(call, options);
  return {
    url: store.url,
    list: (prefix, listOptions = {}) => list(store, prefix, listOptions, options),
    head: (key) => again(() => store.head(key)),
    get: (key, range) => again(() => store.get(key, range)),
    open: (key, range) => again(() => store.open(key, range)),
    put: (key, body, putOptions = {}) =>
      putOptions.ifAbsent === true || putOptions.once === true
        ? store.put(key, body, putOptions)
        : again(() => store.put(key, body, putOptions)),
    // A large blob takes long, and its reader is the caller's responsibility.
    putFrom: (key, sizeBytes, read, ready) =>
      repeat(() => store.putFrom(key, sizeBytes, read, ready), { ...options, patienceMs: Number.POSITIVE_INFINITY }),
    delete: (keys) => again(() => store.delete(keys)),
  };
}

async function repeat<T>(call: () => Promise<T>, options: RetryOptions): Promise<T> {
  const startedMs = options.now();
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      await waitOrThrow(error, attempt, startedMs, options);
    }
  }
}

async function* list(
  store: BlobStore,
  prefix: string,
  listOptions: ListOptions,
  options: RetryOptions,
): AsyncGenerator<BlobInfo, void, undefined> {
  let last = listOptions.startAfter;
  let startedMs = options.now();
  for (let attempt = 1; ; attempt++) {
    try {
      for await (const blob of store.list(prefix, last === undefined ? listOptions : { ...listOptions, startAfter: last })) {
        last = blob.key;
        // Progress resets the number of attempts; otherwise a long listing could not survive a few faults.
        attempt = 1;
        yield blob;
        startedMs = options.now();
      }
      return;
    } catch (error) {
      await waitOrThrow(error, attempt, startedMs, options);
    }
  }
}

/**
 * Waits before the next attempt. Throws when the error is not `transient`, no attempt or time is left, or the delay would pass the
 * deadline.
 */
async function waitOrThrow(error: unknown, attempt: number, startedMs: number, options: RetryOptions): Promise<void> {
  const { patienceMs = Number.POSITIVE_INFINITY, remainingMs = () => Number.POSITIVE_INFINITY } = options;
  if (!hasCode(error, "transient") || attempt >= options.attempts || options.now() - startedMs >= patienceMs) throw error;
  const jitterMs = options.random() * Math.min(options.capMs, options.baseMs * 2 ** (attempt - 1));
  const waitMs = Math.max(jitterMs, error.retryAfterMs ?? 0);
  if (waitMs >= remainingMs()) throw error;
  await options.sleep(waitMs);
}
