import { crc32 } from "../../shared/format/encoding/crc32.ts";

/** The values in the blobs of a generated repository. */
export type Encodable = string | number | Uint8Array | readonly Encodable[] | { readonly [name: string]: Encodable };

const SHARED_NAMES_MAX = 1024;
const SHORT_BYTES_MAX = 64;

/** A blob as Elasticsearch writes it: Lucene header with the codec, SMILE with shared names and raw binary, CRC32 footer. */
export function encodeBlob(codec: string, value: Encodable): Uint8Array {
  const header = Buffer.concat([Buffer.from([0x3f, 0xd7, 0x6c, 0x17, codec.length]), Buffer.from(codec), Buffer.from([0, 0, 0, 1])]);
  return withFooter(Buffer.concat([header, encode(value)]));
}

/** Appends a Lucene footer to the bytes. */
export function withFooter(bytes: Uint8Array): Uint8Array {
  const covered = Buffer.concat([bytes, Buffer.from([0xc0, 0x28, 0x93, 0xe8, 0, 0, 0, 0])]);
  const checksum = Buffer.alloc(8);
  checksum.writeUInt32BE(crc32(covered), 4);
  return Buffer.concat([covered, checksum]);
}

/** Supports only ASCII texts and integers from 0 to 2^31, because a generated repository has no others. */
function encode(value: Encodable): Uint8Array {
  const out: number[] = [0x3a, 0x29, 0x0a, 0x05];
  const names = new Map<string, number>();

  function write(item: Encodable): void {
    if (typeof item === "string") writeText(item);
    else if (typeof item === "number") writeNumber(item);
    else if (item instanceof Uint8Array) out.push(0xfd, ...vInt(item.length), ...item);
    else if (Array.isArray(item)) writeList(item);
    else writeObject(item as Record<string, Encodable>);
  }

  function writeList(list: readonly Encodable[]): void {
    out.push(0xf8);
    for (const item of list) write(item);
    out.push(0xf9);
  }

  function writeObject(fields: Readonly<Record<string, Encodable>>): void {
    out.push(0xfa);
    for (const [name, field] of Object.entries(fields)) {
      writeName(name);
      write(field);
    }
    out.push(0xfb);
  }

  function writeName(name: string): void {
    const seen = names.get(name);
    if (seen !== undefined) return void (seen < 64 ? out.push(0x40 + seen) : out.push(0x30 | (seen >> 8), seen & 0xff));
    if (names.size + 1 >= SHARED_NAMES_MAX || name.length > SHORT_BYTES_MAX) throw new Error(`${name}: too long, or one name too many`);
    names.set(name, names.size);
    out.push(0x7f + name.length, ...Buffer.from(name));
  }

  function writeText(text: string): void {
    if (text === "") out.push(0x20);
    else if (text.length <= SHORT_BYTES_MAX) out.push(0x3f + text.length, ...Buffer.from(text));
    else out.push(0xe0, ...Buffer.from(text), 0xfc);
  }

  function writeNumber(number: number): void {
    if (number < 16) out.push(0xc0 + number * 2);
    else out.push(0x25, ...vInt(number * 2));
  }

  write(value);
  return Buffer.from(out);
}

function vInt(value: number): number[] {
  const bytes = [0x80 | (value % 64)];
  for (let rest = Math.floor(value / 64); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift(rest % 128);
  return bytes;
}
