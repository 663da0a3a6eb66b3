import type { BlobInfo, BlobStore } from "../../model/blobStore.ts";
import { hasCode } from "../../model/errors.ts";

export interface RetryOptions {
  /** In all, the first one included. */
  attempts: number;
  /** The wait before attempt n + 1 lies between 0 and `baseMs` × 2^(n-1), but at most `capMs`. */
  baseMs: number;
  capMs: number;
  /** No wait may end after this moment, in epoch milliseconds. */
  deadline?: () => number;
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
    list: (prefix, { startAfter } = {}) => list(store, prefix, startAfter, options),
    head: (key) => again(() => store.head(key)),
    get: (key, range) => again(() => store.get(key, range)),
    open: (key, range) => again(() => store.open(key, range)),
    put: (key, body, putOptions = {}) =>
      putOptions.ifAbsent === true ? store.put(key, body, putOptions) : again(() => store.put(key, body, putOptions)),
    putFrom: (key, sizeBytes, read) => again(() => store.putFrom(key, sizeBytes, read)),
    delete: (keys) => again(() => store.delete(keys)),
    now: () => again(() => store.now()),
  };
}

async function repeat<T>(call: () => Promise<T>, options: RetryOptions): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      await waitOrThrow(error, attempt, options);
    }
  }
}

async function* list(
  store: BlobStore,
  prefix: string,
  startAfter: string | undefined,
  options: RetryOptions,
): AsyncGenerator<BlobInfo, void, undefined> {
  let last = startAfter;
  for (let attempt = 1; ; attempt++) {
    try {
      for await (const blob of store.list(prefix, last === undefined ? {} : { startAfter: last })) {
        last = blob.key;
        // Each page that moved on earns the full number of attempts again, or a long listing could not outlive a few faults.
        attempt = 1;
        yield blob;
      }
      return;
    } catch (error) {
      await waitOrThrow(error, attempt, options);
    }
  }
}

/** Waits before the next attempt; throws the error when it is not `transient`, was the last, or the wait would pass the deadline. */
async function waitOrThrow(error: unknown, attempt: number, options: RetryOptions): Promise<void> {
  if (!hasCode(error, "transient") || attempt >= options.attempts) throw error;
  const jitterMs = options.random() * Math.min(options.capMs, options.baseMs * 2 ** (attempt - 1));
  const waitMs = Math.max(jitterMs, error.retryAfterMs ?? 0);
  if (options.deadline !== undefined && options.now() + waitMs >= options.deadline()) throw error;
  await options.sleep(waitMs);
}
