import type { BlobStore } from "../model/blobStore.ts";
import { forEachBounded, READS_AT_ONCE } from "../model/forEachBounded.ts";
import { stateKey } from "./keys.ts";

/** Bytes of a uuid that can be part of a key. */
export const UUID_MAX = 255;

/** Of one page of a listing. */
const PAGE_KEYS = 1000;

/**
 * The keys of all verdicts on these snapshots, in order. Verdicts on snapshots that are gone stay for ever: once they fill more pages than there
 * are snapshots to ask about, each is asked about by itself, so that an old state costs no more than twice that.
 */
export async function verdictKeys(state: BlobStore, uuids: ReadonlySet<string>): Promise<string[]> {
  const found: string[] = [];
  let listed = uuids.size === 1 ? Number.POSITIVE_INFINITY : 0;
  if (listed === 0)
    for await (const { key } of state.list(stateKey.evidenceAll)) {
      listed += 1;
      if (listed > uuids.size * PAGE_KEYS) break;
      if (uuids.has(uuidOf(key))) found.push(key);
    }
  if (listed <= uuids.size * PAGE_KEYS) return found;
  const keys: string[] = [];
  // A longer one is no prefix that a store lists, and has no verdict.
  await forEachBounded(
    [...uuids].filter((uuid) => uuid.length <= UUID_MAX),
    READS_AT_ONCE,
    async (uuid) => {
      for await (const { key } of state.list(stateKey.evidenceOf(uuid))) keys.push(key);
    },
  );
  return keys.sort();
}

export function uuidOf(key: string): string {
  return key.split("/")[1] ?? "";
}
