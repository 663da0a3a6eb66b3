import { DOCUMENT_BYTES_MAX } from "../format/encoding/container.ts";
import { invalidBytes } from "../format/invalid.ts";
import type { BlobStore } from "../model/blobStore.ts";
import { type AppError, hasCode } from "../model/errors.ts";
import { type DecodeBudget, decodeBudget } from "../model/memory/decodeBudget.ts";
import { inMegabytes } from "../model/memory/weights.ts";
import type { DamagedBlob, MissingBlob } from "../model/repository.ts";

/** Sizes in bytes by key of everything below the base path; ETags of those keys whose names may be those of another file's part. */
export type Listing = ReadonlyMap<string, number> & { etags?: ReadonlyMap<string, string> };

/** Of the bytes of the blob `subject`; what its values take counts towards the budget of the reader. */
export type Decode<T> = (bytes: Uint8Array, subject: string, budget: DecodeBudget) => T;

export interface FetchedBlob {
  key: string;
  /** Undefined for a large blob, and for one for which there is no room beside the others: it is read when it is decoded. */
  bytes: Uint8Array | undefined;
}

/** Reads metadata blobs once each and records which are missing or cannot be decoded. */
export interface MetadataReader {
  /** The decoded blob; `undefined` if it is missing or damaged, which is recorded in `missing` or `damaged`. */
  read<T>(key: string, decode: Decode<T>): Promise<T | undefined>;
  /** The blob's bytes, to be decoded later with {@link MetadataReader.decode}: encoded, many small blobs fit into memory at once. */
  fetch(key: string): Promise<FetchedBlob | undefined>;
  /** Releases the blob's bytes; a blob that is decoded again is read again. */
  decode<T>(blob: FetchedBlob | undefined, decode: Decode<T>): Promise<T | undefined>;
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

/** What is larger is read alone, in the whole process: in a function of 512 MB there is room for one. */
const SMALL_BYTES_MAX = 1024 * 1024;
/** Of encoded blobs that one reader holds at the same time. */
const IN_FLIGHT_BYTES_MAX = 32 * 1024 * 1024;

let lastLarge: Promise<unknown> = Promise.resolve();

/** Runs after all others that were asked for before it. */
function alone<T>(run: () => Promise<T>): Promise<T> {
  const result = lastLarge.then(run);
  lastLarge = result.catch(() => undefined);
  return result;
}

/** With a listing, keys that are not listed are not requested. */
export function metadataReader(store: BlobStore, listing?: Listing): MetadataReader {
  const sizes = new Map<string, number>();
  const missing: MissingBlob[] = [];
  const damaged: DamagedBlob[] = [];
  const budget = decodeBudget();
  let inFlightBytes = 0;
  return {
    missing,
    damaged,
    sizeOf: (key) => sizes.get(key),
    damage: (blob) => keep(damaged, blob),
    fetch,
    decode,
    read: async (key, decodeOne) => decode(await fetch(key), decodeOne),
  };

  /** At most one byte more than `maxBytes`: a body of any size is not read to find out that it is too large. */
  async function get(key: string, maxBytes: number): Promise<Uint8Array | undefined> {
    const bytes = await store.get(key, { start: 0, end: maxBytes + 1 });
    if (bytes === undefined) keep(missing, { key, expectedBytes: null, foundBytes: null });
    return bytes;
  }

  async function fetch(key: string): Promise<FetchedBlob | undefined> {
    const listedBytes = listing?.get(key);
    if (listing !== undefined && listedBytes === undefined) {
      keep(missing, { key, expectedBytes: null, foundBytes: null });
      return undefined;
    }
    if (listedBytes !== undefined && listedBytes > SMALL_BYTES_MAX) return { key, bytes: undefined };
    try {
      // A key that no store holds, as from an uuid of 2,000 characters, is a fault of this one snapshot.
      const bytes = await get(key, SMALL_BYTES_MAX);
      if (bytes === undefined) return undefined;
      if (bytes.byteLength > SMALL_BYTES_MAX || inFlightBytes + bytes.byteLength > IN_FLIGHT_BYTES_MAX) return { key, bytes: undefined };
      sizes.set(key, bytes.byteLength);
      inFlightBytes += bytes.byteLength;
      return { key, bytes };
    } catch (error) {
      noteDamage(key, error);
    }
    return undefined;
  }

  async function decode<T>(blob: FetchedBlob | undefined, decodeOne: Decode<T>): Promise<T | undefined> {
    if (blob === undefined) return undefined;
    const { key, bytes } = blob;
    try {
      if (bytes === undefined) return await alone(() => readAlone(key, decodeOne));
      blob.bytes = undefined;
      inFlightBytes -= bytes.byteLength;
      return decodeOne(bytes, key, budget);
    } catch (error) {
      noteDamage(key, error);
      return undefined;
    }
  }

  async function readAlone<T>(key: string, decodeOne: Decode<T>): Promise<T | undefined> {
    const tooLarge = () => invalidBytes(key, `more than ${inMegabytes(DOCUMENT_BYTES_MAX)}, which no metadata of Elasticsearch has`);
    if ((listing?.get(key) ?? 0) > DOCUMENT_BYTES_MAX) throw tooLarge();
    const bytes = await get(key, DOCUMENT_BYTES_MAX);
    if (bytes === undefined) return undefined;
    if (bytes.byteLength > DOCUMENT_BYTES_MAX) throw tooLarge();
    sizes.set(key, bytes.byteLength);
    return decodeOne(bytes, key, budget);
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
