import type { DecodeBudget } from "../model/memory/decodeBudget.ts";
import { decodeContainer, FILE_LIST } from "./encoding/container.ts";
import { checksumText, FOOTER_BYTES, readFooter, verifyFooter } from "./encoding/luceneFooter.ts";
import type { Wanted } from "./encoding/smileSkip.ts";
import { asCount, asFields, asKeySegment, asList, asName, asText, type Fields, optional } from "./fields.ts";
import { invalidBytes } from "./invalid.ts";

/** Of a whole shard: 1 TB in chunks of 2 MB. More means a wrong file list, which must not exhaust memory. */
const PARTS_MAX = 500_000;
/** Elasticsearch's have 24; file systems take no longer ones. Each part of a file has its name. */
const BLOB_NAME_MAX = 255;
/** Between a file's name and the number of its part. */
export const PART = ".part";
const COMMIT = /^segments_[0-9a-z]+$/;
/** Lucene writes footers since 4.8; before that Elasticsearch recorded an Adler32, which the file itself does not contain. */
const FOOTERS_SINCE = { major: 4, minor: 8 };

/** What is read of a list of files. */
export const FILES_FIELDS: Wanted = {
  items: {
    fields: { name: true, physical_name: true, length: true, checksum: true, part_size: true, written_by: true, meta_hash: true },
  },
};
const LIST_FIELDS: Wanted = { fields: { name: true, files: FILES_FIELDS } };

/** One Lucene file of a shard, as listed in a file list. */
export interface ShardFile {
  /** The blob's name without the part suffix; starts with `v__` when there is no blob. */
  name: string;
  physicalName: string;
  lengthBytes: number;
  /** Base 36 of the CRC32 in the file's footer; taken from the embedded copy when the list omits it; absent for files without a footer. */
  checksum: string | undefined;
  /** Absent when the file is a single blob of any length. */
  partSizeBytes: number | undefined;
  /** The whole file for small files (`*.si`, `segments_N`); absent when the list embeds nothing or only a prefix. */
  embedded: Uint8Array | undefined;
  virtual: boolean;
}

/** The file list of one snapshot of one shard. */
export interface ShardSnapshot {
  /** The snapshot's name. */
  name: string;
  files: ShardFile[];
}

export interface FilePart {
  name: string;
  sizeBytes: number;
  part: number;
  parts: number;
}

/**
 * `indices/<id>/<shard>/snap-<uuid>.dat`.
 * @throws AppError `invalid` with reason `format.crc32` or `format.invalid`; also for a virtual file whose embedded bytes fail their own checksum.
 */
export function decodeShardSnapshot(bytes: Uint8Array, subject: string, budget?: DecodeBudget): ShardSnapshot {
  const fields = asFields(decodeContainer(bytes, "snapshot", subject, { budget, wanted: LIST_FIELDS, proportions: FILE_LIST }), subject);
  return { name: asName(fields.name, `${subject}: name`), files: readFiles(fields.files, subject) };
}

/** The `files` of a shard snapshot or of a shard catalogue. */
export function readFiles(files: unknown, subject: string): ShardFile[] {
  let parts = 0;
  return asList(files, `${subject}: files`).map((entry, index) => {
    const file = readFile(asFields(entry, subject), `${subject}: files[${index}]`);
    parts += partCount(file);
    if (parts > PARTS_MAX) throw invalidBytes(`${subject}: files[${index}]`, `more than ${PARTS_MAX} parts in one shard`);
    return file;
  });
}

/** Lucene's commit among a shard's files: it opens no index without one. */
export function commitOf(files: readonly ShardFile[]): ShardFile | undefined {
  return files.find(({ physicalName }) => COMMIT.test(physicalName));
}

/** The blobs of a file: none when virtual, one with the file's name, or `name.part0` … of `partSizeBytes` each with the remainder last. */
export function partsOf(file: ShardFile): FilePart[] {
  if (file.virtual) return [];
  return Array.from({ length: partCount(file) }, (_, part) => partOf(file, part));
}

/** One blob of a file that is not virtual; `part` is below {@link partCount}. */
export function partOf(file: ShardFile, part: number): FilePart {
  const parts = partCount(file);
  const sizeBytes = partSizeOf(file, part);
  return parts === 1 ? { name: file.name, sizeBytes, part: 0, parts } : { name: `${file.name}${PART}${part}`, sizeBytes, part, parts };
}

/** The size of one blob of a file that is not virtual. */
export function partSizeOf(file: ShardFile, part: number): number {
  const [{ lengthBytes, partSizeBytes = 0 }, parts] = [file, partCount(file)];
  if (parts === 1) return lengthBytes;
  return part < parts - 1 ? partSizeBytes : lengthBytes - partSizeBytes * (parts - 1);
}

/** The number of blobs of a file. */
export function partCount({ virtual, lengthBytes, partSizeBytes }: ShardFile): number {
  if (virtual) return 0;
  return partSizeBytes === undefined ? 1 : Math.max(1, Math.ceil(lengthBytes / partSizeBytes));
}

function readFile(fields: Fields, where: string): ShardFile {
  const name = asKeySegment(fields.name, `${where}.name`);
  const virtual = name.startsWith("v__");
  if (!virtual && !name.startsWith("__")) throw invalidBytes(`${where}.name`, `"${name}" is no name of a data blob`);
  if (name.length > BLOB_NAME_MAX)
    throw invalidBytes(`${where}.name`, `${name.length} characters; no data blob has more than ${BLOB_NAME_MAX}`);
  // Elasticsearch cuts a blob's name there to find its file, so no file has such a name.
  if (name.includes(PART)) throw invalidBytes(`${where}.name`, `"${name}" is the name of a part, not of a file`);
  const lengthBytes = asCount(fields.length, `${where}.length`);
  const partSizeBytes = readPartSize(fields.part_size, `${where}.part_size`);
  const embedded = readEmbedded(fields.meta_hash, lengthBytes, `${where}.meta_hash`);
  const file = {
    name,
    physicalName: asName(fields.physical_name, `${where}.physical_name`),
    lengthBytes,
    partSizeBytes,
    embedded,
    virtual,
  };
  return { ...file, checksum: readChecksum(fields, file, where) };
}

/** For a single-blob file Elasticsearch writes no part size or a non-positive one; `Long.MAX_VALUE` arrives as a bigint. */
function readPartSize(value: unknown, where: string): number | undefined {
  if (value === undefined || value === null || typeof value === "bigint") return undefined;
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw invalidBytes(where, "a whole number of bytes expected");
  return value > 0 ? value : undefined;
}

/** `meta_hash` is the file itself only when it has the file's length. */
function readEmbedded(value: unknown, lengthBytes: number, where: string): Uint8Array | undefined {
  if (value === undefined || value === null) return undefined;
  if (!(value instanceof Uint8Array)) throw invalidBytes(where, "binary expected");
  return value.byteLength === lengthBytes && lengthBytes > 0 ? value : undefined;
}

function readChecksum(fields: Fields, file: Omit<ShardFile, "checksum">, where: string): string | undefined {
  const recorded = optional(fields.checksum, `${where}.checksum`, asName);
  if (file.virtual) return verifyVirtual(file.embedded, recorded, where);
  if (recorded !== undefined) return hasFooter(optional(fields.written_by, `${where}.written_by`, asText)) ? recorded : undefined;
  if (file.embedded === undefined || file.embedded.byteLength < FOOTER_BYTES) return undefined;
  return checksumText(readFooter(file.embedded.subarray(-FOOTER_BYTES), where));
}

function verifyVirtual(embedded: Uint8Array | undefined, recorded: string | undefined, where: string): string {
  if (embedded === undefined) throw invalidBytes(where, "a virtual file without its contents");
  const found = checksumText(verifyFooter(embedded, where));
  if (recorded !== undefined && recorded !== found) throw invalidBytes(where, `checksum ${recorded} recorded, ${found} embedded`);
  return found;
}

function hasFooter(writtenBy: string | undefined): boolean {
  const [major = 0, minor = 0] = (writtenBy ?? "").split(".").map(Number);
  if (writtenBy === undefined || !Number.isInteger(major) || !Number.isInteger(minor)) return true;
  return major > FOOTERS_SINCE.major || (major === FOOTERS_SINCE.major && minor >= FOOTERS_SINCE.minor);
}
