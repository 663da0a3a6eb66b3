import type { OpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import type { BackupPolicy } from "../../model/config.ts";
import { jobId } from "../../model/jobId.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { parseSlot, slotTime } from "../../model/slot.ts";
import { parseSnapshotName } from "../../model/snapshotName.ts";
import { raiseNotice, resolveNotice } from "../../notices/notices.ts";
import type { Taken } from "../../plan/backup/shrink.ts";
import { type SlotHint, stateKey } from "../../state/keys.ts";
import { writeObject } from "../../state/objects.ts";
import { askVerification } from "../verification/ask.ts";
import { gatherTaken } from "./gatherTaken.ts";
import { recordSlot } from "./recordSlot.ts";
import type { BackupJob } from "./step.ts";

/** The part of the result that the permanent record stores. */
export function backupResult({ head, intent }: BackupJob): unknown {
  return {
    snapshot: head.data.name,
    uuid: head.data.uuid,
    indices: head.data.indices?.length ?? 0,
    ...(head.data.streams === undefined ? {} : { streams: head.data.streams.length }),
    ...(head.data.startTime === undefined ? {} : { startTime: head.data.startTime }),
    ...(head.data.seconds === undefined ? {} : { seconds: head.data.seconds }),
    ...(head.data.bytes === undefined ? {} : { bytes: head.data.bytes }),
    ...(intent.input.because === undefined ? {} : { because: intent.input.because }),
    failures: head.data.failures.slice(-3),
  };
}

/** Records the slot as handled; reports a failure, or that an earlier failure is resolved. */
export async function reportBackup(world: World, work: OpenWork, job: BackupJob): Promise<void> {
  const { policyName, slot } = job.intent.input;
  // A backup by hand is not a slot of the schedule; an earlier slot may still be missing.
  if (job.intent.asked.by !== "person") await recordSlot(world, work, policyName, { slot, state: job.head.state, seconds: secondsOf(job) });
  if (job.head.state === "failed")
    await raiseNotice(world, {
      key: `backup-failed:${policyName}`,
      code: "backup.failed",
      severity: "bad",
      reason: job.head.reason,
      job: job.id,
      upTo: slot,
    });
  if (job.head.state !== "done") return;
  await recordTaken(world, job);
  await askProof(world, job);
  await resolveNotice(world, `backup-failed:${policyName}`, "backup.failed", job.head.reason, slot);
  await resolveNotice(world, `late:${policyName}`, "backup.late", job.head.reason, slot);
}

/** By this time a backup that cannot be proven is reported. */
const PROOF_PATIENCE_MS = 3_600_000;

/** Requests the proof that the policy wants of each success; the same backup requests the same one. */
async function askProof(world: World, { id, intent, head }: BackupJob): Promise<void> {
  const { repository, verify } = world.config.backups[intent.input.policyName] ?? intent.input.policy;
  const { name, uuid = name } = head.data;
  if (verify === undefined || uuid === undefined || world.config.repositories[repository]?.blobs === undefined) return;
  const request = { repository, snapshot: uuid, ...verify };
  await askVerification(world, request, { by: "ossnap", who: id }, { key: id, patienceMs: PROOF_PATIENCE_MS });
}

/** What the next selection is compared with. */
async function recordTaken(world: World, { intent, head }: BackupJob): Promise<void> {
  const { name = "", uuid, indices = [], streams = [], seconds, bytes } = head.data;
  const measured = { ...(seconds === undefined ? {} : { seconds }), ...(bytes === undefined ? {} : { bytes }) };
  const taken: Taken = { snapshot: name, ...(uuid && { uuid }), at: head.at, indices, streams, ...measured };
  await writeObject(world.state, stateKey.taken(intent.input.policyName), taken);
}

function secondsOf(job: BackupJob): number {
  return Math.round((new Date(job.head.at).getTime() - job.createdAt.getTime()) / 1000);
}

export async function reportLate(world: World, name: string, why: Reason, slot?: string): Promise<void> {
  const job = slot === undefined ? {} : { job: jobId.backup(name, slot) };
  await raiseNotice(world, { key: `late:${name}`, code: "backup.late", severity: "bad", reason: why, ...job, upTo: slot });
}

/** Reports when the newest good snapshot, of a slot or by hand, is older than the policy's recovery point objective. */
export async function reportTarget(
  world: World,
  { live }: OpenWork,
  name: string,
  { policy: { rpoMs }, hints, now }: { policy: BackupPolicy; hints: readonly SlotHint[]; now: Date },
): Promise<void> {
  const good = hints.filter(({ state }) => state === "done" || state === "firstSeen").at(-1);
  if (rpoMs === undefined || !good) return;
  const isOver = (at: Date) => now.getTime() - at.getTime() > rpoMs;
  const ofSlot = slotTime(good.slot);
  const newest = isOver(ofSlot) ? await newestTaken(world, name, ofSlot) : ofSlot;
  const params = { policy: name, newest: newest.toISOString(), target: rpoMs / 1000 };
  const key = `rpo:${name}`;
  if (isOver(newest)) await raiseNotice(world, { key, code: "rpo.missed", severity: "bad", reason: reason("rpo.missed", params) });
  else if (live.notices.has(key)) await resolveNotice(world, key, "rpo.missed", reason("rpo.met", params));
}

/** When the newest good snapshot was asked for, which may have been by hand. */
async function newestTaken(world: World, policy: string, ofSlot: Date): Promise<Date> {
  const { value: taken } = await gatherTaken(world, policy);
  const time = parseSlot(parseSnapshotName(taken?.snapshot ?? "")?.slot ?? "");
  return time && time > ofSlot ? time : ofSlot;
}
