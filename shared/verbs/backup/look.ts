import type { OpenWork } from "../../jobs/openWork.ts";
import { slotRecord } from "../../jobs/slotRecord.ts";
import type { World } from "../../jobs/world.ts";
import type { BackupPolicy } from "../../model/config.ts";
import { jobId } from "../../model/jobId.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { slotOf, slotTime } from "../../model/slot.ts";
import { tellBegin, tellOver } from "../../notices/notices.ts";
import { dueSlots } from "../../plan/slots.ts";
import { stateKey } from "../../state/keys.ts";
import { writeObjectOnce } from "../../state/objects.ts";
import { askBackup } from "./ask.ts";
import { rememberSlot } from "./rememberSlot.ts";

/** A timer that has not come by then is taken for lost; one that comes later still lands on the same job. */
const TIMER_GRACE_MS = 2 * 60_000;
/** A slot without its snapshot is late after this and twice its usual duration. */
const LATE_GRACE_MS = 10 * 60_000;

/** An hour of slots a minute apart: so long Function Compute brings a timer's event again (s.yaml), and more would take too long of one tick. */
const FENCED_MAX = 60;

/**
 * Compares a policy's slots that are due with what ran. Of those that were missed only the newest is ever run, if the policy says so; the others are told
 * and left, so that an outage never ends in a pile of snapshots. A slot that is late is told.
 */
export async function lookForSlots(world: World, work: OpenWork, name: string, policy: BackupPolicy): Promise<void> {
  const now = world.clock.now();
  const hints = work.live.slots.get(name) ?? [];
  const dealtWith = hints.at(-1);
  if (dealtWith === undefined) {
    // A policy is seen for the first time: slots before that were nobody's promise.
    await rememberSlot(world, work, name, { slot: slotOf(now), state: "firstSeen", seconds: 0 });
    return;
  }
  await tellTarget(world, work, name, policy, now);
  const due = dueSlots(policy.schedule, slotTime(dealtWith.slot), now).map(slotOf);
  const newest = due.at(-1);
  if (newest === undefined) return;
  const isOpen = (slot: string) => work.jobs.some(({ id }) => id === jobId.backup(name, slot));
  const isLate = (slot: string) => now.getTime() - slotTime(slot).getTime() > TIMER_GRACE_MS;
  const lateMs = now.getTime() - slotTime(newest).getTime();
  const missed = isLate(newest) && !isOpen(newest);
  const older = due.slice(0, -1).filter((slot) => isLate(slot) && !isOpen(slot));
  const skipped = missed && policy.schedule.missed === "skip" ? [...older, newest] : older;
  await skip(world, work, name, skipped);
  if (skipped.includes(newest)) return;
  if (missed) await runMissed(world, work, name, newest);
  const usualSeconds = hints.filter(({ state }) => state === "done").at(-1)?.seconds ?? 0;
  if (lateMs < LATE_GRACE_MS + 2000 * usualSeconds || (await world.log.done(jobId.backup(name, newest)))) return;
  await tellLate(world, name, reason("backup.late", { policy: name, slot: newest, minutes: Math.round(lateMs / 60_000) }), newest);
}

/** Told before it is forgotten: a crash between the two says it twice at most, never not at all. Timers that come late find the slots dealt with. */
async function skip(world: World, work: OpenWork, name: string, slots: readonly string[]): Promise<void> {
  const [first, last] = [slots[0], slots.at(-1)];
  if (first === undefined || last === undefined) return;
  const several = reason("backup.missedSeveral", { policy: name, count: slots.length, first, last });
  await tellLate(world, name, slots.length === 1 ? reason("backup.missed", { policy: name, slot: last }) : several);
  const at = world.clock.now().toISOString();
  const asked = { by: "ossnap" as const, who: "a timer that never came" };
  for (const slot of slots.slice(-FENCED_MAX)) {
    const why = reason("backup.missed", { policy: name, slot });
    const record = slotRecord({ policy: name, slot, state: "skipped", reason: why, createdAt: at, at, asked, result: null });
    await writeObjectOnce(world.state, stateKey.done("backup", record.id), record);
  }
  await rememberSlot(world, work, name, { slot: last, state: "skipped", seconds: 0 });
}

async function runMissed(world: World, work: OpenWork, name: string, slot: string): Promise<void> {
  const created = await askBackup(world, { policy: name, slot, asked: { by: "ossnap", who: "a timer that never came" } });
  if (created.outcome === "created") work.jobs.push(created.job);
}

async function tellLate(world: World, name: string, why: Reason, slot?: string): Promise<void> {
  const job = slot === undefined ? {} : { job: jobId.backup(name, slot) };
  await tellBegin(world, { key: `late:${name}`, code: "backup.late", severity: "bad", reason: why, ...job });
}

/** The newest good slot is older than the policy's target. */
async function tellTarget(world: World, { live }: OpenWork, name: string, { rpoMs }: BackupPolicy, now: Date): Promise<void> {
  const good = (live.slots.get(name) ?? []).filter(({ state }) => state === "done" || state === "firstSeen").at(-1);
  if (rpoMs === undefined || !good) return;
  const ageMs = now.getTime() - slotTime(good.slot).getTime();
  const params = { policy: name, hours: Math.round(ageMs / 3_600_000), target: Math.round(rpoMs / 3_600_000) };
  const key = `rpo:${name}`;
  if (ageMs > rpoMs) await tellBegin(world, { key, code: "rpo.missed", severity: "bad", reason: reason("rpo.missed", params) });
  else if (live.notices.has(key)) await tellOver(world, key, "rpo.missed", reason("rpo.met", params));
}
