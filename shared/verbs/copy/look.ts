import { appliedSchedules } from "../../jobs/appliedSchedules.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import { placeOf, type World } from "../../jobs/world.ts";
import type { CopyRule } from "../../model/config.ts";
import type { RootSnapshot } from "../../model/repository.ts";
import { slotOf, slotTime } from "../../model/slot.ts";
import { parseSnapshotName } from "../../model/snapshotName.ts";
import { guardedLook } from "../../notices/guardedLook.ts";
import { promisedSlots } from "../../plan/slots.ts";
import { AHEAD_MS } from "../../plan/snapshotOrder.ts";
import { listRoots, type OpenedRepository, openRepository } from "../../reader/readRepository.ts";
import { datedSnapshots, newestGoodFirst, rootMark } from "../../reader/rootSnapshots.ts";
import { stateKey } from "../../state/keys.ts";
import { hasMark, recordMark } from "../../state/marks.ts";
import { askCopy } from "./ask.ts";

/** A success without a hint (taken by hand or by another deployment) is noticed after at most this many minutes. */
export const SOURCE_LOOK_MINUTES = 10;

/** A copy is due when its policy has a new good snapshot or when its own schedule says so. */
export async function lookForCopy(world: World, work: OpenWork, copyName: string, rule: CopyRule): Promise<void> {
  if (rule.after !== undefined) await lookForSuccess(world, work, copyName, rule.after);
  if (rule.schedule !== undefined) await lookForSlot(world, work, copyName, rule.schedule);
}

/**
 * Hints show when the policy had a success; the source is read only then, and every few minutes for successes without a hint.
 * One LIST shows whether its root changed since the last check.
 */
async function lookForSuccess(world: World, work: OpenWork, copyName: string, policy: string): Promise<void> {
  const isSeen = (mark: string) => hasMark(work.live.copySeen, copyName, mark);
  // A slot in the future would hide every later success until then.
  const success = work.live.slots
    .get(policy)
    ?.findLast(({ state, slot }) => state === "done" && slotTime(slot).getTime() <= world.clock.now().getTime() + AHEAD_MS);
  const isReported = success !== undefined && !isSeen(afterMark(success.slot));
  if (!isReported && world.clock.now().getUTCMinutes() % SOURCE_LOOK_MINUTES !== 0) return;
  const seen = await readSource(world, work, copyName, isReported);
  if (!seen) return;
  const ours = newestGoodFirst(seen.dated, world.clock.now()).filter(({ name }) => parseSnapshotName(name)?.policy === policy);
  const [newest] = ours;
  const reported = isReported ? ours.find(({ name }) => parseSnapshotName(name)?.slot === success.slot) : undefined;
  const fresh = [newest, reported].flatMap((one) => (one && !isSeen(one.uuid) ? [one.uuid] : []));
  if (fresh.length > 0) {
    const reported = [...new Set(fresh)];
    const created = await askCopy(world, copyName, { by: "ossnap", who: `after ${policy}` }, { opened: seen.opened, reported });
    if (created.outcome === "created") work.jobs.push(created.job);
    for (const uuid of reported) await remember(world, work, copyName, uuid);
  }
  // A success that the source does not list yet is checked again.
  if (reported && success) await remember(world, work, copyName, afterMark(success.slot));
  await remember(world, work, copyName, seen.mark);
}

interface SourceSeen {
  mark: string;
  opened: OpenedRepository;
  dated: RootSnapshot[];
}

/** `undefined` if the root has not changed and no success is awaited, or if its look is put aside. */
async function readSource(world: World, work: OpenWork, copyName: string, isAwaited: boolean): Promise<SourceSeen | undefined> {
  const source = world.blobs(placeOf(world.config, world.config.copies[copyName]?.from ?? ""));
  const roots = await listRoots(source);
  const highest = Math.max(...roots.keys());
  const info = roots.get(highest);
  const mark = info && rootMark(highest, info);
  const isSeen = mark !== undefined && hasMark(work.live.copySeen, copyName, mark);
  if (!mark || (isSeen && !isAwaited)) return undefined;
  const read = async () => {
    const opened = await openRepository(source);
    return { result: { mark, opened, dated: await datedSnapshots(source, opened) } };
  };
  // A root that was read without harm is read again while a success that it does not list yet is awaited.
  if (isSeen) return (await read()).result;
  return guardedLook(world, work, { look: `copies.${copyName}`, mark, reads: `${source.url}/${info.key}` }, read);
}

const afterMark = (slot: string) => `after-${slot}`;

/** Only the newest due time counts; it covers the earlier ones. */
async function lookForSlot(world: World, work: OpenWork, copyName: string, schedule: NonNullable<CopyRule["schedule"]>): Promise<void> {
  const now = world.clock.now();
  const dealtWith = (work.live.copySeen.get(copyName) ?? [])
    .map(({ mark }) => mark)
    // A time in the future would hide all others until then.
    .filter((mark) => mark.startsWith("slot-") && slotTime(mark.slice("slot-".length)) <= now)
    .at(-1);
  const since = dealtWith === undefined ? now : slotTime(dealtWith.slice("slot-".length));
  const applied = await appliedSchedules(world, work, `copies.${copyName}`, schedule, since);
  if (dealtWith === undefined) return remember(world, work, copyName, `slot-${slotOf(now)}`);
  const due = promisedSlots(applied, since, now).at(-1);
  if (!due) return;
  const guard = { look: `copies.${copyName}`, mark: `slot-${slotOf(due)}`, reads: world.config.copies[copyName]?.from ?? "" };
  const created = await guardedLook(world, work, guard, async () => ({
    result: await askCopy(world, copyName, { by: "timer", who: `schedule ${slotOf(due)}` }),
  }));
  if (created === undefined) return;
  if (created.outcome === "created") work.jobs.push(created.job);
  await remember(world, work, copyName, `slot-${slotOf(due)}`);
}

function remember(world: World, work: OpenWork, copyName: string, mark: string): Promise<void> {
  return recordMark(world, work.live.copySeen, { name: copyName, prefix: stateKey.copySeen(copyName), mark });
}
