import type { OpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import { slotTime } from "../../model/slot.ts";
import { raiseNotice } from "../../notices/notices.ts";
import { AHEAD_MS } from "../../plan/snapshotOrder.ts";
import { stateKey } from "../../state/keys.ts";
import { hasMark, recordMark } from "../../state/marks.ts";
import { startMigration } from "./ask.ts";
import { openJobsOf } from "./openJobs.ts";

/** Each success of the migration's schedule begins a pass, until the cut-over; the marks of its copy, which follows nothing by itself, show which did. */
export async function lookForSync(world: World, work: OpenWork, name: string): Promise<void> {
  const latest = world.clock.now().getTime() + AHEAD_MS;
  const success = work.live.slots.get(name)?.findLast(({ state, slot }) => state === "done" && slotTime(slot).getTime() <= latest);
  const mark = `after-${success?.slot}`;
  if (success === undefined || hasMark(work.live.copySeen, name, mark)) return;
  if (openJobsOf(work.jobs, name).length > 0) return;
  if (!work.live.cutOver.has(name)) await begin(world, work, name, success.slot);
  await recordMark(world, work.live.copySeen, { name, prefix: stateKey.copySeen(name), mark });
}

async function begin(world: World, work: OpenWork, name: string, slot: string): Promise<void> {
  const outcome = await startMigration(world, { name, mode: "sync" }, { by: "ossnap", who: `after ${name}` }, { slot });
  if ("refused" in outcome) {
    const why = outcome.refused.checks.find(({ result }) => result === "refuse")?.reason;
    if (why) await raiseNotice(world, { key: `migration-failed:${name}`, code: "migration.failed", severity: "bad", reason: why });
    return;
  }
  if (outcome.created.outcome === "created") work.jobs.push(outcome.created.job);
}
