import { appliedSchedules } from "../../jobs/appliedSchedules.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import { slotRecord } from "../../jobs/slotRecord.ts";
import type { World } from "../../jobs/world.ts";
import type { BackupPolicy } from "../../model/config.ts";
import { jobId } from "../../model/jobId.ts";
import { reason } from "../../model/reason.ts";
import { slotOf, slotTime } from "../../model/slot.ts";
import { hasTimer, promisedSlots, schedulesOf, TIMER_GRACE_MS } from "../../plan/slots.ts";
import { AHEAD_MS } from "../../plan/snapshotOrder.ts";
import { type SlotHint, stateKey } from "../../state/keys.ts";
import { writeObjectOnce } from "../../state/objects.ts";
import { askBackup } from "./ask.ts";
import { recordSlot } from "./recordSlot.ts";
import { reportLate, reportTarget } from "./show.ts";

/** A slot without a snapshot is late after this plus twice its usual duration. */
const LATE_GRACE_MS = 10 * 60_000;

/** One hour of minutely slots: Function Compute retries timer events for an hour (s.yaml), and more would exceed a tick. */
const FENCED_MAX = 60;

/**
 * Compares a policy's due slots with its records. Of the missed slots only the newest is run, if the policy says so; the others are
 * reported and skipped, so that an outage does not end in a pile of snapshots. A late slot is reported.
 */
export async function lookForSlots(world: World, work: OpenWork, name: string, policy: BackupPolicy): Promise<void> {
  const now = world.clock.now();
  const hints = hintsUntil(work, name, now);
  const dealtWith = hints.at(-1);
  if (dealtWith === undefined) {
    // The policy is seen for the first time; earlier slots do not count.
    await appliedSchedules(world, work, `backups.${name}`, policy.schedule, now);
    await recordSlot(world, work, name, { slot: slotOf(now), state: "firstSeen", seconds: 0 });
    return;
  }
  await reportTarget(world, work, name, { policy, hints, now });
  const since = slotTime(dealtWith.slot);
  const applied = await appliedSchedules(world, work, `backups.${name}`, policy.schedule, since);
  const due = promisedSlots(applied, since, now).map(slotOf);
  const newest = due.at(-1);
  if (newest === undefined) return;
  const isOpen = (slot: string) => work.jobs.some(({ id }) => id === jobId.backup(name, slot));
  const isTimed = world.isOnlyTimer !== true && hasTimer(schedulesOf(world.config).createSnapshots, name);
  const isLate = (slot: string) => now.getTime() - slotTime(slot).getTime() > TIMER_GRACE_MS;
  const lateMs = now.getTime() - slotTime(newest).getTime();
  const missed = (isLate(newest) || !isTimed) && !isOpen(newest);
  const older = due.slice(0, -1).filter((slot) => isLate(slot) && !isOpen(slot));
  // Without a timer the tick is the timer, and the slot is not missed yet.
  const isSkipped = missed && policy.schedule.missed === "skip" && (isTimed || isLate(newest));
  const skipped = isSkipped ? [...older, newest] : older;
  await skip(world, work, name, skipped);
  if (skipped.includes(newest)) return;
  if (missed) await run(world, work, { name, slot: newest, who: isTimed ? "a timer that never came" : "a check of the schedule" });
  const usualSeconds = hints.filter(({ state }) => state === "done").at(-1)?.seconds ?? 0;
  if (lateMs < LATE_GRACE_MS + 2000 * usualSeconds || (await world.log.done(jobId.backup(name, newest)))) return;
  await reportLate(world, name, reason("backup.late", { policy: name, slot: newest, minutes: Math.round(lateMs / 60_000) }), newest);
}

/** A slot in the future, as a snapshot's name can claim, would hide all slots until then. */
function hintsUntil({ live }: OpenWork, name: string, now: Date): SlotHint[] {
  return (live.slots.get(name) ?? []).filter(({ slot }) => slotTime(slot).getTime() <= now.getTime() + AHEAD_MS);
}

/**
 * Reports before recording, so that a crash in between repeats the report rather than losing it. Late timer events find the slots handled.
 */
async function skip(world: World, work: OpenWork, name: string, slots: readonly string[]): Promise<void> {
  const [first, last] = [slots[0], slots.at(-1)];
  if (first === undefined || last === undefined) return;
  const several = reason("backup.missedSeveral", { policy: name, count: slots.length, first, last });
  await reportLate(world, name, slots.length === 1 ? reason("backup.missed", { policy: name, slot: last }) : several);
  const at = world.clock.now().toISOString();
  const asked = { by: "ossnap" as const, who: "a timer that never came" };
  for (const slot of slots.slice(-FENCED_MAX)) {
    const why = reason("backup.missed", { policy: name, slot });
    const record = slotRecord({ policy: name, slot, state: "skipped", reason: why, createdAt: at, at, asked, result: null });
    await writeObjectOnce(world.state, stateKey.done("backup", record.id), record);
  }
  await recordSlot(world, work, name, { slot: last, state: "skipped", seconds: 0 });
}

async function run(world: World, work: OpenWork, { name, slot, who }: { name: string; slot: string; who: string }): Promise<void> {
  const created = await askBackup(world, { policy: name, slot, asked: { by: "ossnap", who } });
  if (created.outcome === "created") work.jobs.push(created.job);
}
