import { describe, it } from "vitest";
import { readOpenWork } from "../../shared/jobs/openWork.ts";
import type { FinalState, Job } from "../../shared/jobs/record.ts";
import { JOB_KINDS, type JobKindName } from "../../shared/model/jobId.ts";
import { reason } from "../../shared/model/reason.ts";
import { kindFor } from "../../shared/tick/kinds.ts";
import { everyKindOpen } from "./everyKind.ts";
import { expectGolden } from "./golden.ts";

/** Each final state once before and once after the others, so that every notice is raised where it must be and resolved where it may be. */
const ENDS: readonly FinalState[] = ["done", "failed", "done", "refused", "cancelled", "skipped", "done"];
/** Endings that are reported whatever the state is. */
const ODD_ENDS: Partial<Record<JobKindName, readonly [FinalState, string]>> = {
  retire: ["done", "retire.serves"],
  prune: ["refused", "prune.newestGone"],
};

function ended(job: Job, state: FinalState, code: string): Job {
  return { ...job, head: { ...job.head, state, reason: reason(code, { index: "fx-1", aliases: "orders", by: "li" }) } };
}

describe("the end of a job", () => {
  it.each(JOB_KINDS)("is reported and recorded as it was: %s", async (name) => {
    const { world, ids } = await everyKindOpen();
    const opened = await world.open();
    const work = await readOpenWork(opened);
    const job = (await opened.log.read(ids[name])) as Job;
    const kind = kindFor(opened, work, job);
    const lines: string[] = [];
    const odd = ODD_ENDS[name];
    for (const [state, code] of [...ENDS.map((end) => [end, `${name}.${end}`] as const), ...(odd ? [odd] : [])]) {
      const before = world.notices.length;
      const end = ended(job, state, code);
      await kind.finished(end);
      lines.push(`## ${state}: ${code}`, `result ${JSON.stringify(kind.result(end), null, 2)}`);
      for (const notice of world.notices.slice(before)) lines.push(`notice ${JSON.stringify(notice, null, 2)}`);
    }
    lines.push("## notices that are still raised", ...(await world.stateKeys("live/notices/")));
    expectGolden("notices", `${name}.txt`, `${lines.join("\n")}\n`);
  });
});
