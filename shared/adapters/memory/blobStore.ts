import { createHash } from "node:crypto";
import type { BlobInfo, BlobStore, ByteRange, ListOptions, PutResult } from "../../model/blobStore.ts";
import { AppError } from "../../model/errors.ts";
import { isEmptyRange } from "../blobs/body.ts";
import { type Base, baseOf, compareKeys } from "../blobs/keys.ts";
import { PART_SIZE_BYTES_DEFAULT, putInParts } from "../blobs/parts.ts";

interface MemoryBlob {
  bytes: Uint8Array;
  lastModified: Date;
  etag: string;
}

/** A bucket that several stores with different base paths may share; its keys include the base path. */
export type MemoryBucket = Map<string, MemoryBlob>;

export interface MemoryBlobStoreOptions {
  bucket?: MemoryBucket;
  /** The bucket's name, for messages. */
  name?: string;
  basePath?: string;
  now?: () => Date;
  partSizeBytes?: number;
  /** Upper bound for the chunks returned by `open`. */
  pieceSizeBytes?: number;
}

/** The usual size of a socket's chunk. */
const PIECE_SIZE_BYTES_DEFAULT = 64 * 1024;

/** Blobs in this process's memory, for tests. Stores and returns copies of bytes; a listing shows the blobs that existed when it began. */
export function memoryBlobStore(options: MemoryBlobStoreOptions = {}): BlobStore {
  const { bucket = new Map(), name = "bucket", basePath = "", now = () => new Date() } = options;
  const url = basePath === "" ? `memory://${name}` : `memory://${name}/${basePath}`;
  const place: MemoryPlace = { bucket, url, base: baseOf(basePath, url), now };
  const { partSizeBytes = PART_SIZE_BYTES_DEFAULT, pieceSizeBytes = PIECE_SIZE_BYTES_DEFAULT } = options;
  return { url, ...reading(place, pieceSizeBytes), ...writing(place, partSizeBytes) };
}

interface MemoryPlace {
  bucket: MemoryBucket;
  url: string;
  base: Base;
  now: () => Date;
}

function reading(place: MemoryPlace, pieceSizeBytes: number): Pick<BlobStore, "list" | "head" | "get" | "open"> {
  const { bucket, base, url } = place;
  const read = (key: string, range: ByteRange | undefined) => {
    const blob = bucket.get(base.full(key));
    if (range === undefined) return blob?.bytes.slice();
    return isEmptyRange(range, `${url}/${key}: get`) ? blob && new Uint8Array(0) : blob?.bytes.slice(range.start, range.end);
  };
  return {
    list: (prefix, options = {}) => list(place, prefix, options),
    async head(key) {
      const blob = bucket.get(base.full(key));
      return blob && infoOf(key, blob);
    },
    async get(key, range) {
      return read(key, range);
    },
    async open(key, range) {
      const bytes = read(key, range);
      return bytes && piecesOf(bytes, pieceSizeBytes);
    },
  };
}

function writing({ bucket, base, url, now }: MemoryPlace, partSizeBytes: number): Pick<BlobStore, "put" | "putFrom" | "delete"> {
  function write(fullKey: string, body: Uint8Array): PutResult {
    const bytes = new Uint8Array(body);
    const lastModified = now();
    const etag = createHash("md5").update(bytes).digest("hex");
    bucket.set(fullKey, { bytes, lastModified, etag });
    return { at: lastModified, etag };
  }
  return {
    async put(key, body, { ifAbsent = false } = {}) {
      const fullKey = base.full(key);
      if (ifAbsent && bucket.has(fullKey)) throw new AppError("conflict", `${url}/${key}: put: a blob is already there`);
      return write(fullKey, body);
    },
    async putFrom(key, sizeBytes, read, ready) {
      const fullKey = base.full(key);
      return putInParts(
        memoryParts((body) => write(fullKey, body)),
        { sizeBytes, partSizeBytes, read, ready, subject: `${url}/${key}: putFrom` },
      );
    },
    async delete(keys) {
      for (const fullKey of keys.map(base.full)) bucket.delete(fullKey);
    },
  };
}

async function* list(
  { bucket, base, now }: MemoryPlace,
  prefix: string,
  { startAfter, onDate }: ListOptions,
): AsyncGenerator<BlobInfo, void, undefined> {
  onDate?.(now());
  const keys = [...bucket.keys()].filter((key) => key.startsWith(base.prefix(prefix))).sort(compareKeys);
  for (const fullKey of keys) {
    const key = base.relative(fullKey);
    const blob = bucket.get(fullKey);
    if (key === undefined || blob === undefined) continue;
    if (startAfter === undefined || compareKeys(key, startAfter) > 0) yield infoOf(key, blob);
  }
}

function memoryParts(write: (body: Uint8Array) => PutResult) {
  return {
    putWhole: async (body: Uint8Array) => write(body),
    begin: async () => "upload",
    putPart: async (_uploadId: string, _number: number, body: Uint8Array) => body.slice(),
    complete: async (_uploadId: string, parts: Uint8Array[]) => write(Buffer.concat(parts)),
    abort: async () => undefined,
  };
}

function infoOf(key: string, { bytes, lastModified, etag }: MemoryBlob): BlobInfo {
  return { key, sizeBytes: bytes.byteLength, lastModified: new Date(lastModified), etag };
}

async function* piecesOf(bytes: Uint8Array, pieceSizeBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let start = 0; start < bytes.byteLength; start += pieceSizeBytes) yield bytes.subarray(start, start + pieceSizeBytes);
}
