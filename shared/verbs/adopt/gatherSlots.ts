import type { OpenWork } from "../../jobs/openWork.ts";
import type { Asked, DoneRecord } from "../../jobs/record.ts";
import { slotRecord } from "../../jobs/slotRecord.ts";
import { configured, placeOf, type World } from "../../jobs/world.ts";
import type { SnapshotState } from "../../model/cluster.ts";
import type { BackupPolicy } from "../../model/config.ts";
import { hasCode } from "../../model/errors.ts";
import { jobId } from "../../model/jobId.ts";
import { reason } from "../../model/reason.ts";
import { slotOf, slotTime } from "../../model/slot.ts";
import { type SnapshotNameParts, snapshotMark } from "../../model/snapshotName.ts";
import { ownershipOf } from "../../plan/ownSnapshot.ts";
import { policyFingerprint, repositoryId } from "../../plan/policyFingerprint.ts";
import { dueSlots } from "../../plan/slots.ts";
import { openRepository } from "../../reader/readRepository.ts";
import { rootFacts } from "../../reader/rootFacts.ts";
import { datedSnapshots } from "../../reader/rootSnapshots.ts";
import { stateKey } from "../../state/keys.ts";
import { keysBelow } from "../../state/objects.ts";
import { wasApplied } from "../prune/gatherApplied.ts";
import { listedSnapshots } from "../snapshots/gather.ts";
import type { Found } from "./types.ts";

/** The same number that a policy's own backups keep. */
const HINTS = 3;

/** Function Compute retries an event for at most seven days. */
const PASSED_MS = 7 * 86_400_000;

interface HeldSnapshot {
  name: string;
  uuid: string | undefined;
  state: SnapshotState | undefined;
  startTime: Date | undefined;
  endTime: Date | undefined;
  indices: number;
  version: string;
  metadata: Record<string, unknown> | undefined;
}

interface AdoptedPolicy {
  name: string;
  policy: BackupPolicy;
  asked: Asked;
}

interface OwnSnapshot extends HeldSnapshot {
  parts: SnapshotNameParts;
}

/**
 * The slots of a policy that have a good snapshot. SUCCESS is trusted because the planned list of indices was lost with the state.
 * A slot that has only failed attempts stays open; the next check retries it while it is the newest.
 */
export async function adoptBackups(world: World, work: OpenWork, { name, policy, asked }: AdoptedPolicy): Promise<Found[]> {
  const { cluster } = configured(world.config, "repositories", policy.repository);
  const { uuid } = await world.cluster(cluster).info();
  const [mark, markByHand] = [snapshotMark(uuid, name), snapshotMark(uuid, name, "by-hand")];
  const held = await heldSnapshots(world, policy.repository);
  const own = held.flatMap((snapshot): OwnSnapshot[] => {
    const owner = ownershipOf(snapshot, name, mark);
    return owner?.by === "us" ? [{ ...snapshot, parts: owner.parts }] : [];
  });
  // Ours, and of no slot.
  const byHand = held.filter((snapshot) => ownershipOf(snapshot, name, markByHand)?.by === "us");
  const isOpen = (slot: string) => work.jobs.some(({ id }) => id === jobId.backup(name, slot));
  const good = own
    .filter(({ state, parts }) => state === "SUCCESS" && !isOpen(parts.slot))
    .sort((a, b) => (a.parts.slot < b.parts.slot ? -1 : 1));
  const counts = { policy: name, others: held.length - own.length - byHand.length };
  const newest = good.at(-1);
  const slots: Found = {
    reason: newest
      ? reason("adopt.slots", { ...counts, slots: good.length, newest: newest.parts.slot })
      : reason("adopt.noSlots", { ...counts, repository: policy.repository }),
    writes: [...(await doneWrites(world, work, { name, policy, asked }, good)), ...hintWrites(work, name, policy, good)],
  };
  const running = own.find(({ state, parts }) => state === "IN_PROGRESS" && !isOpen(parts.slot));
  const follow = running && { policy: name, slot: running.parts.slot };
  return [
    slots,
    ...(follow ? [{ reason: reason("adopt.running", { snapshot: running.name }), writes: [], follow }] : []),
    ...(await pruneWaits(world, name, policy)),
  ];
}

/** The writing cluster also knows running snapshots; if the repository is not registered there, the bucket is read instead. */
async function heldSnapshots(world: World, repository: string): Promise<HeldSnapshot[]> {
  try {
    const listed = await listedSnapshots(world, repository);
    return listed.map((snapshot) => ({ ...snapshot, indices: snapshot.indices.length }));
  } catch (error) {
    if (!hasCode(error, "absent")) throw error;
  }
  const store = world.blobs(placeOf(world.config, repository));
  const opened = await openRepository(store);
  return (await datedSnapshots(store, opened)).map(({ name, uuid, state, startTime }) => {
    const indices = opened.root ? rootFacts(opened.root).held(uuid).length : 0;
    // A root contains no metadata, so the name decides.
    return { name, uuid, state, startTime, endTime: undefined, indices, version: "0.0.0", metadata: undefined };
  });
}

/** The permanent records, which protect against a timer event that is delivered again. */
async function doneWrites(
  world: World,
  work: OpenWork,
  { name, policy, asked }: AdoptedPolicy,
  good: readonly OwnSnapshot[],
): Promise<Found["writes"]> {
  const newest = good.at(-1);
  if (!newest) return [];
  const taken = new Set([
    ...(await keysBelow(world.state, stateKey.doneAll("backup"))).map((key) => key.replace(/\.json$/, "")),
    ...work.jobs.map(({ id }) => id),
  ]);
  // A state that knows a good slot was not lost: slots without a record precede the policy.
  const isLost = (work.live.slots.get(name) ?? []).every(({ state }) => state !== "done");
  const passed = isLost ? passedRecords(name, policy, newest, asked) : [];
  const records = [...passed, ...good.map((snapshot) => doneRecord(snapshot, asked))];
  const byId = new Map(records.map((record) => [record.id, record]));
  return [...byId.values()]
    .filter(({ id }) => !taken.has(id))
    .map((record) => ({ key: stateKey.done("backup", record.id), value: record }));
}

function doneRecord({ name, uuid, startTime, endTime, indices, parts }: OwnSnapshot, asked: Asked): DoneRecord {
  const begun = startTime ?? slotTime(parts.slot);
  return slotRecord({
    policy: parts.policy,
    slot: parts.slot,
    state: "done",
    reason: reason("adopt.slot", { snapshot: name }),
    createdAt: begun.toISOString(),
    at: (endTime ?? begun).toISOString(),
    asked,
    result: { snapshot: name, uuid, indices, failures: [] },
  });
}

/** Slots before the newest good one that have no snapshot, because it was pruned or never taken. */
function passedRecords(policyName: string, { schedule }: BackupPolicy, newest: OwnSnapshot, asked: Asked): DoneRecord[] {
  const until = slotTime(newest.parts.slot);
  return dueSlots(schedule, new Date(until.getTime() - PASSED_MS), until)
    .map(slotOf)
    .map((slot) => {
      const why = reason("adopt.slotPassed", { newest: newest.name });
      const at = until.toISOString();
      return slotRecord({ policy: policyName, slot, state: "skipped", reason: why, createdAt: at, at, asked, result: null });
    });
}

/** Snapshots taken by hand are not slots of the schedule and do not prove that an earlier slot was met. */
function hintWrites(work: OpenWork, policyName: string, { schedule }: BackupPolicy, good: readonly OwnSnapshot[]): Found["writes"] {
  const hints = work.live.slots.get(policyName) ?? [];
  const known = new Set(hints.map(({ slot }) => slot));
  // An intact state has dropped the hints of older slots on purpose.
  const oldest = hints.find(({ state }) => state === "done")?.slot ?? "";
  const scheduled = good.filter(({ parts }) => {
    const time = slotTime(parts.slot);
    return dueSlots(schedule, new Date(time.getTime() - 1000), time).length === 1;
  });
  return scheduled
    .slice(-HINTS)
    .filter(({ parts }) => !known.has(parts.slot) && parts.slot > oldest)
    .map(({ parts, startTime, endTime }) => {
      const seconds = startTime && endTime ? Math.round((endTime.getTime() - startTime.getTime()) / 1000) : 0;
      return { key: stateKey.slot(policyName, { slot: parts.slot, state: "done", seconds }), value: {} };
    });
}

/** Pins, and whether a plan was applied by hand, were stored only in the state. */
async function pruneWaits(world: World, name: string, policy: BackupPolicy): Promise<Found[]> {
  const where = repositoryId(configured(world.config, "repositories", policy.repository));
  if (!policy.prune || (await wasApplied(world, name, policyFingerprint(policy, name, where)))) return [];
  return [{ reason: reason("adopt.pruneWaits", { policy: name }), writes: [] }];
}
