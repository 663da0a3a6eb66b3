import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { ByteRange } from "../../model/blobStore.ts";
import { emptyBody, guardedBody, isEmptyRange } from "../blobs/body.ts";

/** A local disk that delivers nothing for this long is a hung mount. */
const IDLE_TIMEOUT_MS = 60_000;

/** The bytes of a plain file; undefined for a folder. The file stays open until the body is fully read or abandoned. */
export async function readFileBody(
  path: string,
  range: ByteRange | undefined,
  subject: string,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const isEmpty = range !== undefined && isEmptyRange(range, subject);
  // Opening a pipe would otherwise wait for a writer.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  let body: AsyncIterable<Uint8Array> | undefined;
  try {
    body = isEmpty ? undefined : await startedBody(file, range, subject);
    if (body !== undefined) return body;
    return (await file.stat()).isFile() ? emptyBody() : undefined;
  } finally {
    if (body === undefined) await file.close();
  }
}

/** Undefined when there are no bytes to read. */
async function startedBody(
  file: FileHandle,
  range: ByteRange | undefined,
  subject: string,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const stats = await file.stat();
  const start = range?.start ?? 0;
  const end = Math.min(range?.end ?? stats.size, stats.size);
  if (!stats.isFile() || start >= end) return undefined;
  const body = file.createReadStream({ start, end: end - 1 });
  return guardedBody({ body, sizeBytes: end - start, idleTimeoutMs: IDLE_TIMEOUT_MS, subject });
}
