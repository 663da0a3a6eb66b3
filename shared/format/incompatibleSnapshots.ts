/**
 * Key below the base path. 5.5 to 6.x write this blob and, if it exists, read it before every restore (measured: a restore works without it
 * but not with a truncated or corrupted one).
 */
export const INCOMPATIBLE_KEY = "incompatible-snapshots";
/** A list of 100,000 names; more is not read. */
export const INCOMPATIBLE_BYTES_MAX = 4 * 1024 * 1024;

/** Whether 5.x and 6.x can read the blob: a JSON object with its one list. */
export function isReadableIncompatible(bytes: Uint8Array): boolean {
  try {
    // Elasticsearch's own parser tolerates trailing NULs, such as those of a blob that has grown.
    const parsed: unknown = JSON.parse(new TextDecoder().decode(bytes).replace(/\0+$/, ""));
    return Array.isArray((parsed as Record<string, unknown> | null)?.[INCOMPATIBLE_KEY]);
  } catch {
    return false;
  }
}
