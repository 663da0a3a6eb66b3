import type { World } from "./world.ts";

/** A look stops this long before its time is over, to leave room for its record; with less left, none is begun. */
const LOOK_RESERVE_MS = 15_000;

export function isTimeUp(world: World): boolean {
  return world.remainingMs() < LOOK_RESERVE_MS;
}
