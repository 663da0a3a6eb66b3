import type { BlobStore } from "../../model/blobStore.ts";
import { AppError, messageOf } from "../../model/errors.ts";
import type { Logger } from "../../model/logger.ts";

/** Writes one line for each call that ended: `info` with what it moved, `warn` with the error's code; the outcome itself is passed on unchanged. */
export function logging(store: BlobStore, logger: Logger): BlobStore {
  async function logged<T>(
    method: string,
    fields: Record<string, unknown>,
    call: () => Promise<T>,
    result: (value: T) => Record<string, unknown>,
  ) {
    try {
      const value = await call();
      logger.info(`${store.url}: ${method}`, { method, ...fields, ...result(value) });
      return value;
    } catch (error) {
      throw noted(error, method, fields);
    }
  }

  function noted(error: unknown, method: string, fields: Record<string, unknown>): unknown {
    logger.warn(`${store.url}: ${method} failed`, {
      method,
      ...fields,
      code: error instanceof AppError ? error.code : "unknown",
      error: messageOf(error),
    });
    return error;
  }

  async function* each<T>(method: string, fields: Record<string, unknown>, items: AsyncIterable<T>, size: (item: T) => number) {
    let total = 0;
    try {
      for await (const item of items) {
        total += size(item);
        yield item;
      }
    } catch (error) {
      throw noted(error, method, fields);
    }
    logger.info(`${store.url}: ${method}`, { method, ...fields, total });
  }

  const sizeOf = (bytes: Uint8Array) => bytes.byteLength;
  return {
    url: store.url,
    list: (prefix, options) => each("list", { prefix, ...options }, store.list(prefix, options), () => 1),
    head: (key) =>
      logged(
        "head",
        { key },
        () => store.head(key),
        (info) => ({ found: info !== undefined }),
      ),
    get: (key, range) =>
      logged(
        "get",
        { key, ...range },
        () => store.get(key, range),
        (bytes) => ({ sizeBytes: bytes?.byteLength ?? null }),
      ),
    async open(key, range) {
      const body = await logged(
        "open",
        { key, ...range },
        () => store.open(key, range),
        (found) => ({ found: found !== undefined }),
      );
      return body && each("body", { key, ...range }, body, sizeOf);
    },
    put: (key, body, options) =>
      logged(
        "put",
        { key, sizeBytes: body.byteLength, ...options },
        () => store.put(key, body, options),
        () => ({}),
      ),
    putFrom: (key, sizeBytes, read) =>
      logged(
        "putFrom",
        { key, sizeBytes },
        () => store.putFrom(key, sizeBytes, read),
        () => ({}),
      ),
    delete: (keys) =>
      logged(
        "delete",
        { count: keys.length, first: keys[0] ?? null },
        () => store.delete(keys),
        () => ({}),
      ),
    now: () =>
      logged(
        "now",
        {},
        () => store.now(),
        (at) => ({ at: at.toISOString() }),
      ),
  };
}
