import type { OpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import type { BackupPolicy } from "../../model/config.ts";
import { jobId } from "../../model/jobId.ts";
import { slotOf, slotTime } from "../../model/slot.ts";
import { dueSlots, hasTimer, schedulesOf, TIMER_GRACE_MS } from "../../plan/slots.ts";
import { askPrune } from "./ask.ts";

/** A prune missed for longer waits for its next slot: nothing is lost by it, and a schedule that was changed does not delete at once. */
const MISSED_MAX_MS = 10 * 60_000;

/** Requests the prune of a slot whose timer event was lost, or for which Function Compute has no timer. */
export async function lookForPrune(world: World, work: OpenWork, name: string, { schedule, prune }: BackupPolicy): Promise<void> {
  if (!prune) return;
  const now = world.clock.now();
  const isTimed = world.isOnlyTimer !== true && hasTimer(schedulesOf(world.config).pruneSnapshots, name);
  const graceMs = isTimed ? TIMER_GRACE_MS : 0;
  const since = new Date(now.getTime() - MISSED_MAX_MS);
  const due = dueSlots({ cron: prune.cron, timeZone: schedule.timeZone }, since, new Date(now.getTime() - graceMs))
    .map(slotOf)
    .at(-1);
  if (due === undefined || !wasKnown(work, name, due)) return;
  const id = jobId.prune(name, due);
  if (work.jobs.some((job) => job.id === id) || (await world.log.done(id))) return;
  const created = await askPrune(world, name, due, { by: "ossnap", who: "a check of the schedule" });
  if (created.outcome === "created") work.jobs.push(created.job);
}

/** A policy that was seen for the first time after this slot was not missed. */
function wasKnown({ live }: OpenWork, name: string, slot: string): boolean {
  const hints = live.slots.get(name) ?? [];
  return hints.some(({ slot: known, state }) => state !== "firstSeen" || slotTime(known) <= slotTime(slot));
}
