/** One blob as returned by a listing or a HEAD request. Keys are relative to the store's base path. */
export interface BlobInfo {
  key: string;
  sizeBytes: number;
  /** When the store last wrote the blob; for a copy, the time of the copy and not of the source. */
  lastModified?: Date;
  /** Without quotes, as the store returns it. Never compared across stores: the ETags of S3, OSS multipart and OSS single PUT differ. */
  etag?: string;
}

/** `start` inclusive, `end` exclusive, in bytes. */
export interface ByteRange {
  start: number;
  end: number;
}

/** The largest root known has 251 MB; what is larger is no metadata, and would not fit into a function's memory. */
export const GET_BYTES_MAX = 300 * 1024 * 1024;

export interface ListOptions {
  startAfter?: string;
  /** Called with the store's clock (the `Date` header; for a directory this machine's clock) before each page; an empty listing has one. */
  onDate?: (date: Date) => void;
  /** Called with the key of each link that is left out; only a directory has them. */
  onLink?: ((key: string) => void) | undefined;
}

export interface PutOptions {
  /** Throws `conflict` if the key exists. On OSS this is `x-oss-forbid-overwrite`, which versioned buckets ignore. */
  ifAbsent?: boolean;
  /** Sent at most once: a first request without an answer could arrive after the caller was told of success. */
  once?: true;
}

/** What a store answered to a write; it has no ETag where its answers carry none. */
export interface Written {
  /** As {@link BlobInfo.etag}. */
  etag?: string;
}

export interface PutResult extends Written {
  /** The store's clock at the time of the write (the `Date` header). */
  at: Date;
}

/**
 * A bucket and base path (or a directory) that holds blobs.
 * Every method is safe to repeat except `put` with `ifAbsent`, which is why no adapter retries it.
 * Only a missing *key* in `head`, `get` and `open` yields `undefined`; a missing bucket is `absent`, a refusal is `denied`, a truncated or
 * throttled response is `transient`. No result is ever silently truncated.
 */
export interface BlobStore {
  /** For messages: `oss://bucket/base`, `s3://bucket/base`, `file:///dir`. No credentials. */
  readonly url: string;
  /** All blobs whose key starts with `prefix`, after `startAfter` if given, in UTF-8 byte order of keys. Lists every page or throws. */
  list(prefix: string, options?: ListOptions): AsyncIterable<BlobInfo>;
  head(key: string): Promise<BlobInfo | undefined>;
  /**
   * The blob, or the bytes of `range`; a range past the end returns the bytes that exist. A body shorter than announced is `transient`,
   * one larger than {@link GET_BYTES_MAX} `invalid`.
   */
  get(key: string, range?: ByteRange): Promise<Uint8Array | undefined>;
  /** Streams the body; the consumer may stop early. A truncated or stalled body makes the iterator throw `transient`. */
  open(key: string, range?: ByteRange): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** One PUT of bytes in memory, with a checksum that the store verifies. */
  put(key: string, body: Uint8Array, options?: PutOptions): Promise<PutResult>;
  /**
   * Writes a blob of known size from pieces returned by `read` (ranges in order; a range may be requested again after a fault).
   * Uses one PUT up to the adapter's part size and a multipart upload above it; `key` does not exist before the write is complete.
   * `ready` is called right before the request that makes the blob visible is signed; it throws to prevent it. The result is about exactly the
   * bytes that were written; a later `head` may already show those of another writer.
   */
  putFrom(key: string, sizeBytes: number, read: (range: ByteRange) => Promise<Uint8Array>, ready?: () => void): Promise<Written>;
  /** Deletes the keys; keys that do not exist count as deleted. Throws an error that names every key the store did not confirm. */
  delete(keys: readonly string[]): Promise<void>;
}
