import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { type FileHandle, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileErrorCode } from "../http/ossError.ts";
import { crc64 } from "./crc64.ts";

/** The data that OSS stores for an object besides its bytes. */
export interface ObjectRecord {
  /** Upper case, without quotes. */
  etag: string;
  /** Decimal. */
  crc64: string;
  type: "Normal" | "Multipart";
  contentType: string;
  /** Without `x-oss-meta-`. */
  meta: Readonly<Record<string, string>>;
}

export interface ObjectInfo extends ObjectRecord {
  sizeBytes: number;
  /** Whole seconds, as OSS reports it. */
  lastModified: Date;
}

/** Records by the file's identity (inode, time, size), so that an old record is never used for a file replaced by another program. */
export interface RecordBook {
  known(stats: BigIntStats): Promise<ObjectRecord | undefined>;
  /** Reads the whole file unless its record is known. */
  of(stats: BigIntStats, file: FileHandle): Promise<ObjectRecord>;
  keep(stats: BigIntStats, record: ObjectRecord): Promise<void>;
  forget(stats: BigIntStats): Promise<void>;
}

export const DEFAULT_CONTENT_TYPE = "application/octet-stream";

/** Enough for the largest repository served from one machine; evicted entries are computed again. */
const RECORDS_MAX = 200_000;

const READ_BYTES = 1024 ** 2;

/** `directory` stores what the bytes do not contain (metadata, multipart ETags), so that it survives a restart. */
export function createRecordBook(directory: string): RecordBook {
  const records = new Map<string, ObjectRecord>();
  const sidecar = (stats: BigIntStats): string => join(directory, `${identity(stats)}.json`);
  const remember = (stats: BigIntStats, record: ObjectRecord): ObjectRecord => {
    const oldest = records.size >= RECORDS_MAX ? records.keys().next().value : undefined;
    if (oldest !== undefined) records.delete(oldest);
    records.set(identity(stats), record);
    return record;
  };
  const known = async (stats: BigIntStats): Promise<ObjectRecord | undefined> => {
    const record = records.get(identity(stats));
    if (record !== undefined) return record;
    const text = await readIfPresent(sidecar(stats));
    return text === undefined ? undefined : remember(stats, JSON.parse(text) as ObjectRecord);
  };
  return {
    known,
    async of(stats, file) {
      return (await known(stats)) ?? remember(stats, await recordOfBytes(file));
    },
    async keep(stats, record) {
      remember(stats, record);
      if (isPlain(record)) return;
      await writeFile(sidecar(stats), JSON.stringify(record));
    },
    async forget(stats) {
      const record = records.get(identity(stats));
      records.delete(identity(stats));
      if (record === undefined || !isPlain(record)) await rm(sidecar(stats), { force: true });
    },
  };
}

export function infoOf(stats: BigIntStats, record: ObjectRecord): ObjectInfo {
  const seconds = stats.mtimeNs / 1_000_000_000n;
  return { ...record, sizeBytes: Number(stats.size), lastModified: new Date(Number(seconds) * 1000) };
}

async function recordOfBytes(file: FileHandle): Promise<ObjectRecord> {
  const hash = createHash("md5");
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  let crc = 0n;
  let position = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, READ_BYTES, position);
    if (bytesRead === 0) break;
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    crc = crc64(chunk, crc);
    position += bytesRead;
  }
  return { etag: hash.digest("hex").toUpperCase(), crc64: String(crc), type: "Normal", contentType: DEFAULT_CONTENT_TYPE, meta: {} };
}

function isPlain(record: ObjectRecord): boolean {
  return record.type === "Normal" && record.contentType === DEFAULT_CONTENT_TYPE && Object.keys(record.meta).length === 0;
}

function identity(stats: BigIntStats): string {
  return `${stats.ino}-${stats.mtimeNs}-${stats.size}`;
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (fileErrorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
