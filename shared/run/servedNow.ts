import { stateKey } from "../jobs/keys.ts";
import { parsePosition, type WatchPosition } from "../jobs/liveView.ts";
import { keysBelow } from "../jobs/stateObject.ts";
import type { World } from "./world.ts";

/** What a watch serves at this moment, read anew: a look or a wait may have taken hours since the invocation began. */
export async function servedNow(world: World, watch: string): Promise<WatchPosition | undefined> {
  const newest = (await keysBelow(world.state, stateKey.positions(watch))).sort().at(-1);
  return newest === undefined ? undefined : parsePosition(newest);
}
