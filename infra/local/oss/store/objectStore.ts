import type { BigIntStats } from "node:fs";
import { type FileHandle, link, mkdir, open, readdir, rename, rm, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileErrorCode, noSuchBucket, OssError } from "../http/ossError.ts";
import { type ReceivedBody, receiveBody } from "../http/receiveBody.ts";
import { type KeyPage, type KeyQuery, listKeys } from "./listKeys.ts";
import { createRecordBook, infoOf, type ObjectInfo, type ObjectRecord, type RecordBook } from "./objectInfo.ts";
import { bucketPath, ensureDirectory, invalidName, objectPath, removeEmptyTree } from "./objectPaths.ts";

interface PublishOptions {
  /** Fails with FileAlreadyExists when the key exists; of several concurrent writers exactly one succeeds. */
  exclusive: boolean;
  /** Leaves the key absent for this long before the new object appears. */
  gapMs: number;
}

/** The part of a file handle that is needed to read an object. */
export interface OpenFile {
  createReadStream(options: { start: number; end: number; autoClose: false; highWaterMark?: number }): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Buckets are directories and objects are files under `root`; all other data of the stand-in is in a hidden directory beside the buckets.
 * After a kill an object is either complete, its previous version, or absent; the next start discards partially received bodies.
 */
export interface ObjectStore {
  buckets(): Promise<{ name: string; created: Date }[]>;
  /** The bucket's directory; throws NoSuchBucket. */
  requireBucket(bucket: string): Promise<string>;
  createBucket(bucket: string): Promise<void>;
  receive(body: AsyncIterable<Uint8Array>): Promise<ReceivedBody>;
  /** Discards a received body. */
  discard(body: { path: string }): Promise<void>;
  /** Atomically publishes a received body as the object; the body no longer exists afterwards, even if this throws. */
  publish(
    bucket: string,
    key: string,
    body: { path: string },
    record: ObjectRecord,
    options: PublishOptions,
  ): Promise<{ previousSizeBytes: number }>;
  describe(bucket: string, key: string): Promise<ObjectInfo | undefined>;
  /** The caller closes the file; its bytes stay the same even if the object is overwritten in the meantime. */
  open(bucket: string, key: string): Promise<{ file: OpenFile; info: ObjectInfo } | undefined>;
  /** One page of the bucket's keys; throws NoSuchBucket. */
  page(bucket: string, query: KeyQuery): Promise<KeyPage>;
  remove(bucket: string, key: string): Promise<void>;
  /** The directory of pending multipart uploads. */
  readonly uploadsDirectory: string;
}

/** Bucket names never start with a dot, so this directory cannot be mistaken for one. */
const OWN_DIRECTORY = ".oss";

export async function createObjectStore(root: string): Promise<ObjectStore> {
  const own = (name: string): string => join(root, OWN_DIRECTORY, name);
  const [incoming, uploadsDirectory, records] = [own("incoming"), own("uploads"), own("records")];
  await rm(incoming, { recursive: true, force: true });
  for (const directory of [incoming, uploadsDirectory, records]) await mkdir(directory, { recursive: true });
  const book = createRecordBook(records);
  const requireBucket = async (bucket: string): Promise<string> => {
    const path = bucketPath(root, bucket);
    if ((await ifPresent(stat(path)))?.isDirectory() !== true) throw noSuchBucket(bucket);
    return path;
  };
  return {
    uploadsDirectory,
    buckets: () => listBuckets(root),
    requireBucket,
    createBucket: async (bucket) => ensureDirectory(bucketPath(root, bucket)),
    receive: (body) => receiveBody(body, incoming),
    discard: (body) => rm(body.path, { force: true }),
    async publish(bucket, key, body, record, options) {
      try {
        return await publishFile(book, body.path, objectPath(root, bucket, key), record, options);
      } finally {
        await rm(body.path, { force: true });
      }
    },
    async describe(bucket, key) {
      const path = objectPath(root, bucket, key);
      const stats = await fileStats(path);
      if (stats === undefined) return undefined;
      const record = await book.known(stats);
      if (record !== undefined) return infoOf(stats, record);
      const opened = await openFile(book, path);
      await opened?.file.close();
      return opened?.info;
    },
    open: async (bucket, key) => openFile(book, objectPath(root, bucket, key)),
    page: async (bucket, query) => listKeys(await requireBucket(bucket), query),
    async remove(bucket, key) {
      const path = objectPath(root, bucket, key);
      const stats = await fileStats(path);
      if (stats === undefined) return;
      await ifPresent(unlink(path));
      await book.forget(stats);
    },
  };
}

async function openFile(book: RecordBook, path: string): Promise<{ file: FileHandle; info: ObjectInfo } | undefined> {
  const file = await ifPresent(open(path));
  if (file === undefined) return undefined;
  try {
    const stats = await file.stat({ bigint: true });
    if (stats.isFile()) return { file, info: infoOf(stats, await book.of(stats, file)) };
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return undefined;
}

async function publishFile(book: RecordBook, from: string, to: string, record: ObjectRecord, { exclusive, gapMs }: PublishOptions) {
  const own = await stat(from, { bigint: true });
  // Stored before the file appears, so that no reader can see it without its metadata.
  await book.keep(own, record);
  try {
    const previous = await fileStats(to);
    if (gapMs > 0 && previous !== undefined) {
      await rm(to, { force: true });
      await sleep(gapMs);
    }
    await place(from, to, exclusive);
    if (previous !== undefined) await book.forget(previous);
    return { previousSizeBytes: Number(previous?.size ?? 0n) };
  } catch (error) {
    await book.forget(own);
    throw error;
  }
}

/** Moves a finished file to its key: `rename` replaces atomically, `link` fails atomically when the key exists. */
async function place(from: string, to: string, exclusive: boolean): Promise<void> {
  const move = (): Promise<void> => (exclusive ? link(from, to) : rename(from, to));
  await ensureParents(dirname(to));
  try {
    await move();
  } catch (error) {
    if ((await ifPresent(stat(to)))?.isDirectory() === true) {
      if (!(await removeEmptyTree(to))) throw invalidName("other objects lie below it as in a directory");
      return move();
    }
    throw fileErrorCode(error) === "EEXIST" ? alreadyExists() : error;
  }
}

async function ensureParents(directory: string): Promise<void> {
  try {
    await ensureDirectory(directory);
  } catch (error) {
    const isBlocked = ["ENOTDIR", "EEXIST"].includes(fileErrorCode(error) ?? "");
    throw isBlocked ? invalidName("a part of its path is itself an object here") : error;
  }
}

export function alreadyExists(): OssError {
  return new OssError(409, "FileAlreadyExists", "The object you specified already exists and can not be overwritten.");
}

async function listBuckets(root: string): Promise<{ name: string; created: Date }[]> {
  const entries = (await readdir(root, { withFileTypes: true })).filter((entry) => entry.isDirectory() && !entry.name.startsWith("."));
  const names = entries.map((entry) => entry.name).sort();
  return Promise.all(names.map(async (name) => ({ name, created: (await stat(join(root, name))).birthtime })));
}

async function fileStats(path: string): Promise<BigIntStats | undefined> {
  const stats = await ifPresent(stat(path, { bigint: true }));
  return stats?.isFile() === true ? stats : undefined;
}

/** `undefined` for a missing file, also when a part of its path is a file. */
async function ifPresent<Value>(result: Promise<Value>): Promise<Value | undefined> {
  try {
    return await result;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(fileErrorCode(error) ?? "")) return undefined;
    throw error;
  }
}
