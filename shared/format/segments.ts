import { type ByteReader, byteReader } from "./encoding/byteReader.ts";
import { HEADER_MAGIC } from "./encoding/luceneFooter.ts";
import { invalidBytes } from "./invalid.ts";

const ID_BYTES = 16;
/** `segments_N` formats (SegmentInfos.java): 6 since Lucene 5.3, 7 since 7.0, 8 since 7.2 (long counter), 9 since 7.4 (soft deletes), 10 since 8.6. */
const FORMAT = { min: 6, createdVersion: 7, longCounter: 8, softDeletes: 9, commitId: 10, max: 10 };
/** The oldest known `.si` format, the first with a minimum version and the first that is little-endian. */
const INFO_FORMAT = { min: 50, minVersion: 70, littleEndian: 90 };

/** One segment of a commit. */
export interface CommittedSegment {
  name: string;
  deleted: number;
  softDeleted: number;
}

/**
 * The segments that a `segments_N` commits, with their deleted documents; undefined for an unknown format.
 * @throws AppError `invalid` when the bytes end early or are malformed.
 */
export function readSegments(bytes: Uint8Array, subject: string): CommittedSegment[] | undefined {
  const reader = byteReader(bytes, subject);
  const header = readIndexHeader(reader, subject);
  if (header.codec !== "segments") throw invalidBytes(subject, `codec is "${header.codec}", not "segments"`, 4);
  const format = header.version;
  if (format < FORMAT.min || format > FORMAT.max) return undefined;
  readVersion(reader);
  if (format >= FORMAT.createdVersion) reader.vInt();
  reader.skip(8);
  if (format >= FORMAT.longCounter) reader.vLong();
  else reader.int32();
  const count = reader.int32();
  if (count > 0) readVersion(reader);
  const segments: CommittedSegment[] = [];
  for (let index = 0; index < count; index += 1) segments.push(readSegment(reader, format));
  return segments;
}

/**
 * The number of documents in one segment, including deleted ones, from its `.si`; undefined for an unknown format.
 * @throws AppError `invalid` when the bytes end early or are malformed.
 */
export function readSegmentDocuments(bytes: Uint8Array, subject: string): number | undefined {
  const reader = byteReader(bytes, subject);
  if (reader.int32() !== HEADER_MAGIC) throw invalidBytes(subject, "no Lucene header", 0);
  const format = Number(/^Lucene(\d+)SegmentInfo$/.exec(reader.text())?.[1]);
  if (!(format >= INFO_FORMAT.min)) return undefined;
  reader.skip(4 + ID_BYTES);
  reader.skip(reader.byte());
  const readInt = format >= INFO_FORMAT.littleEndian ? reader.int32LittleEndian : reader.int32;
  reader.skip(12);
  if (format >= INFO_FORMAT.minVersion && reader.byte() === 1) reader.skip(12);
  const documents = readInt();
  if (documents < 0) throw invalidBytes(subject, `${documents} documents`, reader.offset() - 4);
  return documents;
}

function readIndexHeader(reader: ByteReader, subject: string): { codec: string; version: number } {
  if (reader.int32() !== HEADER_MAGIC) throw invalidBytes(subject, "no Lucene header", 0);
  const codec = reader.text();
  const version = reader.int32();
  reader.skip(ID_BYTES);
  reader.skip(reader.byte());
  return { codec, version };
}

function readVersion(reader: ByteReader): void {
  for (let part = 0; part < 3; part += 1) reader.vInt();
}

function readSegment(reader: ByteReader, format: number): CommittedSegment {
  const name = reader.text();
  if (format >= FORMAT.createdVersion || reader.byte() === 1) reader.skip(ID_BYTES);
  reader.text();
  reader.skip(8);
  const deleted = reader.int32();
  reader.skip(16);
  const softDeleted = format >= FORMAT.softDeletes ? reader.int32() : 0;
  if (format >= FORMAT.commitId && reader.byte() === 1) reader.skip(ID_BYTES);
  skipTexts(reader);
  const fields = reader.int32();
  for (let field = 0; field < fields; field += 1) {
    reader.skip(4);
    skipTexts(reader);
  }
  return { name, deleted, softDeleted };
}

function skipTexts(reader: ByteReader): void {
  const count = reader.vInt();
  for (let index = 0; index < count; index += 1) reader.text();
}
