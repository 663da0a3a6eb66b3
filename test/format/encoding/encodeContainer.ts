import { deflateRawSync } from "node:zlib";
import { crc32 } from "../../../shared/format/encoding/crc32.ts";
import { encodeSmile } from "./encodeSmile.ts";

/** Wraps a payload as Elasticsearch does: header, payload, footer with the correct CRC32. */
export function wrapPayload(codec: string, payload: Uint8Array): Buffer {
  const header = Buffer.concat([Buffer.from([0x3f, 0xd7, 0x6c, 0x17, codec.length]), Buffer.from(codec), Buffer.from([0, 0, 0, 1])]);
  return withFooter(Buffer.concat([header, payload]));
}

export function encodeContainer(codec: string, value: unknown, compress = false): Buffer {
  const document = encodeSmile(value);
  return wrapPayload(codec, compress ? Buffer.concat([Buffer.from("DFL\0"), deflateRawSync(document)]) : document);
}

/** Appends a Lucene footer, so that the bytes pass for a Lucene file. */
export function withFooter(bytes: Uint8Array): Buffer {
  const covered = Buffer.concat([bytes, Buffer.from([0xc0, 0x28, 0x93, 0xe8, 0, 0, 0, 0])]);
  const checksum = Buffer.alloc(8);
  checksum.writeUInt32BE(crc32(covered), 4);
  return Buffer.concat([covered, checksum]);
}
