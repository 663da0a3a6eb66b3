/** Below the base path; 5.5 to 6.x write it, and read it before every restore when it is there (measured: removed is fine, cut or flipped is not). */
export const INCOMPATIBLE_KEY = "incompatible-snapshots";

/** Whether 5.x and 6.x could read it: a JSON object with its one list. */
export function isReadableIncompatible(bytes: Uint8Array): boolean {
  try {
    // A trailing NUL, as a grown blob has it, does not bother Elasticsearch's own parser.
    const parsed: unknown = JSON.parse(new TextDecoder().decode(bytes).replace(/\0+$/, ""));
    return Array.isArray((parsed as Record<string, unknown> | null)?.[INCOMPATIBLE_KEY]);
  } catch {
    return false;
  }
}
