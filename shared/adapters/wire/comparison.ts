import type { IncomingHttpHeaders } from "node:http";
import { crc64Text } from "./crc64.ts";
import type { Dialect } from "./dialect.ts";
import { md5OfRead } from "./digest.ts";

/** A blob that was read, with the headers that came with it. */
interface Read {
  bytes: Uint8Array;
  headers: IncomingHttpHeaders;
}

export interface Comparison {
  /** Whether the bytes are those that the store describes, as far as it does. */
  isSame(read: Read): boolean;
  /** Of two readings that both differ from it: what is wrong; `undefined` where this store's ETags turn out to be no MD5. */
  difference(first: Read, second: Read): string | undefined;
}

/**
 * Compares what came with the store's own checksum: the CRC64 of OSS, or an ETag that is an MD5. Some servers show other ETags that look like one:
 * as long as none was equal, two readings with the same bytes are believed, and the checksums of the repository decide.
 */
export function comparison(dialect: Dialect): Comparison {
  let wasMd5 = false;
  return {
    isSame({ bytes, headers }) {
      const crc64 = dialect.crc64Of(headers);
      if (crc64 !== undefined) return crc64Text(bytes) === crc64;
      const md5 = dialect.md5Of(headers);
      if (md5 === undefined) return true;
      const isSame = md5OfRead(bytes).toString("hex") === md5;
      wasMd5 ||= isSame;
      return isSame;
    },
    difference(first, second) {
      const crc64 = dialect.crc64Of(second.headers);
      if (crc64 !== undefined) return `its CRC64 is ${crc64Text(second.bytes)}, the store says ${crc64}`;
      const [one, other] = [first, second].map(({ bytes }) => md5OfRead(bytes).toString("hex"));
      if (!wasMd5 && one === other) return undefined;
      return `its MD5 is ${other}, the store says ${dialect.md5Of(second.headers)}`;
    },
  };
}
