import type { BlobInfo, BlobStore } from "../../../shared/model/blobStore.ts";

/** As a directory, which has no ETags. */
export function untagged(store: BlobStore): BlobStore {
  return {
    ...store,
    async *list(...args) {
      for await (const { etag: _none, ...blob } of store.list(...args)) yield blob;
    },
    async head(...args) {
      const { etag: _none, ...blob } = (await store.head(...args)) ?? {};
      return "key" in blob ? (blob as BlobInfo) : undefined;
    },
    async putFrom(...args) {
      await store.putFrom(...args);
      return {};
    },
  };
}

/** `use` may throw before each request. */
export function dying(store: BlobStore, use: () => void): BlobStore {
  const first =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      use();
      return call(...args);
    };
  return {
    ...store,
    async *list(...args) {
      use();
      for await (const blob of store.list(...args)) {
        use();
        yield blob;
      }
    },
    head: first(store.head),
    get: first(store.get),
    open: first(store.open),
    put: first(store.put),
    putFrom: first(store.putFrom),
    delete: first(store.delete),
  };
}
