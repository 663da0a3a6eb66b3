import type { BlobStore } from "../model/blobStore.ts";
import { type AppError, hasCode } from "../model/errors.ts";
import type { DamagedBlob, MissingBlob } from "../model/repository.ts";

/** Sizes in bytes by key of everything below the base path; ETags of those keys whose names may be those of another file's part. */
export type Listing = ReadonlyMap<string, number> & { etags?: ReadonlyMap<string, string> };

export type Decode<T> = (bytes: Uint8Array, subject: string) => T;

export interface FetchedBlob {
  key: string;
  bytes: Uint8Array;
}

/** Reads metadata blobs once each and records which are missing or cannot be decoded. */
export interface MetadataReader {
  /** The decoded blob; `undefined` if it is missing or damaged, which is recorded in `missing` or `damaged`. */
  read<T>(key: string, decode: Decode<T>): Promise<T | undefined>;
  /** The blob's bytes, to be decoded later with {@link MetadataReader.decode}: encoded, many fit into memory at once. */
  fetch(key: string): Promise<FetchedBlob | undefined>;
  decode<T>(blob: FetchedBlob | undefined, decode: Decode<T>): T | undefined;
  damage(blob: DamagedBlob): void;
  sizeOf(key: string): number | undefined;
  readonly missing: MissingBlob[];
  readonly damaged: DamagedBlob[];
}

/** More faults of a repository are not kept: the first of them say enough, and millions would fill the memory. */
export const READER_FAULTS_MAX = 100_000;

function keep<T>(faults: T[], fault: T): void {
  if (faults.length < READER_FAULTS_MAX) faults.push(fault);
}

/** With a listing, keys that are not listed are not requested. */
export function metadataReader(store: BlobStore, listing?: Listing): MetadataReader {
  const sizes = new Map<string, number>();
  const missing: MissingBlob[] = [];
  const damaged: DamagedBlob[] = [];
  return {
    missing,
    damaged,
    sizeOf: (key) => sizes.get(key),
    damage: (blob) => keep(damaged, blob),
    fetch,
    decode,
    read: async (key, decodeOne) => decode(await fetch(key), decodeOne),
  };

  async function fetch(key: string): Promise<FetchedBlob | undefined> {
    try {
      // A key that no store holds, as from an uuid of 2,000 characters, is a fault of this one snapshot.
      const bytes = listing === undefined || listing.has(key) ? await store.get(key) : undefined;
      if (bytes !== undefined) {
        sizes.set(key, bytes.byteLength);
        return { key, bytes };
      }
      keep(missing, { key, expectedBytes: null, foundBytes: null });
    } catch (error) {
      noteDamage(key, error);
    }
    return undefined;
  }

  function decode<T>(blob: FetchedBlob | undefined, decodeOne: Decode<T>): T | undefined {
    if (blob === undefined) return undefined;
    try {
      return decodeOne(blob.bytes, blob.key);
    } catch (error) {
      noteDamage(blob.key, error);
      return undefined;
    }
  }

  /** A blob that is decoded again is damaged once. */
  function noteDamage(key: string, error: unknown): void {
    if (!hasCode(error, "invalid")) throw error;
    if (damaged.at(-1)?.key !== key) keep(damaged, damageOf(key, error));
  }
}

/** Converts a decoder's error into a fault of the blob. */
export function damageOf(key: string, error: AppError): DamagedBlob {
  const params = error.reason?.params ?? {};
  if (error.reason?.code !== "format.crc32") return { key, check: "format", expected: "a blob that can be decoded", found: error.message };
  return { key, check: "crc32", expected: String(params.expected), found: String(params.found) };
}
