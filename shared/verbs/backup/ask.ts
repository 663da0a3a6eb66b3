import type { Created } from "../../jobs/log.ts";
import type { Asked } from "../../jobs/record.ts";
import { configured, type World } from "../../jobs/world.ts";
import type { Schedule } from "../../model/config.ts";
import { jobId } from "../../model/jobId.ts";
import { reason } from "../../model/reason.ts";
import { slotOf, slotTime } from "../../model/slot.ts";
import { isSlot } from "../../plan/slots.ts";
import type { BackupData, BackupInput } from "./step.ts";

const SECONDS_TRIED = 60;

export interface BackupOrder {
  policy: string;
  slot: string;
  asked: Asked;
  /** The slot's own job, whoever asks for it: an adopted state follows a timer's snapshot. */
  ofSlot?: true;
  /** The caller's idempotency key; without one, policy and slot form the id. */
  key?: string;
  fingerprint?: string;
  /** Stored in the snapshot's metadata. */
  because?: string | undefined;
}

/** Writes the intent to take this slot's snapshot with the current policy; the same slot is the same job. */
export async function askBackup(world: World, order: BackupOrder): Promise<Created> {
  const policy = configured(world.config, "backups", order.policy);
  const { cluster } = configured(world.config, "repositories", policy.repository);
  const isByHand = order.asked.by === "person" && !order.ofSlot;
  const slot = isByHand ? besideSlots(policy.schedule, order.slot) : slotOf(slotTime(order.slot));
  const id = order.key === undefined ? jobId.backup(order.policy, slot) : jobId.byKey("backup", order.key);
  const because = order.because === undefined ? {} : { because: order.because };
  const input: BackupInput = { policyName: order.policy, policy, slot, ...(isByHand ? { manual: true } : {}), ...because };
  const data: BackupData = { attempt: 0, failures: [] };
  const patienceUntil = new Date(world.clock.now().getTime() + policy.patienceMs).toISOString();
  const fingerprint = order.fingerprint === undefined ? {} : { fingerprint: order.fingerprint };
  return world.log.create(
    id,
    { about: `${order.policy} slot ${slot}`, asked: order.asked, cluster, patienceUntil, input, ...fingerprint },
    { state: "asked", reason: reason("backup.asked", { by: order.asked.who, slot }), data },
  );
}

/** A backup by hand in the second of a slot would be the slot's own job, and the timer would find it taken. */
export function besideSlots(schedule: Schedule, asked: string): string {
  const times = Array.from({ length: SECONDS_TRIED }, (_, second) => new Date(slotTime(asked).getTime() + second * 1000));
  // A schedule of every second leaves none free.
  return slotOf(times.find((time) => !isSlot(schedule, time)) ?? slotTime(asked));
}
