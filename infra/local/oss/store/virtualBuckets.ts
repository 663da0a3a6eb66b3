import { Readable } from "node:stream";
import { crc64 } from "./crc64.ts";
import { compareKeys, pageOfKeys, type Walk } from "./listKeys.ts";
import { DEFAULT_CONTENT_TYPE, type ObjectInfo } from "./objectInfo.ts";
import type { ObjectStore } from "./objectStore.ts";

/** A read-only bucket that is computed instead of stored, for listings too long to create on disk. */
export interface VirtualBucket {
  /** Number of keys. */
  readonly count: number;
  /** In the byte order of the keys' UTF-8, from 0. */
  keyAt(position: number): string;
  sizeAt(position: number): number;
  /** Only for readable keys; the others are only listed. */
  bytesOf(key: string): Uint8Array | undefined;
}

const LAST_MODIFIED = new Date(Date.UTC(2024, 0, 1));
/** The ETag of a computed object is only ever compared with itself. */
const ETAG = "0".repeat(32);

/** Wraps the store: these buckets take precedence over stored ones with the same names. */
export function withVirtualBuckets(store: ObjectStore, buckets: Readonly<Record<string, VirtualBucket>>): ObjectStore {
  if (Object.keys(buckets).length === 0) return store;
  const virtual = new Map(Object.entries(buckets));
  return {
    ...store,
    requireBucket: async (bucket) => (virtual.has(bucket) ? "" : store.requireBucket(bucket)),
    async describe(bucket, key) {
      const own = virtual.get(bucket);
      return own === undefined ? store.describe(bucket, key) : describe(own, key);
    },
    async open(bucket, key) {
      const own = virtual.get(bucket);
      const bytes = own?.bytesOf(key);
      if (own === undefined) return store.open(bucket, key);
      return bytes && { file: fileOf(bytes), info: { ...infoOf(bytes.length), crc64: checksumOf(bytes) } };
    },
    async page(bucket, query) {
      const own = virtual.get(bucket);
      return own === undefined ? store.page(bucket, query) : pageOfKeys(query, (walk) => walkKeys(own, walk));
    },
  };
}

function describe(bucket: VirtualBucket, key: string): ObjectInfo | undefined {
  const position = positionOf(bucket, key);
  return position < bucket.count && bucket.keyAt(position) === key ? infoOf(bucket.sizeAt(position)) : undefined;
}

function* walkKeys(bucket: VirtualBucket, walk: Walk): Generator<string> {
  const from = compareKeys(walk.prefix, walk.after) > 0 ? walk.prefix : walk.after;
  for (let position = positionOf(bucket, from); position < bucket.count; position += 1) {
    const key = bucket.keyAt(position);
    if (!key.startsWith(walk.prefix)) {
      if (compareKeys(key, walk.prefix) > 0) return;
      continue;
    }
    if (key !== walk.after && (walk.skip === undefined || !key.startsWith(walk.skip))) yield key;
  }
}

/** Position of the first key that is not smaller. */
function positionOf(bucket: VirtualBucket, key: string): number {
  let [low, high] = [0, bucket.count];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (compareKeys(bucket.keyAt(middle), key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function infoOf(sizeBytes: number): ObjectInfo {
  return { etag: ETAG, crc64: "0", type: "Normal", contentType: DEFAULT_CONTENT_TYPE, meta: {}, sizeBytes, lastModified: LAST_MODIFIED };
}

const checksums = new WeakMap<Uint8Array, string>();

/** Computed once per byte array, which many objects may share. */
function checksumOf(bytes: Uint8Array): string {
  const known = checksums.get(bytes) ?? String(crc64(bytes, 0n));
  checksums.set(bytes, known);
  return known;
}

function fileOf(bytes: Uint8Array) {
  return {
    createReadStream: ({ start, end }: { start: number; end: number }) => Readable.from([bytes.subarray(start, end + 1)]),
    close: async () => undefined,
  };
}
