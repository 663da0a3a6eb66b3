/** One blob as a listing or a HEAD shows it. Keys are relative to the store's base path. */
export interface BlobInfo {
  key: string;
  sizeBytes: number;
  /** When the store last saw it written; a copy's time, not the source's. */
  lastModified?: Date;
  /** Without quotes, as the store gives it. Never compared between technologies: S3, OSS multipart and OSS single PUT differ. */
  etag?: string;
}

/** `start` inclusive, `end` exclusive, in bytes. */
export interface ByteRange {
  start: number;
  end: number;
}

export interface ListOptions {
  startAfter?: string;
  /** Told the store's own clock (the `Date` header; for a directory this machine's) with each page, before its blobs; an empty listing has one page. */
  onDate?: (date: Date) => void;
}

export interface PutOptions {
  /** Only if nothing is there yet; otherwise `conflict`. On OSS `x-oss-forbid-overwrite`, ignored by versioned buckets. */
  ifAbsent?: boolean;
}

export interface PutResult {
  /** The store's own clock at that moment (the `Date` header). */
  at: Date;
}

/**
 * A bucket and base path (or a directory) that holds blobs.
 * Every method may be repeated safely except `put` with `ifAbsent`, which is why no adapter retries inside it.
 * Only a missing *key* of `head`, `get` and `open` is `undefined`; a missing bucket is `absent`, a refusal is `denied`,
 * a cut or throttled answer is `transient`. Nothing is ever silently shortened.
 */
export interface BlobStore {
  /** For messages: `oss://bucket/base`, `s3://bucket/base`, `file:///dir`. No credentials. */
  readonly url: string;
  /** All blobs whose key starts with `prefix`, in the byte order of their UTF-8 keys, after `startAfter` if given. Pages to the end or throws. */
  list(prefix: string, options?: ListOptions): AsyncIterable<BlobInfo>;
  head(key: string): Promise<BlobInfo | undefined>;
  /** The whole blob, or exactly the bytes of `range`; a range past the end gives the bytes that are there. A body shorter than announced is `transient`. */
  get(key: string, range?: ByteRange): Promise<Uint8Array | undefined>;
  /** The body as it arrives; the consumer may stop early. A cut or stalled body throws `transient` from the iterator. */
  open(key: string, range?: ByteRange): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** One PUT of bytes in memory, with a checksum that the store verifies. */
  put(key: string, body: Uint8Array, options?: PutOptions): Promise<PutResult>;
  /**
   * Writes a blob of known size from pieces that `read` gives (ranges in order, each may be asked for again after a fault).
   * One PUT up to the adapter's part size, a multipart upload above; nothing appears under `key` before it is complete.
   */
  putFrom(key: string, sizeBytes: number, read: (range: ByteRange) => Promise<Uint8Array>): Promise<void>;
  /** Removes the keys; those already gone count as removed. Any key that the store did not confirm is an error that names it. */
  delete(keys: readonly string[]): Promise<void>;
}
