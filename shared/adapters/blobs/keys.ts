import { AppError } from "../../model/errors.ts";

/** OSS allows 1023 bytes, S3 1024; one limit for both keeps copies possible in either direction. */
const KEY_BYTES_MAX = 1023;

/** Compares keys in UTF-8 byte order, the order in which every store lists; UTF-16 order differs above U+D7FF. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Translates between keys relative to a base path and keys in the bucket. */
export interface Base {
  /** The bucket key of a relative key; throws `invalid` for a key that not every store can hold safely. */
  full(key: string): string;
  /** The bucket prefix of a relative prefix; `base` never matches `base2`. */
  prefix(prefix: string): string;
  /** The relative key, or undefined for a key that is not below the base (such as the base's own folder marker). */
  relative(fullKey: string): string | undefined;
}

/**
 * @throws AppError `invalid` when the base path has a leading or trailing slash or dot segments.
 */
export function baseOf(basePath: string, url: string): Base {
  if (basePath !== "") {
    checkKey(basePath, `${url}: base path`);
    if (basePath.endsWith("/")) throw new AppError("invalid", `${url}: base path "${basePath}" ends with "/": remove it`);
  }
  const start = basePath === "" ? "" : `${basePath}/`;
  return {
    full(key) {
      checkKey(key, `${url}: key`);
      return `${start}${key}`;
    },
    prefix: (prefix) => `${start}${prefix}`,
    relative(fullKey) {
      return fullKey.startsWith(start) && fullKey.length > start.length ? fullKey.slice(start.length) : undefined;
    },
  };
}

function checkKey(key: string, subject: string): void {
  const fault = faultOf(key);
  if (fault !== undefined) throw new AppError("invalid", `${subject} "${key}" ${fault}`);
}

function faultOf(key: string): string | undefined {
  if (key === "") return "is empty: name a blob";
  if (key.startsWith("/") || key.startsWith("\\")) return "starts with a slash, which OSS refuses: remove it";
  if (key.includes("\0")) return "contains a NUL character: remove it";
  // HTTP clients and file systems resolve dot segments, so the request would reach a different blob.
  if (key.split("/").some((segment) => segment === "." || segment === "..")) return 'contains a "." or ".." segment: remove it';
  if (Buffer.byteLength(key) > KEY_BYTES_MAX) return `is longer than ${KEY_BYTES_MAX} bytes: shorten it`;
  return undefined;
}
