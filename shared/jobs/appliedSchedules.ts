import type { Schedule } from "../model/config.ts";
import type { AppliedSchedule } from "../plan/slots.ts";
import { stateKey } from "../state/keys.ts";
import { writeObject } from "../state/objects.ts";
import type { OpenWork } from "./openWork.ts";
import type { World } from "./world.ts";

/** Enough to make up a slot that was lost shortly before a change; older ones only lengthen listings. */
const SCHEDULES_KEPT = 3;

/**
 * The schedules that an entry of ossnap.yaml (`backups.nightly`) has had, oldest first, each with the time from which it applies; a changed one
 * applies from now on. One that was never seen, as in the states of earlier builds, applies from `firstSince`.
 */
export async function appliedSchedules(
  world: World,
  { live }: OpenWork,
  entry: string,
  { cron, timeZone }: Pick<Schedule, "cron" | "timeZone">,
  firstSince: Date,
): Promise<readonly AppliedSchedule[]> {
  const known = live.schedules.get(entry) ?? [];
  const newest = known.at(-1);
  if (newest?.cron === cron && newest.timeZone === timeZone) return known;
  const since = newest === undefined ? firstSince : world.clock.now();
  const key = stateKey.schedule(entry, since, { cron, timeZone });
  await writeObject(world.state, key, {});
  const all = [...known, { since, cron, timeZone, key }];
  const old = all.slice(0, -SCHEDULES_KEPT);
  if (old.length > 0) await world.state.delete(old.map((one) => one.key));
  const kept = all.slice(-SCHEDULES_KEPT);
  live.schedules.set(entry, kept);
  return kept;
}
