import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileErrorCode, OssError } from "../http/ossError.ts";
import type { ReceivedBody } from "../http/receiveBody.ts";

/** The data given when a multipart upload was initiated. */
export interface Upload {
  uploadId: string;
  bucket: string;
  key: string;
  /** ISO 8601. */
  initiated: string;
  contentType: string;
  meta: Record<string, string>;
  exclusive: boolean;
}

export interface UploadedPart {
  number: number;
  /** Upper case, without quotes. */
  etag: string;
  crc64: bigint;
  sizeBytes: number;
  lastModified: Date;
  path: string;
}

/** Parts are files outside the buckets, so nothing is visible before completion; they survive a kill of the server, as on OSS. */
export interface UploadStore {
  create(upload: Omit<Upload, "uploadId" | "initiated">): Promise<Upload>;
  /** Throws NoSuchUpload, also when the upload belongs to another key. */
  require(uploadId: string, bucket: string, key: string): Promise<Upload>;
  list(bucket: string): Promise<Upload[]>;
  putPart(uploadId: string, number: number, body: ReceivedBody): Promise<UploadedPart>;
  /** Sorted by part number. */
  parts(uploadId: string): Promise<UploadedPart[]>;
  remove(uploadId: string): Promise<void>;
}

const UPLOAD_FILE = "upload.json";
const UNFINISHED = ".new";

/** A part's file name contains its metadata. */
const PART_NAME = /^(\d+)-([0-9A-F]{32})-(\d+)$/;

export function createUploadStore(directory: string): UploadStore {
  const read = async (uploadId: string): Promise<Upload> => {
    if (!/^[0-9A-F]{32}$/.test(uploadId)) throw noSuchUpload();
    try {
      return JSON.parse(await readFile(join(directory, uploadId, UPLOAD_FILE), "utf8")) as Upload;
    } catch (error) {
      throw fileErrorCode(error) === "ENOENT" ? noSuchUpload() : error;
    }
  };
  return {
    async create(upload) {
      const created: Upload = { ...upload, uploadId: randomBytes(16).toString("hex").toUpperCase(), initiated: new Date().toISOString() };
      // Filled before it is renamed: a server killed in between leaves no unreadable upload.
      const temporary = join(directory, `${created.uploadId}${UNFINISHED}`);
      await mkdir(temporary);
      await writeFile(join(temporary, UPLOAD_FILE), JSON.stringify(created));
      await rename(temporary, join(directory, created.uploadId));
      return created;
    },
    async require(uploadId, bucket, key) {
      const upload = await read(uploadId);
      if (upload.bucket !== bucket || upload.key !== key) throw noSuchUpload();
      return upload;
    },
    async list(bucket) {
      const names = (await readdir(directory)).filter((name) => !name.endsWith(UNFINISHED));
      const uploads = await Promise.all(names.map(read));
      return uploads.filter((upload) => upload.bucket === bucket).sort((a, b) => (a.key < b.key ? -1 : 1));
    },
    async putPart(uploadId, number, body) {
      const name = `${number}-${body.md5.toString("hex").toUpperCase()}-${body.crc64}`;
      await rename(body.path, join(directory, uploadId, name));
      const older = (await readdir(join(directory, uploadId))).filter((other) => other.startsWith(`${number}-`) && other !== name);
      for (const other of older) await rm(join(directory, uploadId, other), { force: true });
      return partOf(join(directory, uploadId), name);
    },
    async parts(uploadId) {
      const names = (await readdir(join(directory, uploadId))).filter((name) => PART_NAME.test(name));
      const parts = await Promise.all(names.map((name) => partOf(join(directory, uploadId), name)));
      return parts.sort((a, b) => a.number - b.number);
    },
    async remove(uploadId) {
      const temporary = join(directory, `${uploadId}${UNFINISHED}`);
      await rename(join(directory, uploadId), temporary).catch((error: unknown) => {
        if (fileErrorCode(error) !== "ENOENT") throw error;
      });
      await rm(temporary, { recursive: true, force: true });
    },
  };
}

async function partOf(directory: string, name: string): Promise<UploadedPart> {
  const [, number, etag, crc] = PART_NAME.exec(name) as unknown as [string, string, string, string];
  const path = join(directory, name);
  const { size, mtime } = await stat(path);
  return { number: Number(number), etag, crc64: BigInt(crc), sizeBytes: size, lastModified: mtime, path };
}

function noSuchUpload(): OssError {
  return new OssError(404, "NoSuchUpload", "The specified upload does not exist. It may have been aborted or completed.");
}
