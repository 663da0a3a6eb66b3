import type { Created } from "../../jobs/log.ts";
import type { Asked } from "../../jobs/record.ts";
import { configured, type World } from "../../jobs/world.ts";
import { jobId } from "../../model/jobId.ts";
import { reason } from "../../model/reason.ts";
import { slotTime } from "../../model/slot.ts";
import type { BackupData, BackupInput } from "./step.ts";

export interface BackupOrder {
  policy: string;
  slot: string;
  asked: Asked;
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
  slotTime(order.slot);
  const id = order.key === undefined ? jobId.backup(order.policy, order.slot) : jobId.byKey("backup", order.key);
  const because = order.because === undefined ? {} : { because: order.because };
  const input: BackupInput = { policyName: order.policy, policy, slot: order.slot, ...because };
  const data: BackupData = { attempt: 0, failures: [] };
  const patienceUntil = new Date(world.clock.now().getTime() + policy.patienceMs).toISOString();
  const fingerprint = order.fingerprint === undefined ? {} : { fingerprint: order.fingerprint };
  return world.log.create(
    id,
    { about: `${order.policy} slot ${order.slot}`, asked: order.asked, cluster, patienceUntil, input, ...fingerprint },
    { state: "asked", reason: reason("backup.asked", { by: order.asked.who, slot: order.slot }), data },
  );
}
