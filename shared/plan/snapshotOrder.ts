import type { RootSnapshot } from "../model/repository.ts";
import { timeDigits } from "../model/restoredName.ts";
import { parseSlot } from "../model/slot.ts";
import { parseSnapshotName } from "../model/snapshotName.ts";

/** A time further ahead of the store's clock comes from a source whose clock is, or was, ahead. */
export const AHEAD_MS = 5 * 60_000;

/** A watch does not serve a snapshot by itself that starts later than this after the store's clock. */
const REFUSED_AHEAD_MS = 10 * 60_000;

/** Puts times that cannot be true before all others, in their own order. */
const UNTRUE_MS = 1e15;

type Named = Pick<RootSnapshot, "name" | "startTime">;

/**
 * The slot in a name that ossnap writes, which comes from ossnap's own clock; milliseconds. One that lies in the future says nothing: somebody
 * wrote it, or a timer's event carried it.
 */
export function slotMsOf({ name }: Pick<RootSnapshot, "name">, now: Date | undefined): number | undefined {
  const slotMs = parseSlot(parseSnapshotName(name)?.slot ?? "")?.getTime();
  return slotMs === undefined || (now !== undefined && slotMs > now.getTime() + AHEAD_MS) ? undefined : slotMs;
}

/** The time says more than it can: it lies in the future of the store's clock. */
export function isAheadOf(now: Date | undefined, { startTime }: Named): boolean {
  return now !== undefined && startTime !== undefined && startTime.getTime() > now.getTime() + AHEAD_MS;
}

/** The same of a snapshot's start as `yyyymmddhhmmssSSS`. */
export function areDigitsAhead(digits: string, now: Date): boolean {
  return digits > timeDigits(new Date(now.getTime() + AHEAD_MS));
}

/** When the store's clock will be near enough to a start time for a watch to serve it; `undefined` if it is. */
export function tooFarUntil(now: Date, startTime: Date | undefined): Date | undefined {
  const untilMs = (startTime?.getTime() ?? 0) - REFUSED_AHEAD_MS;
  return untilMs > now.getTime() ? new Date(untilMs) : undefined;
}

/**
 * Milliseconds by which snapshots are put in order; only for those with a start time. The start comes from the source's clock, which may
 * have been wrong: a snapshot that starts before its slot or in the future counts with its slot, one that starts after a later slot's of its
 * policy counts as older than that, and one in the future without a slot counts as older than all others.
 * @param now the store's clock; without it, no time lies in the future.
 */
export function believedTimes<T extends Named>(snapshots: readonly T[], now: Date | undefined): Map<T, number> {
  const believed = new Map<T, number>();
  const policies = new Map<string, T[]>();
  for (const snapshot of snapshots) {
    if (snapshot.startTime === undefined) continue;
    believed.set(snapshot, ownTime(snapshot, snapshot.startTime.getTime(), now));
    const parts = slotMsOf(snapshot, now) === undefined ? undefined : parseSnapshotName(snapshot.name);
    if (!parts) continue;
    const ofPolicy = policies.get(`${parts.policy}-${parts.mark}`);
    if (ofPolicy) ofPolicy.push(snapshot);
    else policies.set(`${parts.policy}-${parts.mark}`, [snapshot]);
  }
  for (const ofPolicy of policies.values()) limitByLaterSlots(ofPolicy, believed, now);
  return believed;
}

function ownTime(snapshot: Named, startMs: number, now: Date | undefined): number {
  const slotMs = slotMsOf(snapshot, now);
  if (slotMs !== undefined && startMs < slotMs - AHEAD_MS) return slotMs;
  return isAheadOf(now, snapshot) ? (slotMs ?? startMs - UNTRUE_MS) : startMs;
}

function limitByLaterSlots<T extends Named>(ofPolicy: T[], believed: Map<T, number>, now: Date | undefined): void {
  const slotOf = (snapshot: T) => slotMsOf(snapshot, now) ?? 0;
  let [limit, next, slot] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NaN];
  for (const snapshot of [...ofPolicy].sort((a, b) => slotOf(b) - slotOf(a))) {
    if (slotOf(snapshot) !== slot) limit = next - 1;
    slot = slotOf(snapshot);
    const time = Math.min(believed.get(snapshot) as number, limit);
    believed.set(snapshot, time);
    next = Math.min(next, time);
  }
}

/** One or several snapshots that a watch did not serve because they started in the future. */
export interface SeenAhead {
  uuid: string;
  /** Between which two starts several lie, as `yyyymmddhhmmssSSS`. */
  rest?: { first: string; last: string };
  /** What the watch served when it first saw them. */
  served: string;
}

/**
 * What a watch served when it first saw a snapshot that started in the future; `undefined` if it did not. One that is not stored by itself was
 * seen if an earlier root listed it and it starts within the times of the rest.
 */
export function servedWhenSeen(
  known: readonly SeenAhead[],
  before: ReadonlySet<string> | undefined,
): (snapshot: { uuid: string; startDigits: string }) => string | undefined {
  const own = new Map(known.map(({ uuid, served }) => [uuid, served]));
  const restOf = (digits: string) => known.find(({ rest }) => rest && digits >= rest.first && digits <= rest.last)?.served;
  return ({ uuid, startDigits }) => own.get(uuid) ?? (before?.has(uuid) ? restOf(startDigits) : undefined);
}
