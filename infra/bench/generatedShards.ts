import { createHash } from "node:crypto";
import { crc32 } from "../../shared/format/encoding/crc32.ts";
import { CHECKSUM_BYTES, checksumText, FOOTER_BYTES, FOOTER_MAGIC } from "../../shared/format/encoding/luceneFooter.ts";
import { type Encodable, encodeBlob } from "./encodeSmall.ts";

export const SNAPSHOT = "bench";
/** Of each part of a counter-named file. */
export const PART_BYTES = 1024;

export type FileNames = "uuids" | "counters";

export interface ShardContents {
  /** Sorted by name. */
  files: { name: string; sizeBytes: number }[];
  list: Uint8Array;
}

/** Files of one part with names like uuids, without bytes. */
export function shardContents(fileCount: number): ShardContents {
  const files = Array.from({ length: fileCount }, (_, file) => ({
    name: `__${shortName(`file ${file}`)}`,
    physical: physicalName(file),
    sizeBytes: 1000 + file,
  }));
  const entries = files.map(({ name, physical, sizeBytes }) => ({
    name,
    physical_name: physical,
    length: sizeBytes,
    checksum: "1a2b3c",
    part_size: 1_073_741_824,
    written_by: "6.6.0",
  }));
  return { files: sorted(files), list: fileList(entries) };
}

/** Files in two parts; an odd blob is left over as a file of one part. */
export function countedContents(blobCount: number): ShardContents {
  const whole = countedFile();
  const counted = Array.from({ length: Math.ceil(blobCount / 2) }, (_, file) => {
    const name = `__${file.toString(36)}`;
    const isWhole = 2 * file + 1 === blobCount;
    const parts = isWhole ? [name] : [`${name}.part0`, `${name}.part1`];
    return { name, parts, partBytes: isWhole ? whole.length : whole.length / 2 };
  });
  const checksum = checksumText(whole.readUInt32BE(whole.length - 4));
  const entries = counted.map(({ name, partBytes }, file) => ({
    name,
    physical_name: physicalName(file),
    length: whole.length,
    checksum,
    part_size: partBytes,
    written_by: "6.6.0",
  }));
  const files = counted.flatMap(({ parts, partBytes }) => parts.map((name) => ({ name, sizeBytes: partBytes })));
  return { files: sorted(files), list: fileList(entries) };
}

/** A shard without Lucene's commit would be damaged. */
function physicalName(file: number): string {
  return file === 0 ? "segments_1" : `_${file.toString(36)}.cfs`;
}

let counted: Buffer | undefined;

/** The contents of every counter-named file: bytes, then a Lucene footer with their checksum. */
function countedFile(): Buffer {
  if (counted) return counted;
  const bytes = Buffer.alloc(2 * PART_BYTES, "counted");
  bytes.writeUInt32BE(FOOTER_MAGIC, bytes.length - FOOTER_BYTES);
  bytes.fill(0, bytes.length - FOOTER_BYTES + 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, -CHECKSUM_BYTES)), bytes.length - 4);
  counted = bytes;
  return bytes;
}

/** The bytes of a data blob with a counter name. */
export function partOf(key: string): Uint8Array | undefined {
  const name = /\/__[0-9a-z]+(\.part([01]))?$/.exec(key);
  if (!name) return undefined;
  const bytes = countedFile();
  return name[2] === undefined ? bytes : bytes.subarray(Number(name[2]) * PART_BYTES, (Number(name[2]) + 1) * PART_BYTES);
}

function sorted(files: ShardContents["files"]): ShardContents["files"] {
  return files.sort((left, right) => (left.name < right.name ? -1 : 1));
}

function fileList(files: Encodable[]): Uint8Array {
  const times = { start_time: 1_700_000, time: 1000 };
  return encodeBlob("snapshot", { name: SNAPSHOT, index_version: 3, ...times, number_of_files: files.length, total_size: 1, files });
}

/** 22 characters like an encoded UUID's, always the same for the same text. */
export function shortName(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}
