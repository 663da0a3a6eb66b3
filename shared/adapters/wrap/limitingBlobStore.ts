import type { BlobStore } from "../../model/blobStore.ts";
import { AppError } from "../../model/errors.ts";
import { slots } from "./slots.ts";

/**
 * Limits the store to `concurrency` concurrent calls. Listings and open bodies hold one connection each for as long as their consumer takes
 * and are not counted: a consumer that calls the same store in between would deadlock.
 */
export function limiting(store: BlobStore, concurrency: number): BlobStore {
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new AppError("invalid", `limiting: concurrency ${concurrency} lets nothing through: give a whole number from 1`);
  }
  const queue = slots(concurrency);
  return {
    url: store.url,
    list: (prefix, options) => store.list(prefix, options),
    head: (key) => queue.in(() => store.head(key)),
    get: (key, range) => queue.in(() => store.get(key, range)),
    open: (key, range) => queue.in(() => store.open(key, range)),
    put: (key, body, options) => queue.in(() => store.put(key, body, options)),
    // The reader may call this store.
    putFrom: (key, sizeBytes, read, ready) =>
      queue.in(() => store.putFrom(key, sizeBytes, (range) => queue.outside(() => read(range)), ready)),
    delete: (keys) => queue.in(() => store.delete(keys)),
  };
}
