import { shownCut } from "../model/plainText.ts";
import { type ByteReader, byteReader } from "./encoding/byteReader.ts";
import { HEADER_MAGIC } from "./encoding/luceneFooter.ts";
import { invalidBytes } from "./invalid.ts";

const ID_BYTES = 16;
/** `segments_N` formats (SegmentInfos.java): 6 since Lucene 5.3, 7 since 7.0, 8 since 7.2 (long counter), 9 since 7.4 (soft deletes), 10 since 8.6. */
const FORMAT = { min: 6, createdVersion: 7, longCounter: 8, softDeletes: 9, commitId: 10, max: 10 };
/** The oldest known `.si` format, the first with a minimum version and the first that is little-endian. */
const INFO_FORMAT = { min: 50, minVersion: 70, littleEndian: 90 };
/**
 * The `.si` formats whose set of files is read (Lucene*SegmentInfoFormat.java). Lucene 9.9 inserted a byte (whether there are blocks of
 * documents) and kept the name and the version of the format of 9.0.
 */
const FILES_FORMATS: ReadonlySet<number> = new Set([50, 62, 70, 86, 90]);
const HAS_BLOCKS_SINCE = { major: 9, minor: 9 };
/** Version 0 of the format of 5.0 counts its maps and sets in another way; only that of 6.2 had a further version. */
const FILES_VERSION = { min: (format: number) => (format === INFO_FORMAT.min ? 1 : 0), max: 1 };
/** Of a segment, and of the updates of a commit: more names are not of Lucene, and they must not exhaust memory. */
const FILES_MAX = 10_000;
const UPDATES_MAX = 100_000;
/** Lucene counts its segments: `_` and a long to base 36. Each name is put before those of all files of its segment. */
const SEGMENT_NAME = /^_[0-9a-z]{1,13}$/;
const NAME_SHOWN = 60;
/** Elasticsearch writes about ten. */
const USER_DATA_MAX = 100;

/** One segment of a commit. */
export interface CommittedSegment {
  name: string;
  deleted: number;
  softDeleted: number;
  /** The file of its deleted documents as Lucene names it since 5.0, such as `_0_1.liv`; absent when none were deleted. */
  deletions: string | undefined;
  /** The files that updates of fields and of doc values wrote, such as `_0_1.fnm`. */
  updates: string[];
}

/**
 * The segments that a `segments_N` commits, with their deleted documents, each name once; undefined for an unknown format.
 * @throws AppError `invalid` when the bytes end early or are malformed, or a segment's name is not one of Lucene or comes twice.
 */
export function readSegments(bytes: Uint8Array, subject: string): CommittedSegment[] | undefined {
  return readCommit(byteReader(bytes, subject), subject);
}

/**
 * How many operations the shard had seen when this was committed: Elasticsearch 6.0 and later note the highest sequence number, which begins with 0,
 * in the commit's user data. Undefined for an unknown format and for earlier versions.
 * @throws AppError `invalid` when the bytes end early or are malformed.
 */
export function readOperations(bytes: Uint8Array, subject: string): number | undefined {
  const reader = byteReader(bytes, subject);
  if (readCommit(reader, subject) === undefined) return undefined;
  const entries = reader.vInt();
  for (let entry = 0; entry < Math.min(entries, USER_DATA_MAX); entry += 1) {
    const [name, value] = [reader.text(), reader.text()];
    if (name === "max_seq_no") return /^-1$|^\d{1,15}$/.test(value) ? Number(value) + 1 : undefined;
  }
  return undefined;
}

/** Leaves the reader after the segments. */
function readCommit(reader: ByteReader, subject: string): CommittedSegment[] | undefined {
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
  const room = { names: UPDATES_MAX };
  const names = new Set<string>();
  for (let index = 0; index < count; index += 1) {
    const segment = readSegment(reader, subject, { format, room });
    if (names.has(segment.name)) throw invalidBytes(subject, `segment ${segment.name} twice`, reader.offset());
    names.add(segment.name);
    segments.push(segment);
  }
  return segments;
}

/**
 * The number of documents in one segment, including deleted ones, from its `.si`; undefined for an unknown format.
 * @throws AppError `invalid` when the bytes end early or are malformed.
 */
export function readSegmentDocuments(bytes: Uint8Array, subject: string): number | undefined {
  return readInfo(byteReader(bytes, subject), subject)?.documents;
}

/**
 * The names of the files of the segment `name` from its `.si`, without those that later updates and deletions wrote; undefined for an unknown
 * format, or for names that are not those of the segment.
 * @throws AppError `invalid` when the bytes end early or are malformed.
 */
export function readSegmentFiles(bytes: Uint8Array, name: string, subject: string): string[] | undefined {
  const reader = byteReader(bytes, subject);
  const info = readInfo(reader, subject);
  if (info === undefined || !FILES_FORMATS.has(info.format)) return undefined;
  if (info.version < FILES_VERSION.min(info.format) || info.version > FILES_VERSION.max) return undefined;
  reader.skip(info.hasBlocks ? 2 : 1);
  const diagnostics = reader.vInt();
  for (let text = 0; text < 2 * diagnostics; text += 1) reader.skip(reader.vInt());
  const count = reader.vInt();
  if (count > FILES_MAX) return undefined;
  const files: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const file = reader.text();
    if (!/^_[0-9a-z]+[_.][\w.]+$/.test(file)) return undefined;
    files.push(namedFor(name, file));
  }
  return files;
}

interface SegmentInfo {
  /** `70` for `Lucene70SegmentInfo`. */
  format: number;
  version: number;
  hasBlocks: boolean;
  documents: number;
}

/** The beginning of a `.si`, up to the number of documents. */
function readInfo(reader: ByteReader, subject: string): SegmentInfo | undefined {
  if (reader.int32() !== HEADER_MAGIC) throw invalidBytes(subject, "no Lucene header", 0);
  const format = Number(/^Lucene(\d+)SegmentInfo$/.exec(reader.text())?.[1]);
  if (!(format >= INFO_FORMAT.min)) return undefined;
  const version = reader.int32();
  reader.skip(ID_BYTES);
  reader.skip(reader.byte());
  const readInt = format >= INFO_FORMAT.littleEndian ? reader.int32LittleEndian : reader.int32;
  const [major, minor] = [readInt(), readInt()];
  reader.skip(4);
  if (format >= INFO_FORMAT.minVersion && reader.byte() === 1) reader.skip(12);
  const documents = readInt();
  if (documents < 0) throw invalidBytes(subject, `${documents} documents`, reader.offset() - 4);
  const isLate = major > HAS_BLOCKS_SINCE.major || (major === HAS_BLOCKS_SINCE.major && minor >= HAS_BLOCKS_SINCE.minor);
  return { format, version, hasBlocks: format >= INFO_FORMAT.littleEndian && isLate, documents };
}

/** A segment that was copied into another index keeps the names in its files, and Lucene reads them as those of the new segment. */
function namedFor(segment: string, file: string): string {
  return file.replace(/^_[^_.]*/, segment);
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

/** How many names of updates may still be kept; further ones are left out. */
interface Room {
  names: number;
}

function readSegment(reader: ByteReader, subject: string, { format, room }: { format: number; room: Room }): CommittedSegment {
  const start = reader.offset();
  const name = reader.text();
  if (!SEGMENT_NAME.test(name)) throw invalidBytes(subject, `"${shownCut(name, NAME_SHOWN)}" is no name of a segment`, start);
  if (format >= FORMAT.createdVersion || reader.byte() === 1) reader.skip(ID_BYTES);
  reader.text();
  const deletions = readGeneration(reader);
  const deleted = reader.int32();
  reader.skip(16);
  const softDeleted = format >= FORMAT.softDeletes ? reader.int32() : 0;
  if (format >= FORMAT.commitId && reader.byte() === 1) reader.skip(ID_BYTES);
  const updates: string[] = [];
  for (const file of readNames(reader, room)) updates.push(namedFor(name, file));
  const fields = reader.int32();
  for (let field = 0; field < fields; field += 1) {
    reader.skip(4);
    for (const file of readNames(reader, room)) updates.push(namedFor(name, file));
  }
  return { name, deleted, softDeleted, deletions: deletions > 0 ? `${name}_${deletions.toString(36)}.liv` : undefined, updates };
}

/** -1 stands for none. */
function readGeneration(reader: ByteReader): number {
  const high = reader.int32();
  return high * 2 ** 32 + (reader.int32() >>> 0);
}

function readNames(reader: ByteReader, room: Room): string[] {
  const names: string[] = [];
  const count = reader.vInt();
  for (let index = 0; index < count; index += 1) {
    const name = reader.text();
    if (room.names > 0) names.push(name);
    room.names -= 1;
  }
  return names;
}
