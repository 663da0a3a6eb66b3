import type { BlobInfo, BlobStore, ListOptions } from "../../model/blobStore.ts";
import { AppError, messageOf } from "../../model/errors.ts";
import type { Logger } from "../../model/logger.ts";

export interface LoggingOptions {
  logger: Logger;
  /** Successful calls slower than this, in milliseconds, are logged; not listings and bodies, whose duration depends on the consumer. */
  slowMs: number;
  /** Epoch milliseconds. */
  now: () => number;
}

/**
 * Logs each call that failed or was slow; passes the outcome on unchanged.
 * `transient` failures are warnings, because a retry would hide them; all others are reported by the caller that gives up.
 */
export function logging(store: BlobStore, options: LoggingOptions): BlobStore {
  const { logger, slowMs, now } = options;

  async function logged<T>(method: string, key: string, call: () => Promise<T>): Promise<T> {
    const startedMs = now();
    try {
      const value = await call();
      const milliseconds = now() - startedMs;
      if (milliseconds > slowMs) logger.warn("request was slow", { store: store.url, method, key, milliseconds });
      return value;
    } catch (error) {
      throw noted(error, method, key, startedMs);
    }
  }

  function noted(error: unknown, method: string, key: string, startedMs: number): unknown {
    const code = error instanceof AppError ? error.code : "permanent";
    const fields = { store: store.url, method, key, milliseconds: now() - startedMs, code, error: messageOf(error) };
    logger[code === "transient" ? "warn" : "info"]("request failed", fields);
    return error;
  }

  async function* each<T>(method: string, key: string, items: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
    const startedMs = now();
    try {
      for await (const item of items) yield item;
    } catch (error) {
      throw noted(error, method, key, startedMs);
    }
  }

  return {
    url: store.url,
    list: (prefix: string, listOptions?: ListOptions): AsyncIterable<BlobInfo> => each("list", prefix, store.list(prefix, listOptions)),
    head: (key) => logged("head", key, () => store.head(key)),
    get: (key, range) => logged("get", key, () => store.get(key, range)),
    async open(key, range) {
      const body = await logged("open", key, () => store.open(key, range));
      return body && each("body", key, body);
    },
    put: (key, body, putOptions) => logged("put", key, () => store.put(key, body, putOptions)),
    putFrom: (key, sizeBytes, read, ready) => logged("putFrom", key, () => store.putFrom(key, sizeBytes, read, ready)),
    delete: (keys) =>
      logged("delete", keys.length > 1 ? `${keys[0]} and ${keys.length - 1} more` : (keys[0] ?? ""), () => store.delete(keys)),
  };
}
