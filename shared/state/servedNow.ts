import type { BlobStore } from "../model/blobStore.ts";
import { stateKey } from "./keys.ts";
import { parsePosition, type WatchPosition } from "./liveView.ts";
import { keysBelow } from "./objects.ts";

/** Reads what a watch serves now, because a look or a wait may have taken hours since the invocation started. */
export async function servedNow(world: { state: BlobStore }, watch: string): Promise<WatchPosition | undefined> {
  const newest = (await keysBelow(world.state, stateKey.positions(watch))).sort().at(-1);
  return newest === undefined ? undefined : parsePosition(newest);
}
