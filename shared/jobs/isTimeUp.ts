import type { World } from "./world.ts";

/** A look stops this long before its deadline to leave time for its record; with less time left, none starts. */
const LOOK_RESERVE_MS = 15_000;

export function isTimeUp(world: World): boolean {
  return world.remainingMs() < LOOK_RESERVE_MS;
}
