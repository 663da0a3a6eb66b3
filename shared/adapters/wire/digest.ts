import { createHash } from "node:crypto";

/** Of bytes that were read and not changed since: hashing them once more to write them would be a tenth of a copier's work. */
const known = new WeakMap<Uint8Array, Buffer>();

/** The MD5 of bytes that are handed on as they are. */
export function md5OfRead(bytes: Uint8Array): Buffer {
  const md5 = md5Of(bytes);
  known.set(bytes, md5);
  return md5;
}

export function md5Of(bytes: Uint8Array): Buffer {
  return known.get(bytes) ?? createHash("md5").update(bytes).digest();
}
