import type { RootSnapshot } from "../../model/repository.ts";
import { digitsTime, timeDigits } from "../../model/restoredName.ts";
import { parseSlot } from "../../model/slot.ts";
import { parseSnapshotName } from "../../model/snapshotName.ts";
import { AHEAD_MS } from "../../plan/snapshotOrder.ts";

/** The distance of a corrected time from what it follows. */
export const CORRECTION_MS = 1_000;

/** What the watch serves. */
type Position = { digits: string; uuid: string };

export interface ArrivalsInput {
  /** The root's good snapshots, newest first; without a time where their own blob is missing. */
  good: readonly RootSnapshot[];
  /** The snapshots of the last root that was handled; undefined on the first check. */
  before: ReadonlySet<string> | undefined;
  position: Position | undefined;
  /** Start times of the watch's open arrivals and restores, ISO. */
  open: readonly string[];
  now: Date;
}

/** A snapshot to bring in. `isOrderTime`: its own time lies, and `startTime` puts it after what is served. */
export type Wanted = RootSnapshot & { isOrderTime?: true };

export interface PlannedArrivals {
  /** Newest first. */
  wanted: Wanted[];
  /** Snapshots without a time, whose own blob is missing and which may be the newest; the likeliest first. */
  undated: RootSnapshot[];
  /** Listed since the last check, and older than what is served although times do not obviously lie. */
  passedOver: RootSnapshot[];
  /** What is served lies in the future. */
  isAhead: boolean;
}

/**
 * Chooses what a watch brings in: what started after the snapshot that is served. While that one's time lies in the future, the source's
 * clock was ahead, and what its root lists since the last check counts as newer.
 */
export function planArrivals({ good, before, position, open, now }: ArrivalsInput): PlannedArrivals {
  const isNew = ({ uuid }: RootSnapshot) => uuid !== position?.uuid && before !== undefined && !before.has(uuid);
  const isAbove = ({ startTime }: RootSnapshot) => startTime !== undefined && (!position || timeDigits(startTime) > position.digits);
  const isAhead = position !== undefined && position.digits > timeDigits(new Date(now.getTime() + AHEAD_MS));
  const above: Wanted[] = good.filter(isAbove);
  const below = good.filter((snapshot) => snapshot.startTime !== undefined && isNew(snapshot) && !isAbove(snapshot));
  const undated = good.filter((snapshot) => snapshot.startTime === undefined && (before === undefined || isNew(snapshot)));
  return {
    wanted: isAhead ? [...above, ...corrected(below, position, open)] : above,
    undated: undated.filter((snapshot) => mayBeAbove(snapshot, position)),
    passedOver: isAhead ? [] : below,
    isAhead,
  };
}

/** Keeps the order of their own times, after everything that is served or on its way. */
function corrected(newestFirst: readonly RootSnapshot[], { digits }: Position, open: readonly string[]): Wanted[] {
  const lastMs = Math.max(digitsTime(digits).getTime(), ...open.filter(Boolean).map((time) => new Date(time).getTime()));
  return newestFirst.map((snapshot, index) => {
    const startTime = new Date(lastMs + (newestFirst.length - index) * CORRECTION_MS);
    return { ...snapshot, startTime, isOrderTime: true };
  });
}

/** The slot in a name is about the time. */
function mayBeAbove({ name, uuid }: RootSnapshot, position: Position | undefined): boolean {
  if (position === undefined) return true;
  const slot = parseSlot(parseSnapshotName(name)?.slot ?? "");
  return uuid !== position.uuid && (slot === undefined || timeDigits(slot) > position.digits);
}
