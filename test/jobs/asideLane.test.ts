import { describe, expect, it } from "vitest";
import { blockOf, readOpenWork } from "../../shared/jobs/openWork.ts";
import type { LookMark } from "../../shared/state/looking.ts";
import { withMovies } from "../world/nightly.ts";
import { jobOf } from "./jobs.ts";

describe("the lane of a cluster", () => {
  it("is not held by a job that was put aside after two dead invocations", async () => {
    const world = await withMovies();
    const opened = await world.open();
    const [aside, backup] = [
      jobOf({ id: "restore-a", state: "restoring", input: {}, data: {} }),
      jobOf({ id: "backup-b", state: "asked", input: {}, data: {} }),
    ];
    for (const job of [aside, backup]) job.intent.cluster = "source";
    const work = { ...(await readOpenWork(opened)), jobs: [aside, backup] };
    const blocked = () => blockOf(opened.cluster("source"), "5.5.3", backup, work, { snapshots: [], indices: [] });
    expect((await blocked())?.code).toBe("lane.busy");
    const mark = (number: number) => ({ key: `live/looking/${number}` }) as LookMark;
    work.live.looking.set("jobs.restore-a", [mark(1)]);
    expect((await blocked())?.code).toBe("lane.busy");
    work.live.looking.set("jobs.restore-a", [mark(1), mark(2)]);
    expect(await blocked()).toBeUndefined();
  });
});
