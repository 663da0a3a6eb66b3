import type { RootSnapshot } from "../../model/repository.ts";
import { digitsTime, timeDigits } from "../../model/restoredName.ts";
import { parseSlot } from "../../model/slot.ts";
import { parseSnapshotName } from "../../model/snapshotName.ts";
import { areDigitsAhead, believedTimes, type SeenAhead, servedWhenSeen, slotMsOf, tooFarUntil } from "../../plan/snapshotOrder.ts";

/** The distance of a corrected time from what it follows. */
export const CORRECTION_MS = 1_000;

/** What the watch serves. */
type Position = { digits: string; uuid: string };

export interface ArrivalsInput {
  /** The root's good snapshots, newest first; without a time where their own blob is missing. */
  good: readonly RootSnapshot[];
  /** The snapshots of the roots that were handled; undefined on the first check. */
  before: ReadonlySet<string> | undefined;
  /** The newest believed time of those snapshots, milliseconds; some may no longer be listed. */
  knownMs?: number | undefined;
  position: Position | undefined;
  /** Start times of the watch's open arrivals and restores, ISO. */
  open: readonly string[];
  /** What was not served earlier because it starts in the future. */
  ahead?: readonly SeenAhead[] | undefined;
  now: Date;
}

/** A snapshot to bring in. `isOrderTime`: its own time lies, and `startTime` puts it after what is served. */
export type Wanted = RootSnapshot & { isOrderTime?: true };

export interface PlannedArrivals {
  /** Newest first. */
  wanted: Wanted[];
  /** Snapshots without a time, whose own blob is missing and which may be the newest; the likeliest first. */
  undated: RootSnapshot[];
  /** Listed since the last check, and older than what is served; while that lies in the future, than what was listed before. */
  passedOver: RootSnapshot[];
  /** Above what is served, but they start too far in the future to be brought in by themselves. */
  tooFar: RootSnapshot[];
  /** Their time came, and meanwhile the watch has served others: a snapshot that was listed before them is not newer. */
  lied: RootSnapshot[];
  /** What is served lies in the future. */
  isAhead: boolean;
  /** The newest believed time of all snapshots listed so far, milliseconds; -Infinity if there is none. */
  knownMs: number;
}

/**
 * Chooses what a watch brings in: what started after the snapshot that is served. While that one's time lies in the future, the source's
 * clock was ahead, and what its root lists since the last check counts as newer, unless its slot or time shows that it is older than
 * another one that was listed before.
 */
export function planArrivals({
  good,
  before,
  knownMs: listedMs = Number.NEGATIVE_INFINITY,
  position,
  open,
  ahead = [],
  now,
}: ArrivalsInput): PlannedArrivals {
  const isNew = ({ uuid }: RootSnapshot) => uuid !== position?.uuid && before !== undefined && !before.has(uuid);
  const order = orderOf(good, now);
  const isAhead = position !== undefined && areDigitsAhead(position.digits, now);
  const served = good.find(({ uuid }) => uuid === position?.uuid);
  const servedMs = served || !position || isAhead ? order(served) : digitsTime(position.digits).getTime();
  // The time of one that ossnap named may lie, and its slot does not.
  const isOlder = (snapshot: RootSnapshot) => slotMsOf(snapshot, now) !== undefined && order(snapshot) <= servedMs;
  const isAbove = (snapshot: RootSnapshot) =>
    snapshot.startTime !== undefined && (!position || (timeDigits(snapshot.startTime) > position.digits && !isOlder(snapshot)));
  // One without a slot is brought in as soon as it is listed, whatever its time says.
  const rank = (snapshot: RootSnapshot) => (slotMsOf(snapshot, now) === undefined ? (snapshot.startTime?.getTime() ?? 0) : order(snapshot));
  const risen = good.filter(isAbove).sort((a, b) => rank(b) - rank(a));
  // While what is served lies in the future, the slot in a name can be believed, and the time cannot.
  const tooFar = risen.filter((one) => tooFarUntil(now, one.startTime) && !(isAhead && slotMsOf(one, now) !== undefined));
  const seen = servedWhenSeen(ahead, before);
  const hasLied = ({ uuid, startTime = now }: RootSnapshot) => {
    const servedThen = seen({ uuid, startDigits: timeDigits(startTime) });
    return servedThen !== undefined && servedThen !== (position?.uuid ?? "");
  };
  const lied = isAhead ? [] : without(risen, tooFar).filter(hasLied);
  const above: Wanted[] = without(without(risen, tooFar), lied);
  const below = good.filter((snapshot) => snapshot.startTime !== undefined && isNew(snapshot) && !isAbove(snapshot));
  const undated = good.filter((snapshot) => snapshot.startTime === undefined && (before === undefined || isNew(snapshot)));
  const knownMs = Math.max(servedMs, listedMs, ...good.filter(({ uuid }) => before?.has(uuid)).map(order));
  const newer = isAhead ? below.filter((snapshot) => order(snapshot) > knownMs) : [];
  return {
    wanted: isAhead ? [...above, ...corrected(newer, position, open)] : above,
    undated: undated.filter((snapshot) => mayBeAbove(snapshot, position)),
    passedOver: without(below, newer),
    tooFar,
    lied,
    isAhead,
    knownMs: Math.max(knownMs, ...good.map(order).filter((ms) => ms > 0)),
  };
}

/** A root may list 100,000 snapshots. */
function without<T>(all: readonly T[], some: readonly T[]): T[] {
  const left = new Set(some);
  return all.filter((one) => !left.has(one));
}

/** Milliseconds in the order that can be believed; what is not known, or lies in the future without a slot, is before everything. */
function orderOf(good: readonly RootSnapshot[], now: Date): (snapshot: RootSnapshot | undefined) => number {
  const believed = believedTimes(good, now);
  return (snapshot) => (snapshot && believed.get(snapshot)) ?? Number.NEGATIVE_INFINITY;
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
