import type { BlobStore } from "../../model/blobStore.ts";

/** Every member of a port that is not known beforehand is a method whose answer is a promise. */
type AnswersLater<Port, Known extends keyof Port> = { [Member in Exclude<keyof Port, Known>]: (...args: never[]) => Promise<unknown> };

/**
 * A port whose adapter is loaded by the first call: an invocation that makes none does not wait for the vendor's library. It is loaded once,
 * also by calls that come at the same time. What opening it throws, its caller gets; the next call tries again.
 */
export function loadingPort<Port extends AnswersLater<Port, Known>, Known extends keyof Port = never>(
  known: Pick<Port, Known>,
  load: () => Promise<Port>,
): Port {
  const opened = once(load);
  return new Proxy(known as Port, {
    get(target, member) {
      // A promise that is resolved with a port asks for "then".
      if (Object.hasOwn(target, member) || typeof member === "symbol" || member === "then") return Reflect.get(target, member);
      return async (...args: unknown[]) => {
        const port = await opened();
        const method: unknown = Reflect.get(port, member);
        return Reflect.apply(method as (...args: unknown[]) => unknown, port, args);
      };
    },
  });
}

/** The same for a store, whose listings are no promises. */
export function loadingStore(url: string, load: () => Promise<BlobStore>): BlobStore {
  const opened = once(load);
  return {
    url,
    list: (prefix, options) => iteratedLater(async () => (await opened()).list(prefix, options)),
    head: async (key) => (await opened()).head(key),
    get: async (key, range) => (await opened()).get(key, range),
    open: async (key, range) => (await opened()).open(key, range),
    put: async (key, body, options) => (await opened()).put(key, body, options),
    putFrom: async (key, sizeBytes, read, ready) => (await opened()).putFrom(key, sizeBytes, read, ready),
    delete: async (keys) => (await opened()).delete(keys),
  };
}

/** Only the first item waits: a listing has millions. */
function iteratedLater<Item>(items: () => Promise<AsyncIterable<Item>>): AsyncIterable<Item> {
  return {
    [Symbol.asyncIterator]() {
      let iterator: AsyncIterator<Item> | undefined;
      const begun = once(async () => {
        iterator = (await items())[Symbol.asyncIterator]();
        return iterator;
      });
      return {
        next: () => iterator?.next() ?? begun().then((first) => first.next()),
        return: async (value?: unknown) => (await iterator?.return?.(value)) ?? { done: true, value: undefined },
      };
    },
  };
}

function once<Value>(load: () => Promise<Value>): () => Promise<Value> {
  let loaded: Promise<Value> | undefined;
  return () => {
    loaded ??= load().catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
    return loaded;
  };
}
