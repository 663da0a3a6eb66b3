import type { BlobStore } from "../../model/blobStore.ts";
import { AppError } from "../../model/errors.ts";

/** Rejects writes with less than `requestMs` left as `transient`, so that no write ends after the limit. Reads are not limited. */
export function ending(store: BlobStore, { remainingMs, requestMs }: { remainingMs: () => number; requestMs: number }): BlobStore {
  const inTime = async <T>(key: string, write: () => Promise<T>): Promise<T> => {
    if (remainingMs() < requestMs) throw new AppError("transient", `${store.url}: ${key}: no time left to write it`);
    return write();
  };
  return {
    ...store,
    put: (key, body, options) => inTime(key, () => store.put(key, body, options)),
    putFrom: (key, sizeBytes, read, ready) => inTime(key, () => store.putFrom(key, sizeBytes, read, ready)),
    delete: (keys) => inTime(keys[0] ?? "", () => store.delete(keys)),
  };
}
