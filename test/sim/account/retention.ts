import type { KeepRules } from "../../../shared/model/config.ts";

/** One of the policy's own finished snapshots. */
export interface OwnSnapshot {
  name: string;
  uuid: string | undefined;
  state: string;
  /** Its slot. */
  timeMs: number;
  indices: readonly string[];
}

export interface RetentionQuestion {
  own: readonly OwnSnapshot[];
  keep: KeepRules;
  timeZone: string;
  nowMs: number;
  /** Indices that exist on the cluster. */
  existing: ReadonlySet<string>;
  pins: ReadonlySet<string>;
}

const FAILURES_KEPT = 2;
const FUTURE_MS = 3_600_000;

/** Name → why it must not be deleted, worked out from the documentation alone, without the product's own plan. */
export function mustKeep({ own, keep, timeZone, nowMs, existing, pins }: RetentionQuestion): Map<string, string> {
  const kept = new Map<string, string>();
  const because = (snapshot: OwnSnapshot | undefined, why: string) => {
    if (snapshot && !kept.has(snapshot.name)) kept.set(snapshot.name, why);
  };
  for (const snapshot of own) {
    if (pins.has(snapshot.uuid ?? snapshot.name)) because(snapshot, "pinned");
    if (snapshot.timeMs > nowMs + FUTURE_MS) because(snapshot, "in the future");
  }
  const past = own.filter(({ timeMs }) => timeMs <= nowMs + FUTURE_MS).sort((a, b) => b.timeMs - a.timeMs || (a.name < b.name ? 1 : -1));
  const good = past.filter(({ state }) => state === "SUCCESS");
  const failed = past.filter(({ state }) => state !== "SUCCESS" && state !== "IN_PROGRESS");
  const newest = good[0];
  for (const [index, snapshot] of failed.entries())
    if (index < FAILURES_KEPT || snapshot.timeMs > (newest?.timeMs ?? Number.NEGATIVE_INFINITY)) because(snapshot, "a recent failure");
  because(newest, "the newest good one");
  for (const snapshot of good.slice(0, keep.last)) if (keep.last) because(snapshot, `last: ${keep.last}`);
  for (const snapshot of good)
    if (newest && keep.withinMs !== undefined && newest.timeMs - snapshot.timeMs <= keep.withinMs) because(snapshot, "within");
  for (const rule of ["hourly", "daily", "weekly", "monthly", "yearly"] as const) {
    const newestOf = new Map<string, OwnSnapshot>();
    for (const snapshot of good) {
      const period = periodOf(rule, snapshot.timeMs, timeZone);
      if (!newestOf.has(period)) newestOf.set(period, snapshot);
    }
    for (const [period, snapshot] of [...newestOf].slice(0, keep[rule] ?? 0)) because(snapshot, `${rule} ${period}`);
  }
  for (const [index, holders] of holdersOf(good)) {
    if (newest?.indices.includes(index)) continue;
    if (isHeldFor(keep, index, { existing, good }))
      because(holders.length === 1 || isAlways(keep, index, existing) ? holders[0] : undefined, `the last one with ${index}`);
  }
  return kept;
}

const isAlways = ({ lastOfIndex = "always" }: KeepRules, index: string, existing: ReadonlySet<string>) =>
  lastOfIndex === "always" || (lastOfIndex !== "never" && existing.has(index));

/** Whether a last snapshot with the index is protected: for ever, while the index exists, or for a time after it left. */
function isHeldFor(
  keep: KeepRules,
  index: string,
  { existing, good }: { existing: ReadonlySet<string>; good: readonly OwnSnapshot[] },
): boolean {
  if (isAlways(keep, index, existing)) return true;
  if (typeof keep.lastOfIndex !== "number") return false;
  const last = good.findIndex(({ indices }) => indices.includes(index));
  const firstWithout = good[last - 1];
  return firstWithout !== undefined && (good[0]?.timeMs ?? 0) - firstWithout.timeMs <= keep.lastOfIndex;
}

/** Index → the good snapshots with it, newest first. */
function holdersOf(newestFirst: readonly OwnSnapshot[]): Map<string, OwnSnapshot[]> {
  const holders = new Map<string, OwnSnapshot[]>();
  for (const snapshot of newestFirst) for (const index of snapshot.indices) holders.set(index, [...(holders.get(index) ?? []), snapshot]);
  return holders;
}

const DAY_MS = 86_400_000;
type Rule = "hourly" | "daily" | "weekly" | "monthly" | "yearly";
const known = new Map<string, string>();

/** The local period; an hour that the clocks repeat is two hours, and a week is named by its Monday. */
function periodOf(rule: Rule, timeMs: number, timeZone: string): string {
  const key = `${rule} ${timeMs} ${timeZone}`;
  const period = known.get(key) ?? workOut(rule, timeMs, timeZone);
  known.set(key, period);
  return period;
}

function workOut(rule: Rule, timeMs: number, timeZone: string): string {
  const local = new Date(timeMs).toLocaleString("sv-SE", { timeZone });
  const [date = "", clock = ""] = local.split(" ");
  if (rule === "yearly") return date.slice(0, 4);
  if (rule === "monthly") return date.slice(0, 7);
  if (rule === "daily") return date;
  if (rule === "hourly") return `${date} ${clock.slice(0, 2)} ${Date.parse(`${date}T${clock}Z`) - Math.floor(timeMs / 1000) * 1000}`;
  const day = Date.parse(`${date}T00:00:00Z`);
  return new Date(day - ((new Date(day).getUTCDay() + 6) % 7) * DAY_MS).toISOString().slice(0, 10);
}
