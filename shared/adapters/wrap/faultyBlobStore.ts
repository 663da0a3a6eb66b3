import type { BlobStore } from "../../model/blobStore.ts";
import { AppError } from "../../model/errors.ts";

export type BlobStoreMethod = Exclude<keyof BlobStore, "url">;

/**
 * - an error: thrown before the call does anything
 * - `cut`: reads (body or listing) break off half way, writes do not reach the store; `transient`
 * - `lost`: the store performs the call, but the response is lost; `transient`
 * - `repeated`: for `list`, the first half is returned twice
 * - `disordered`: for `list`, the second half is returned before the first
 * - `vanished`: for `head`, `get` and `open`, the blob was removed a moment ago
 */
export type BlobFault = Error | "cut" | "lost" | "repeated" | "disordered" | "vanished";

export interface FaultOptions {
  /** Number of calls that fail; defaults to 1. */
  times?: number;
  /** Only calls on this key (for `list` the prefix, for `delete` any of the keys). */
  key?: string;
}

export interface FaultyBlobStore extends BlobStore {
  /** Plants a fault; faults apply in the order in which they were planted. */
  on(method: BlobStoreMethod, fault: BlobFault, options?: FaultOptions): FaultyBlobStore;
  /** The planted faults that did not occur as often as requested; a test should end by asserting that there are none. */
  unfired(): string[];
}

interface Planted {
  method: BlobStoreMethod;
  fault: BlobFault;
  key: string | undefined;
  left: number;
}

/** A store with configurable faults, for tests. */
export function faulty(store: BlobStore): FaultyBlobStore {
  const planted: Planted[] = [];

  /** The fault that applies to this call, if any. */
  function strike(method: BlobStoreMethod, keys: readonly string[]): BlobFault | undefined {
    const found = planted.find((each) => each.left > 0 && each.method === method && (each.key === undefined || keys.includes(each.key)));
    if (found !== undefined) found.left--;
    return found?.fault;
  }

  const strikeCall = <T>(method: BlobStoreMethod, keys: readonly string[], call: () => Promise<T>): Promise<T> =>
    suffer(strike(method, keys), method, keys, call);

  async function suffer<T>(
    fault: BlobFault | undefined,
    method: BlobStoreMethod,
    keys: readonly string[],
    call: () => Promise<T>,
  ): Promise<T> {
    if (fault === undefined) return call();
    if (fault instanceof Error) throw fault;
    if (fault === "lost") await call();
    throw broken(store.url, method, keys, fault === "lost" ? "lost" : "cut");
  }

  function strikeRead<T>(method: "head" | "get", key: string, call: () => Promise<T | undefined>): Promise<T | undefined> {
    const fault = strike(method, [key]);
    return fault === "vanished" ? Promise.resolve(undefined) : suffer(fault, method, [key], call);
  }

  const result: FaultyBlobStore = {
    url: store.url,
    list: (prefix, options) =>
      strikeItems(strike("list", [prefix]), store.list(prefix, options), broken(store.url, "list", [prefix], "cut")),
    head: (key) => strikeRead("head", key, () => store.head(key)),
    get: (key, range) => strikeRead("get", key, () => store.get(key, range)),
    async open(key, range) {
      const fault = strike("open", [key]);
      if (fault instanceof Error) throw fault;
      if (fault === "vanished") return undefined;
      const body = await store.open(key, range);
      return body && strikeItems(fault, halves(body), broken(store.url, "open", [key], "cut"));
    },
    put: (key, body, options) => strikeCall("put", [key], () => store.put(key, body, options)),
    putFrom: (key, sizeBytes, read, ready) => strikeCall("putFrom", [key], () => store.putFrom(key, sizeBytes, read, ready)),
    delete: (keys) => strikeCall("delete", keys, () => store.delete(keys)),
    on(method, fault, { times = 1, key } = {}) {
      planted.push({ method, fault, key, left: times });
      return result;
    },
    unfired: () =>
      planted.filter(({ left }) => left > 0).map(({ method, key, left }) => `${method}${key === undefined ? "" : ` ${key}`}: ${left} left`),
  };
  return result;
}

function broken(url: string, method: BlobStoreMethod, keys: readonly string[], fault: "cut" | "lost"): AppError {
  const what = fault === "cut" ? "cut half way" : "done, but the answer was lost";
  return new AppError("transient", `${url}/${keys.join(",")}: ${method}: ${what} (planted fault)`);
}

/** Returns the first half of the items, rounded down, then applies the fault: breaks off, repeats that half, or swaps the halves. */
async function* strikeItems<T>(fault: BlobFault | undefined, items: AsyncIterable<T>, cut: AppError): AsyncGenerator<T, void, undefined> {
  if (fault === undefined) {
    yield* items;
    return;
  }
  if (fault instanceof Error) throw fault;
  const all: T[] = [];
  for await (const item of items) all.push(item);
  const [first, second] = [all.slice(0, Math.floor(all.length / 2)), all.slice(Math.floor(all.length / 2))];
  if (fault === "disordered") yield* [...second, ...first];
  else if (fault === "repeated") yield* [...first, ...first, ...second];
  else {
    yield* first;
    throw cut;
  }
}

/** Splits each chunk in two, so that half a body is never the whole. */
async function* halves(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of body) {
    const middle = Math.floor(piece.byteLength / 2);
    yield piece.subarray(0, middle);
    yield piece.subarray(middle);
  }
}
