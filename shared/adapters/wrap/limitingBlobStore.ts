import type { BlobStore } from "../../model/blobStore.ts";
import { AppError } from "../../model/errors.ts";
import { type Slots, slots } from "./slots.ts";

export interface LimitOptions {
  /** Calls to the store under way at once; each step of a listing or body counts as one call. */
  concurrency: number;
  /** Of bodies, in both directions together. */
  bytesPerSecond?: number;
  sleep?: (ms: number) => Promise<void>;
  /** Epoch milliseconds. */
  now?: () => number;
}

/** Keeps the store from being asked more than `concurrency` things at once or moving more than `bytesPerSecond`. */
export function limiting(store: BlobStore, options: LimitOptions): BlobStore {
  if (!Number.isInteger(options.concurrency) || options.concurrency < 1) {
    throw new AppError("invalid", `limiting: concurrency ${options.concurrency} lets nothing through: give a whole number from 1`);
  }
  const queue = slots(options.concurrency);
  const pace = paceOf(options);
  return {
    url: store.url,
    list: (prefix, listOptions) => inSlots(store.list(prefix, listOptions), queue),
    head: (key) => queue.in(() => store.head(key)),
    async get(key, range) {
      const bytes = await queue.in(() => store.get(key, range));
      if (bytes !== undefined) await pace(bytes.byteLength);
      return bytes;
    },
    async open(key, range) {
      const body = await queue.in(() => store.open(key, range));
      return body && paced(inSlots(body, queue), pace);
    },
    async put(key, body, putOptions) {
      await pace(body.byteLength);
      return queue.in(() => store.put(key, body, putOptions));
    },
    putFrom: (key, sizeBytes, read) =>
      queue.in(() =>
        store.putFrom(key, sizeBytes, (range) =>
          // The reader may ask this very store.
          queue.outside(async () => {
            await pace(range.end - range.start);
            return read(range);
          }),
        ),
      ),
    delete: (keys) => queue.in(() => store.delete(keys)),
    now: () => queue.in(() => store.now()),
  };
}

function inSlots<T>(items: AsyncIterable<T>, queue: Slots): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const inner = items[Symbol.asyncIterator]();
      return { next: () => queue.in(() => inner.next()), return: async () => (await inner.return?.()) ?? { done: true, value: undefined } };
    },
  };
}

async function* paced(
  body: AsyncIterable<Uint8Array>,
  pace: (bytes: number) => Promise<void>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of body) {
    await pace(piece.byteLength);
    yield piece;
  }
}

/** Waits until the bytes announced before have had their time; then takes note of these. */
function paceOf({ bytesPerSecond, sleep = pause, now = Date.now }: LimitOptions): (bytes: number) => Promise<void> {
  if (bytesPerSecond === undefined) return async () => undefined;
  let freeAtMs = 0;
  return async (bytes) => {
    const startMs = Math.max(freeAtMs, now());
    freeAtMs = startMs + (bytes / bytesPerSecond) * 1000;
    if (startMs > now()) await sleep(startMs - now());
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
