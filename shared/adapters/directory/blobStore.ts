import type { Stats } from "node:fs";
import { type FileHandle, lstat } from "node:fs/promises";
import type { BlobInfo, BlobStore, ListOptions } from "../../model/blobStore.ts";
import { collect } from "../blobs/body.ts";
import { PART_SIZE_BYTES_DEFAULT, partRanges, readExactly } from "../blobs/parts.ts";
import { directoryError, isMissing } from "./errors.ts";
import { listFiles } from "./listFiles.ts";
import { type DirectoryPlace, directoryPlace } from "./place.ts";
import { readFileBody } from "./readFileBody.ts";
import { removeFile, writeFileAtomically } from "./writeFile.ts";

export interface DirectoryBlobStoreOptions {
  /** Takes the role of the bucket: an absolute path that must exist. */
  directory: string;
  basePath?: string;
  /** The amount that `putFrom` requests at once. */
  partSizeBytes?: number;
}

/**
 * Blobs as plain files, such as an `fs` repository. Writes are atomic; links are not listed, and not followed in a key's last segment.
 * Reading needs only read permission, whichever account wrote the files.
 */
export function directoryBlobStore(options: DirectoryBlobStoreOptions): BlobStore {
  const { directory, basePath = "", partSizeBytes = PART_SIZE_BYTES_DEFAULT } = options;
  const place = directoryPlace(directory, basePath);
  return { url: place.url, ...reading(place), ...writing(place, partSizeBytes) };
}

function reading(place: DirectoryPlace): Pick<BlobStore, "list" | "head" | "get" | "open"> {
  const open: BlobStore["open"] = (key, range) =>
    readOne(place, key, "get", (path) => readFileBody(path, range, place.subject(key, "get")));
  return {
    list: (prefix, options = {}) => list(place, prefix, options),
    head: (key) =>
      readOne(place, key, "head", async (path) => {
        const stats = await lstat(path);
        return stats.isFile() ? { key, sizeBytes: stats.size, lastModified: writtenAt(stats) } : undefined;
      }),
    async get(key, range) {
      const body = await open(key, range);
      return body && collect(body, place.subject(key, "get"));
    },
    open,
  };
}

function writing(place: DirectoryPlace, partSizeBytes: number): Pick<BlobStore, "put" | "putFrom" | "delete"> {
  const { root } = place;
  async function write(key: string, call: string, ifAbsent: boolean, fill: (file: FileHandle) => Promise<void>): Promise<void> {
    await place.onPath(key, call, async (path) => {
      await place.check(place.subject(key, call));
      await writeFileAtomically({ root, path, ifAbsent, fill });
    });
  }
  return {
    async put(key, body, { ifAbsent = false } = {}) {
      await write(key, "put", ifAbsent, (file) => file.writeFile(body));
      return { at: new Date() };
    },
    async putFrom(key, sizeBytes, read, ready) {
      await write(key, "putFrom", false, async (file) => {
        const request = { read, subject: place.subject(key, "putFrom") };
        for (const range of partRanges(sizeBytes, partSizeBytes)) await file.writeFile(await readExactly(request, range));
        ready?.();
      });
      return {};
    },
    async delete(keys) {
      await place.check(place.subject("", "delete"));
      for (const key of keys) await place.onPath(key, "delete", (path) => removeFile(root, path));
    },
  };
}

async function* list(
  place: DirectoryPlace,
  prefix: string,
  { startAfter, onDate, onLink }: ListOptions,
): AsyncGenerator<BlobInfo, void, undefined> {
  const { root, base } = place;
  const subject = place.subject(prefix, "list");
  await place.check(subject);
  onDate?.(new Date());
  try {
    const files = listFiles(root, base.prefix(prefix), {
      startAfter: startAfter === undefined ? undefined : base.prefix(startAfter),
      onLink: onLink && ((key) => onLink(base.relative(key) ?? key)),
    });
    for await (const { key, stats } of files) {
      const relative = base.relative(key);
      if (relative !== undefined) yield { key: relative, sizeBytes: stats.size, lastModified: writtenAt(stats) };
    }
  } catch (error) {
    throw directoryError(error, subject);
  }
}

/** Undefined when the key is missing; throws `absent` when the directory itself is missing. */
async function readOne<T>(
  place: DirectoryPlace,
  key: string,
  call: string,
  work: (path: string) => Promise<T | undefined>,
): Promise<T | undefined> {
  return place.onPath(key, call, async (path) => {
    try {
      return await work(path);
    } catch (error) {
      if (!isMissing(error)) throw error;
      await place.check(place.subject(key, call));
      return undefined;
    }
  });
}

/** `cp -p` and rsync preserve the original's modification time; the change time shows when the file was placed here. */
function writtenAt({ mtimeMs, ctimeMs }: Stats): Date {
  return new Date(Math.max(mtimeMs, ctimeMs));
}
