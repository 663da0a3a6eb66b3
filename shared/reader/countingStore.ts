import type { BlobStore } from "../model/blobStore.ts";

/** OSS and S3 return at most this many keys per page. */
const KEYS_PER_PAGE = 1000;

export interface RequestCount {
  list: number;
  get: number;
  head: number;
}

/** Wraps a store and counts its reads; a listing counts one request per 1000 keys. */
export function countingStore(store: BlobStore): { store: BlobStore; requests: RequestCount } {
  const requests: RequestCount = { list: 0, get: 0, head: 0 };
  const counting: BlobStore = {
    ...store,
    async *list(prefix, options) {
      let keys = 0;
      requests.list += 1;
      for await (const blob of store.list(prefix, options)) {
        if (keys > 0 && keys % KEYS_PER_PAGE === 0) requests.list += 1;
        keys += 1;
        yield blob;
      }
    },
    head(key) {
      requests.head += 1;
      return store.head(key);
    },
    get(key, range) {
      requests.get += 1;
      return store.get(key, range);
    },
    open(key, range) {
      requests.get += 1;
      return store.open(key, range);
    },
  };
  return { store: counting, requests };
}
