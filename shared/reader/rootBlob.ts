import { LATEST_KEY, LEGACY_ROOT_KEY } from "../format/keys.ts";
import { decodeRoot } from "../format/root.ts";
import { type BlobInfo, type BlobStore, GET_BYTES_MAX } from "../model/blobStore.ts";
import { AppError } from "../model/errors.ts";
import { type Reason, reason } from "../model/reason.ts";
import type { RootCatalogue } from "../model/repository.ts";

const LATEST_BYTES = 8;
const VERSION_1_SNAPSHOT = "snapshot-";

/** Looked at before anything of it is read. */
export function requireReadable({ url }: BlobStore, { key, sizeBytes }: BlobInfo): void {
  if (sizeBytes <= GET_BYTES_MAX) return;
  const megabytes = Math.round(sizeBytes / 1024 / 1024);
  throw new AppError("invalid", `${url}/${key}: has ${megabytes} MB; a root of at most ${GET_BYTES_MAX / 1024 / 1024} MB can be read`);
}

/** A message about a root says which repository it is of: a copy reads two. */
export function decodeRootOf({ url }: BlobStore, key: string, bytes: Uint8Array): RootCatalogue {
  try {
    return decodeRoot(key, bytes);
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
  const [key] = hiding;
  return key === undefined ? undefined : reason("repository.hiddenRoot", { url, key });
}

/** @throws AppError `permanent` if a key hides the root from every cluster. */
export function refuseHidden(store: BlobStore, opened: { hiding: readonly string[] }): void {
  const why = hiddenRoot(store, opened);
  if (!why) return;
  throw new AppError("permanent", `${store.url}: Elasticsearch takes ${opened.hiding[0]} for the newest root; delete that object`, {
    reason: why,
  });
}

/** The generation that `index.latest` names. */
export async function latestOf(store: BlobStore): Promise<number | undefined> {
  const bytes = await store.get(LATEST_KEY);
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
    throw new AppError("invalid", `${store.url}: written by Elasticsearch 1.x (${key}), which is not readable here; 2.4 or newer is`, {
      reason: reason("repository.version1", { url: store.url, key }),
    });
  }
}

/** Whether a snapshot without its blob of 2.x was written by 1.x. */
export async function isVersion1(store: BlobStore, { key }: RootCatalogue, name: string): Promise<boolean> {
  return key === LEGACY_ROOT_KEY && (await store.head(`${VERSION_1_SNAPSHOT}${name}`)) !== undefined;
}
