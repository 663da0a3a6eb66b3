import { chmod, mkdir, readdir, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileErrorCode, OssError } from "../http/ossError.ts";

/** OSS: a key has 1 to 1023 bytes of UTF-8. */
const KEY_BYTES_MAX = 1023;

/** The file system's limit for one path segment. */
const SEGMENT_BYTES_MAX = 255;

/** Elasticsearch reads the same directory as another user, whatever this process's umask is. */
export const FILE_MODE = 0o644;
const DIRECTORY_MODE = 0o755;

/** OSS: lower-case letters, digits and hyphens, 3 to 63 of them, no hyphen at either end. */
const BUCKET_NAME = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;

export function bucketPath(root: string, bucket: string): string {
  if (!BUCKET_NAME.test(bucket)) throw new OssError(400, "InvalidBucketName", `The specified bucket is not valid: ${bucket}`);
  return join(root, bucket);
}

/** The file of an object; rejects keys that would leave the bucket's directory or that the file system would change. */
export function objectPath(root: string, bucket: string, key: string): string {
  const segments = key.split("/");
  const tooLong = Buffer.byteLength(key) > KEY_BYTES_MAX || segments.some((segment) => Buffer.byteLength(segment) > SEGMENT_BYTES_MAX);
  if (tooLong) throw invalidName("it is too long");
  if (key.startsWith("\\") || key.includes("\0")) throw invalidName("it starts with a backslash or holds a NUL character");
  if (segments.some((segment) => segment === "" || segment === "." || segment === "..")) {
    throw invalidName('this stand-in keeps objects as files, so no part of it may be empty, "." or ".."');
  }
  return join(bucketPath(root, bucket), ...segments);
}

export function invalidName(why: string): OssError {
  return new OssError(400, "InvalidObjectName", `The specified object is not valid: ${why}.`);
}

/** Creates the directory and its parents, readable by others. */
export async function ensureDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: DIRECTORY_MODE });
  if (first === undefined) return;
  for (let at = path; at.length >= first.length; at = dirname(at)) await chmod(at, DIRECTORY_MODE);
}

/** Removes a directory that contains nothing but directories; `false` when it contains a file. */
export async function removeEmptyTree(path: string): Promise<boolean> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (!entry.isDirectory() || !(await removeEmptyTree(join(path, entry.name)))) return false;
  }
  try {
    await rmdir(path);
    return true;
  } catch (error) {
    if (fileErrorCode(error) === "ENOTEMPTY") return false;
    throw error;
  }
}
