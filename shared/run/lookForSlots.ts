import { jobId } from "../jobs/ids.ts";
import { slotOf, slotTime } from "../jobs/slot.ts";
import type { BackupPolicy } from "../model/config.ts";
import { reason } from "../model/reason.ts";
import { dueSlots } from "../plan/dueSlots.ts";
import { askBackup } from "./askBackup.ts";
import type { OpenWork } from "./openWork.ts";
import { rememberSlot } from "./rememberSlot.ts";
import { tellBegin, tellOver } from "./tell.ts";
import type { World } from "./world.ts";

/** A timer that has not come by then is taken for lost; one that comes later still lands on the same job. */
const TIMER_GRACE_MS = 2 * 60_000;
/** A slot without its snapshot is late after this and twice its usual duration. */
const LATE_GRACE_MS = 10 * 60_000;

/** Compares a policy's slots that are due with what ran: a missed one is run once or told, as the policy says; a late one is told. */
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
  const due = dueSlots(policy.schedule, slotTime(dealtWith.slot), now).at(-1);
  if (!due) return;
  const slot = slotOf(due);
  const open = work.jobs.some(({ id }) => id === jobId.backup(name, slot));
  if (!open && now.getTime() - due.getTime() > TIMER_GRACE_MS) await takeMissed(world, work, name, policy, slot);
  const lateMs = now.getTime() - due.getTime();
  if (lateMs < LATE_GRACE_MS + 2000 * dealtWith.seconds || (await world.log.done(jobId.backup(name, slot)))) return;
  const late = reason("backup.late", { policy: name, slot, minutes: Math.round(lateMs / 60_000) });
  await tellBegin(world, { key: `late:${name}`, code: "backup.late", severity: "bad", reason: late, job: jobId.backup(name, slot) });
}

async function takeMissed(world: World, work: OpenWork, name: string, policy: BackupPolicy, slot: string): Promise<void> {
  if (policy.schedule.missed === "skip") {
    // Told before it is forgotten: a crash between the two says it twice at most, never not at all.
    await tellBegin(world, {
      key: `late:${name}`,
      code: "backup.late",
      severity: "bad",
      reason: reason("backup.missed", { policy: name, slot }),
    });
    await rememberSlot(world, work, name, { slot, state: "skipped", seconds: 0 });
    return;
  }
  const created = await askBackup(world, { policy: name, slot, asked: { by: "ossnap", who: "a timer that never came" } });
  if (created.outcome === "created") work.jobs.push(created.job);
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
