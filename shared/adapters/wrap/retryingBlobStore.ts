import type { BlobInfo, BlobStore, ListOptions } from "../../model/blobStore.ts";
import { hasCode } from "../../model/errors.ts";

export interface RetryOptions {
  /** In all, the first one included. */
  attempts: number;
  /** The wait before attempt n + 1 lies between 0 and `baseMs` × 2^(n-1), but at most `capMs`. */
  baseMs: number;
  capMs: number;
  /** A call that has failed after so long is not repeated, in milliseconds: one store that is silent must leave time for the others. */
  patienceMs?: number;
  /** No wait may end after so long, in milliseconds: the invocation ends. */
  remainingMs?: () => number;
  sleep: (ms: number) => Promise<void>;
  /** From 0 to below 1. */
  random: () => number;
  /** Epoch milliseconds. */
  now: () => number;
}

/**
 * Repeats what failed as `transient`, with full jitter, and never sooner than the store asked. A listing goes on after the last key it gave.
 * A `put` with `ifAbsent` is never repeated: the second try would meet the first one's own blob. A body that breaks off once `open` gave it is the consumer's matter.
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
      putOptions.ifAbsent === true ? store.put(key, body, putOptions) : again(() => store.put(key, body, putOptions)),
    // A large blob takes its time, and what is behind it is the caller's.
    putFrom: (key, sizeBytes, read) =>
      repeat(() => store.putFrom(key, sizeBytes, read), { ...options, patienceMs: Number.POSITIVE_INFINITY }),
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
        // Each page that moved on earns the full number of attempts again, or a long listing could not outlive a few faults.
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

/** Waits before the next attempt; throws the error when it is not `transient`, was the last, came late, or the wait would pass the deadline. */
async function waitOrThrow(error: unknown, attempt: number, startedMs: number, options: RetryOptions): Promise<void> {
  const { patienceMs = Number.POSITIVE_INFINITY, remainingMs = () => Number.POSITIVE_INFINITY } = options;
  if (!hasCode(error, "transient") || attempt >= options.attempts || options.now() - startedMs >= patienceMs) throw error;
  const jitterMs = options.random() * Math.min(options.capMs, options.baseMs * 2 ** (attempt - 1));
  const waitMs = Math.max(jitterMs, error.retryAfterMs ?? 0);
  if (waitMs >= remainingMs()) throw error;
  await options.sleep(waitMs);
}
