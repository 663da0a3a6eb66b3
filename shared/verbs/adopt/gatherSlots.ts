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
import { parseSnapshotName, type SnapshotNameParts, snapshotMark } from "../../model/snapshotName.ts";
import { policyFingerprint } from "../../plan/policyFingerprint.ts";
import { dueSlots } from "../../plan/slots.ts";
import { heldIndices, openRepository } from "../../reader/readRepository.ts";
import { datedSnapshots } from "../../reader/rootSnapshots.ts";
import { stateKey } from "../../state/keys.ts";
import { keysBelow, readObject } from "../../state/objects.ts";
import type { Found } from "./apply.ts";

/** As many as a policy's own work keeps. */
const HINTS = 3;

/** The longest that Function Compute keeps an event to bring it again. */
const PASSED_MS = 7 * 86_400_000;

interface HeldSnapshot {
  name: string;
  uuid: string | undefined;
  state: SnapshotState | undefined;
  startTime: Date | undefined;
  endTime: Date | undefined;
  indices: number;
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
 * The slots of a policy that have their good snapshot: taken at its word, since the list of indices that was planned is lost with the state.
 * A slot with failed attempts only is left open, and taken up again by the next look while it is the newest.
 */
export async function adoptBackups(world: World, work: OpenWork, { name, policy, asked }: AdoptedPolicy): Promise<Found[]> {
  const { cluster } = configured(world.config, "repositories", policy.repository);
  const mark = snapshotMark((await world.cluster(cluster).info()).uuid, name);
  const held = await heldSnapshots(world, policy.repository);
  const own = held.flatMap((snapshot): OwnSnapshot[] => {
    const parts = parseSnapshotName(snapshot.name);
    return parts?.policy === name && parts.mark === mark ? [{ ...snapshot, parts }] : [];
  });
  const isOpen = (slot: string) => work.jobs.some(({ id }) => id === jobId.backup(name, slot));
  const good = own
    .filter(({ state, parts }) => state === "SUCCESS" && !isOpen(parts.slot))
    .sort((a, b) => (a.parts.slot < b.parts.slot ? -1 : 1));
  const counts = { policy: name, others: held.length - own.length };
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

/** The cluster that writes there knows most, also what runs; where it does not know the repository (yet), the bucket tells the rest. */
async function heldSnapshots(world: World, repository: string): Promise<HeldSnapshot[]> {
  const { cluster } = configured(world.config, "repositories", repository);
  try {
    const listed = await world.cluster(cluster).listSnapshots(repository);
    return listed.map((snapshot) => ({ ...snapshot, indices: snapshot.indices.length }));
  } catch (error) {
    if (!hasCode(error, "absent")) throw error;
  }
  const store = world.blobs(placeOf(world.config, repository));
  const opened = await openRepository(store);
  return (await datedSnapshots(store, opened)).map(({ name, uuid, state, startTime }) => {
    const indices = heldIndices(opened.root, uuid).length;
    return { name, uuid, state, startTime, endTime: undefined, indices };
  });
}

/** The permanent records: the fence against a timer that comes again, however late. */
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
  // A state that knows a good slot was not lost: what it has no record of was nobody's promise.
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

/** Moments before the newest good slot whose snapshot was thinned out, or never came: their time is over either way. */
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

/** Snapshots by hand are no moments of the schedule, and say nothing of one that is missing before them. */
function hintWrites(work: OpenWork, policyName: string, { schedule }: BackupPolicy, good: readonly OwnSnapshot[]): Found["writes"] {
  const known = new Set((work.live.slots.get(policyName) ?? []).map(({ slot }) => slot));
  const scheduled = good.filter(({ parts }) => {
    const time = slotTime(parts.slot);
    return dueSlots(schedule, new Date(time.getTime() - 1000), time).length === 1;
  });
  return scheduled
    .slice(-HINTS)
    .filter(({ parts }) => !known.has(parts.slot))
    .map(({ parts, startTime, endTime }) => {
      const seconds = startTime && endTime ? Math.round((endTime.getTime() - startTime.getTime()) / 1000) : 0;
      return { key: stateKey.slot(policyName, { slot: parts.slot, state: "done", seconds }), value: {} };
    });
}

/** Whether its plan was ever applied by hand, and what was pinned, stood in the state alone. */
async function pruneWaits(world: World, name: string, policy: BackupPolicy): Promise<Found[]> {
  if (!policy.prune || (await readObject(world.state, stateKey.applied(name, policyFingerprint(policy, name))))) return [];
  return [{ reason: reason("adopt.pruneWaits", { policy: name }), writes: [] }];
}
