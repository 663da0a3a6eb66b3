import type { BlobStore } from "../model/blobStore.ts";
import { stateKey } from "./keys.ts";
import { keysBelow } from "./objects.ts";
import { parsePosition, type WatchPosition } from "./watchMarks.ts";

/** Reads what a watch serves now, because a look or a wait may have taken hours since the invocation started. */
export async function servedNow(world: { state: BlobStore }, watch: string): Promise<WatchPosition | undefined> {
  const leaves = (await keysBelow(world.state, stateKey.positions(watch))).sort();
  return leaves.flatMap((leaf) => parsePosition(leaf) ?? []).at(-1);
}
