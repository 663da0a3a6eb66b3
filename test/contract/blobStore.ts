import { afterAll, beforeAll, describe } from "vitest";
import type { BlobStore, ListOptions } from "../../shared/model/blobStore.ts";
import { listingCases } from "./blobStoreListing.ts";
import { readingCases } from "./blobStoreReading.ts";
import { refusalCases } from "./blobStoreRefusals.ts";
import { writingCases } from "./blobStoreWriting.ts";

/** One technology, ready to be tried. */
export interface BlobStoreSubject {
  /** A store over the subject's one bucket, which is empty at the start. */
  at(basePath: string): BlobStore;
  /** Blobs larger than this go in parts. */
  partSizeBytes: number;
  /** A store over a bucket that does not exist. */
  missingBucket?: BlobStore;
  /** A store over the subject's bucket with a secret that is not the key's. */
  wrongSecret?: BlobStore;
  /** Texts that no message may hold. */
  secrets: readonly string[];
  /** Makes many blobs of one byte faster than `put` would. */
  seed?(basePath: string, keys: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** What a technology cannot do, each with the reason; the case is skipped and its name says so. */
export interface BlobStoreTraits {
  /** Why `ifAbsent` is not enforced. */
  ignoresIfAbsent?: string;
  /** Why there is no missing bucket to try. */
  noMissingBucket?: string;
  /** Why there is no secret to get wrong. */
  noSecrets?: string;
}

/** What the cases share: the subject once it is open, and a base path of its own for each case. */
export interface BlobStoreCases {
  subject(): BlobStoreSubject;
  /** A store whose base path no other case uses. */
  fresh(): BlobStore;
  freshPath(): string;
  traits: BlobStoreTraits;
}

/** The contract of the port `BlobStore`, run on every technology. */
export function blobStoreContract(name: string, open: () => Promise<BlobStoreSubject>, traits: BlobStoreTraits = {}): void {
  describe(`${name} keeps the contract of a blob store`, () => {
    let opened: BlobStoreSubject | undefined;
    let count = 0;
    beforeAll(async () => {
      opened = await open();
    }, 120_000);
    afterAll(async () => opened?.close());
    const subject = () => {
      if (opened === undefined) throw new Error(`${name} did not open`);
      return opened;
    };
    const freshPath = () => `case-${++count}/base`;
    const cases: BlobStoreCases = { subject, fresh: () => subject().at(freshPath()), freshPath, traits };
    readingCases(cases);
    writingCases(cases);
    listingCases(cases);
    refusalCases(cases);
  });
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** `sizeBytes` bytes that differ along the way, so that swapped parts show. */
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
