/** A segment as a commit lists it. */
export interface EncodedSegment {
  name: string;
  deleted: number;
  softDeleted?: number;
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

function encodeSegment(format: number, { name, deleted, softDeleted = 0, updates = {} }: EncodedSegment): Buffer {
  // Up to 6 a segment of an earlier version may lack its id; from 10 on a commit may lack that of the change.
  const id = format >= 7 ? ID : name === "_old" ? Buffer.from([0]) : Buffer.concat([Buffer.from([1]), ID]);
  const commitId = name === "_old" ? Buffer.from([0]) : Buffer.concat([Buffer.from([1]), ID]);
  const fields = Object.entries(updates);
  return Buffer.concat([
    ...[text(name), id, text("Lucene87"), Buffer.alloc(8, 0xff), int32(deleted), Buffer.alloc(16, 0xff)],
    ...(format >= 9 ? [int32(softDeleted)] : []),
    ...(format >= 10 ? [commitId] : []),
    ...[texts([`${name}_1.fnm`, `${name}_2.fnm`]), int32(fields.length)],
    ...fields.flatMap(([field, files]) => [int32(Number(field)), texts(files)]),
  ]);
}

/** The beginning of a segment's `.si` as this version of Lucene writes it: `70` for `Lucene70SegmentInfo`. */
export function encodeSegmentInfo(
  version: number,
  documents: number,
  { hasMinVersion = true, codec = `Lucene${version}SegmentInfo` } = {},
): Buffer {
  const number = Buffer.alloc(4);
  if (version >= 90) number.writeInt32LE(documents);
  else number.writeInt32BE(documents);
  const minVersion = hasMinVersion ? Buffer.alloc(13, 1) : Buffer.from([0]);
  return Buffer.concat([header(codec, 0), Buffer.alloc(12, 8), ...(version >= 70 ? [minVersion] : []), number, Buffer.alloc(8, 3)]);
}

function header(codec: string, version: number): Buffer {
  return Buffer.concat([Buffer.from([0x3f, 0xd7, 0x6c, 0x17]), text(codec), int32(version), ID, text("a3")]);
}

function texts(values: readonly string[]): Buffer {
  return Buffer.concat([Buffer.from([values.length]), ...values.map(text)]);
}

function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([Buffer.byteLength(value)]), Buffer.from(value)]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
