import type { BlobStore, ListOptions } from "../../shared/model/blobStore.ts";

/** An implementation of the port, ready to be tested. */
export interface BlobStoreSubject {
  /** A store over the subject's one bucket, which is empty at the start. */
  at(basePath: string): BlobStore;
  /** Larger blobs are written in parts. */
  partSizeBytes: number;
  /** A store over a bucket that does not exist. */
  missingBucket?: BlobStore;
  /** A store over the subject's bucket with a wrong secret. */
  wrongSecret?: BlobStore;
  /** Texts that no message may contain. */
  secrets: readonly string[];
  /** Creates many blobs of one byte faster than `put` would. */
  seed?(basePath: string, keys: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Why an implementation lacks a feature; the case is skipped and its name shows the reason. */
export interface BlobStoreTraits {
  /** Why `ifAbsent` is not enforced. */
  ignoresIfAbsent?: string;
  /** Why there is no missing bucket to test. */
  noMissingBucket?: string;
  /** Why there is no secret to get wrong. */
  noSecrets?: string;
}

/** What the cases share: the subject once it is open, and a separate base path for each case. */
export interface BlobStoreCases {
  subject(): BlobStoreSubject;
  /** A store whose base path no other case uses. */
  fresh(): BlobStore;
  freshPath(): string;
  traits: BlobStoreTraits;
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** `sizeBytes` bytes that vary with the position, so that swapped parts are detected. */
export function patternOf(sizeBytes: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, index) => (index * 31 + (index >> 8)) % 251);
}

export async function keysOf(store: BlobStore, prefix: string, options?: ListOptions): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix, options)) keys.push(key);
  return keys;
}

export async function textOf(body: Promise<Uint8Array | undefined>): Promise<string | undefined> {
  const bytes = await body;
  return bytes && new TextDecoder().decode(bytes);
}
