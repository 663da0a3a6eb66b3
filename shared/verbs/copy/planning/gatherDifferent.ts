import * as z from "zod";
import type { World } from "../../../jobs/world.ts";
import { forEachBounded, READS_AT_ONCE } from "../../../model/forEachBounded.ts";
import { stateKey } from "../../../state/keys.ts";
import { keysBelow } from "../../../state/objects.ts";
import { readShaped } from "../../../state/records.ts";
import type { CopyJob } from "../types.ts";

const KEYS = z.array(z.string());

/** Keys at the destination that this job read and found to be other bytes: a task stores a list only if there are any. */
export async function differentKeys({ state }: World, { id, intent, head }: CopyJob): Promise<ReadonlySet<string>> {
  const different = new Set<string>();
  if (!intent.input.check || !head.data.checked?.different) return different;
  const below = stateKey.copyDifferent(id);
  const read = async (leaf: string): Promise<void> => {
    for (const key of (await readShaped<string[]>(state, `${below}${leaf}`, KEYS)) ?? []) different.add(key);
  };
  await forEachBounded(await keysBelow(state, below), READS_AT_ONCE, read);
  return different;
}
