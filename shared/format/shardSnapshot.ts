import { decodeContainer } from "./encoding/container.ts";
import { checksumText, FOOTER_BYTES, readFooter, verifyFooter } from "./encoding/luceneFooter.ts";
import { asCount, asFields, asKeySegment, asList, asText, type Fields, optional } from "./fields.ts";
import { invalidBytes } from "./invalid.ts";

/** 2 TB in the smallest chunks that object stores allow (1 MB); more is a wrong file list that must not exhaust memory. */
const PARTS_MAX = 2_000_000;
/** Lucene writes footers since 4.8; before that Elasticsearch recorded an Adler32 that nothing in the file repeats. */
const FOOTERS_SINCE = { major: 4, minor: 8 };

/** One Lucene file of a shard, as a file list names it. */
export interface ShardFile {
  /** The blob's name without parts; starts with `v__` when there is no blob. */
  name: string;
  physicalName: string;
  lengthBytes: number;
  /** Base 36 of the CRC32 in the file's footer; from the embedded copy where the list leaves it out; absent for files without footer. */
  checksum: string | undefined;
  /** Absent when the file is one blob whatever its length. */
  partSizeBytes: number | undefined;
  /** The whole file for small ones (`*.si`, `segments_N`), otherwise nothing or a prefix. */
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
export function decodeShardSnapshot(bytes: Uint8Array, subject: string): ShardSnapshot {
  const fields = asFields(decodeContainer(bytes, "snapshot", subject), subject);
  return { name: asText(fields.name, `${subject}: name`), files: readFiles(fields.files, subject) };
}

/** The `files` of a shard snapshot or of a shard's catalogue. */
export function readFiles(files: unknown, subject: string): ShardFile[] {
  return asList(files, `${subject}: files`).map((entry, index) => readFile(asFields(entry, subject), `${subject}: files[${index}]`));
}

/** The blobs of a file: none when virtual, one named like the file, or `name.part0` … of `partSizeBytes` each and the rest. */
export function partsOf(file: ShardFile): FilePart[] {
  if (file.virtual) return [];
  const { lengthBytes, partSizeBytes } = file;
  if (partSizeBytes === undefined || lengthBytes <= partSizeBytes) return [{ name: file.name, sizeBytes: lengthBytes, part: 0, parts: 1 }];
  const parts = Math.ceil(lengthBytes / partSizeBytes);
  return Array.from({ length: parts }, (_, part) => {
    const sizeBytes = part < parts - 1 ? partSizeBytes : lengthBytes - partSizeBytes * (parts - 1);
    return { name: `${file.name}.part${part}`, sizeBytes, part, parts };
  });
}

function readFile(fields: Fields, where: string): ShardFile {
  const name = asKeySegment(fields.name, `${where}.name`);
  const virtual = name.startsWith("v__");
  if (!virtual && !name.startsWith("__")) throw invalidBytes(`${where}.name`, `"${name}" is no name of a data blob`);
  const lengthBytes = asCount(fields.length, `${where}.length`);
  const partSizeBytes = readPartSize(fields.part_size, `${where}.part_size`);
  if (partSizeBytes !== undefined && lengthBytes / partSizeBytes > PARTS_MAX) throw invalidBytes(where, `more than ${PARTS_MAX} parts`);
  const embedded = readEmbedded(fields.meta_hash, lengthBytes, `${where}.meta_hash`);
  const file = {
    name,
    physicalName: asText(fields.physical_name, `${where}.physical_name`),
    lengthBytes,
    partSizeBytes,
    embedded,
    virtual,
  };
  return { ...file, checksum: readChecksum(fields, file, where) };
}

/** Elasticsearch writes no part size, or one that is not positive, for a file in one piece; `Long.MAX_VALUE` arrives as a bigint. */
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
  const recorded = optional(fields.checksum, `${where}.checksum`, asText);
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
