/** A segment as a commit lists it. */
export interface EncodedSegment {
  name: string;
  deleted: number;
  softDeleted?: number;
  /** Of the file of its deleted documents; none by default. */
  deletionGeneration?: number | undefined;
  /** Files of updated doc values by field, of which a commit has a list for each. */
  updates?: Record<number, string[]>;
}

const ID = Buffer.alloc(16, 0x7a);

/** A `segments_N` as Lucene writes it in this format (6 to 10), without its footer. */
export function encodeSegments(format: number, segments: EncodedSegment[], codec = "segments"): Buffer {
  const parts: Uint8Array[] = [header(codec, format), Buffer.from([8, 0, 129, 1])];
  if (format >= 7) parts.push(Buffer.from([7]));
  parts.push(Buffer.alloc(8, 0xff), format >= 8 ? Buffer.from([0x85, 0x80, 0x80, 0x80, 0x10]) : int32(5), int32(segments.length));
  if (segments.length > 0) parts.push(Buffer.from([7, 0, 0]));
  for (const segment of segments) parts.push(encodeSegment(format, segment));
  return Buffer.concat([...parts, int32(0)]);
}

function encodeSegment(format: number, { name, deleted, softDeleted = 0, deletionGeneration = -1, updates = {} }: EncodedSegment): Buffer {
  // Up to 6 a segment of an earlier version may lack its id; from 10 on a commit may lack that of the change.
  const id = format >= 7 ? ID : name === "_old" ? Buffer.from([0]) : Buffer.concat([Buffer.from([1]), ID]);
  const commitId = name === "_old" ? Buffer.from([0]) : Buffer.concat([Buffer.from([1]), ID]);
  const fields = Object.entries(updates);
  return Buffer.concat([
    ...[text(name), id, text("Lucene87"), int64(deletionGeneration), int32(deleted), Buffer.alloc(16, 0xff)],
    ...(format >= 9 ? [int32(softDeleted)] : []),
    ...(format >= 10 ? [commitId] : []),
    ...[texts([`${name}_1.fnm`, `${name}_2.fnm`]), int32(fields.length)],
    ...fields.flatMap(([field, files]) => [int32(Number(field)), texts(files)]),
  ]);
}

export interface EncodedInfo {
  hasMinVersion?: boolean;
  codec?: string;
  /** Of the format. */
  version?: number;
  /** Major and minor version of the Lucene that wrote it. */
  lucene?: [number, number];
  /** The byte that Lucene 9.9 inserted: 1 for yes, 255 for no. */
  blocks?: number;
  files?: readonly string[];
}

/** A segment's `.si` as this version of Lucene writes it, up to its files: `70` for `Lucene70SegmentInfo`. */
export function encodeSegmentInfo(format: number, documents: number, options: EncodedInfo = {}): Buffer {
  const { hasMinVersion = true, codec = `Lucene${format}SegmentInfo`, version = 1, lucene = [8, 0], blocks, files = [] } = options;
  const number = (value: number) => (format >= 90 ? int32(value).reverse() : int32(value));
  const minVersion = hasMinVersion ? Buffer.alloc(13, 1) : Buffer.from([0]);
  return Buffer.concat([
    ...[header(codec, version), ...[...lucene, 0].map(number)],
    ...(format >= 70 ? [minVersion] : []),
    ...[number(documents), Buffer.from([1, ...(blocks === undefined ? [] : [blocks])])],
    ...[Buffer.from([2]), text("os"), text("Linux"), text("source"), text("flush"), texts(files)],
  ]);
}

function header(codec: string, version: number): Buffer {
  return Buffer.concat([Buffer.from([0x3f, 0xd7, 0x6c, 0x17]), text(codec), int32(version), ID, text("a3")]);
}

function texts(values: readonly string[]): Buffer {
  const count = values.length < 128 ? [values.length] : [0x80 | (values.length & 0x7f), values.length >> 7];
  return Buffer.concat([Buffer.from(count), ...values.map(text)]);
}

function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([Buffer.byteLength(value)]), Buffer.from(value)]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}
