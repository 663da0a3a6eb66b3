import { invalidBytes } from "../format/invalid.ts";
import { isRootName, LATEST_KEY, LEGACY_ROOT_KEY } from "../format/keys.ts";
import { rootDecoder } from "../format/root.ts";
import { rootSubset, type SubsetOptions, subsetRoot } from "../format/rootSubset.ts";
import { type BlobInfo, type BlobStore, GET_BYTES_MAX } from "../model/blobStore.ts";
import { AppError } from "../model/errors.ts";
import { sha256OfPieces } from "../model/hash.ts";
import { type Reason, reason } from "../model/reason.ts";
import type { RootCatalogue } from "../model/repository.ts";
import { hidingReason } from "../proof/rootFaults.ts";

const LATEST_BYTES = 8;
const VERSION_1_SNAPSHOT = "snapshot-";

/** A larger root is read in pieces of this size: together with copies of it, its bytes would not fit into a function of 512 MB. */
const PIECE_BYTES = 8 * 1024 * 1024;

/** Checked before anything of it is read. */
function requireReadable({ url }: BlobStore, { key, sizeBytes }: BlobInfo): void {
  if (sizeBytes <= GET_BYTES_MAX) return;
  const megabytes = Math.round(sizeBytes / 1024 / 1024);
  throw invalidBytes(`${url}/${key}`, `has ${megabytes} MB; a root of at most ${GET_BYTES_MAX / 1024 / 1024} MB can be read`);
}

/**
 * A root's bytes in pieces, each requested for itself; undefined if the root vanished since it was listed.
 * @throws AppError `invalid` for a root that is too large, and `conflict` when it was written again in between: no writer of a repository
 * writes a root twice.
 */
export async function* rootPieces(store: BlobStore, info: BlobInfo): AsyncGenerator<Uint8Array | undefined, void, undefined> {
  requireReadable(store, info);
  const { key, sizeBytes, etag } = info;
  if (sizeBytes <= PIECE_BYTES) {
    // One byte more than is listed: a body may have no end. What is longer was written since, and counts as vanished.
    const bytes = await store.get(key, { start: 0, end: sizeBytes + 1 });
    yield bytes !== undefined && bytes.byteLength > sizeBytes ? undefined : bytes;
    return;
  }
  const changed = () => new AppError("conflict", `${store.url}/${key}: it was written again while it was read`);
  for (let start = 0; start < sizeBytes; start += PIECE_BYTES) {
    const end = Math.min(start + PIECE_BYTES, sizeBytes);
    const piece = await store.get(key, { start, end });
    if (piece !== undefined && piece.byteLength !== end - start) throw changed();
    yield piece;
    if (piece === undefined) return;
  }
  const after = await store.head(key);
  if (after === undefined) yield undefined;
  else if (after.sizeBytes !== sizeBytes || (etag !== undefined && after.etag !== undefined && after.etag !== etag)) throw changed();
}

export interface RootRead {
  root: RootCatalogue;
  /** Only of a root that is read in one piece. */
  rootBytes: Uint8Array | undefined;
}

/** Reads and decodes a root; undefined if it vanished since it was listed. Errors as {@link rootPieces} and `rootDecoder`. */
export async function readRoot(store: BlobStore, info: BlobInfo): Promise<RootRead | undefined> {
  const decoder = ofRepository(store, () => rootDecoder(info.key));
  let rootBytes: Uint8Array | undefined;
  for await (const piece of rootPieces(store, info)) {
    if (piece === undefined) return undefined;
    rootBytes = piece;
    ofRepository(store, () => decoder.push(piece));
  }
  const root = ofRepository(store, () => decoder.end());
  return { root, rootBytes: root.sizeBytes === rootBytes?.byteLength ? rootBytes : undefined };
}

/** Hex; undefined if the root vanished since it was listed. */
export async function rootSha256(store: BlobStore, info: BlobInfo): Promise<string | undefined> {
  const hash = sha256OfPieces();
  for await (const piece of rootPieces(store, info)) {
    if (piece === undefined) return undefined;
    hash.update(piece);
  }
  return hash.digest();
}

/**
 * The opened root with only these snapshots, as `rootSubset`; a large one is read once more.
 * @throws AppError `conflict` if it is not what was opened.
 */
export async function subsetOfRoot(
  store: BlobStore,
  { root, rootBytes, rootInfo }: { root: RootCatalogue | undefined; rootBytes: Uint8Array | undefined; rootInfo: BlobInfo | undefined },
  uuids: readonly string[],
  options: SubsetOptions = {},
): Promise<Uint8Array> {
  if (rootBytes !== undefined) return subsetRoot(rootBytes, uuids, options);
  const changed = () => new AppError("conflict", `${store.url}: the root changed while it was read`);
  if (root === undefined || rootInfo === undefined) throw changed();
  const subset = rootSubset(uuids, { sizeBytes: root.sizeBytes, ...options });
  const hash = sha256OfPieces();
  for await (const piece of rootPieces(store, rootInfo)) {
    if (piece === undefined) throw changed();
    hash.update(piece);
    subset.push(piece);
  }
  if (hash.digest() !== root.sha256) throw changed();
  return subset.end();
}

/** A message about a root says which repository it is of: a copy reads two. */
function ofRepository<T>({ url }: BlobStore, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { reason: why } = error;
    const subject = why?.params.subject;
    const named = typeof subject === "string" && why ? { ...why, params: { ...why.params, subject: `${url}/${subject}` } } : why;
    throw new AppError(error.code, `${url}/${error.message}`, { cause: error, ...(named && { reason: named }) });
  }
}

/** Why no cluster reads the root that ossnap reads; `undefined` if nothing hides it. */
export function hiddenRoot({ url }: BlobStore, { hiding }: { hiding: readonly string[] }): Reason | undefined {
  return hidingReason(url, hiding);
}

/** @throws AppError `permanent` if a key hides the root from every cluster. */
export function refuseHidden(store: BlobStore, opened: { hiding: readonly string[] }): void {
  const why = hiddenRoot(store, opened);
  if (!why) return;
  const [key = ""] = opened.hiding;
  const fix = isRootName(key) ? "it is a link, which is not followed; put a copy of the file there" : "delete that object";
  throw new AppError("permanent", `${store.url}: Elasticsearch treats ${key} as the newest root; ${fix}`, { reason: why });
}

/** The generation that `index.latest` names. */
export async function latestOf(store: BlobStore): Promise<number | undefined> {
  // One byte more than it has: what is larger is not read.
  const bytes = await store.get(LATEST_KEY, { start: 0, end: LATEST_BYTES + 1 });
  return bytes?.byteLength === LATEST_BYTES ? Number(Buffer.from(bytes).readBigInt64BE()) : undefined;
}

/**
 * 1.x has the same root as 2.x, and other blobs: `snapshot-NAME` and `metadata-NAME`. Where 2.x wrote to such a repository too, its own snapshots
 * are readable.
 */
export async function requireVersion2(store: BlobStore): Promise<void> {
  for await (const { key } of store.list("snap")) {
    // `snap-` sorts before `snapshot-`.
    if (!key.startsWith(VERSION_1_SNAPSHOT)) return;
    throw new AppError("invalid", `${store.url}: written by Elasticsearch 1.x (${key}), which ossnap cannot read; it reads 2.4 and newer`, {
      reason: reason("repository.version1", { url: store.url, key }),
    });
  }
}

/** Whether a snapshot without its blob of 2.x was written by 1.x. */
export async function isVersion1(store: BlobStore, { key }: RootCatalogue, name: string): Promise<boolean> {
  return key === LEGACY_ROOT_KEY && (await store.head(`${VERSION_1_SNAPSHOT}${name}`)) !== undefined;
}
