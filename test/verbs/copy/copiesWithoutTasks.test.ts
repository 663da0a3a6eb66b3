import { describe, expect, it } from "vitest";
import { AppError } from "../../../shared/model/errors.ts";
import { advanceJob } from "../../../shared/tick/advance.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { askCopy } from "../../../shared/verbs/copy/ask.ts";
import { listJobs } from "../../../shared/verbs/jobs/show.ts";
import { say } from "../../../shared/words/say.ts";
import { STEP1 } from "../../world/moved.ts";
import { MINUTE_MS, type TestWorld, testConfig, testWorld } from "../../world/world.ts";

const SOURCE = { store: "oss" as const, bucket: "backups", basePath: "", region: "cn-hangzhou" };
const TO = { ...SOURCE, bucket: "elsewhere", basePath: "movies" };
const OPS = { by: "person" as const, who: "ops" };

async function copying(): Promise<TestWorld> {
  const config = testConfig((made) => {
    made.watches = {};
    made.copies.move = { from: "backups", to: TO, snapshots: "latest" };
  });
  const world = await testWorld({ config });
  await world.fill(SOURCE, STEP1.blobs);
  return world;
}

const shown = async (world: TestWorld) => say((await listJobs(await world.open(), { open: true }))[0]?.reason ?? { code: "", params: {} });

describe("a copy whose task cannot be started", () => {
  it("says so in the list of jobs at once, where the lookup already fails, and starts once it can", async () => {
    const world = await copying();
    const opened = await world.open();
    const noRole = async () => Promise.reject(new AppError("denied", "tasks: the function has no role"));
    const created = await askCopy(opened, "move", OPS);
    if (created.outcome === "done") throw new Error("not done yet");
    await advanceJob({ ...opened, live: undefined as never, tasks: { start: noRole, state: noRole } }, created.job.id);
    expect(await shown(world)).toContain("tasks: the function has no role");
    expect(world.tasks).toEqual([]);
    world.advance(MINUTE_MS);
    await advanceJobs(await world.open());
    expect(world.tasks.length).toBeGreaterThan(0);
    expect(await shown(world)).not.toContain("no role");
  });

  it("says so when the platform refuses the request", async () => {
    const world = await copying();
    const opened = await world.open();
    const start = async () => Promise.reject(new AppError("refused", "task was not started: Function Compute answered 402 Overdue"));
    const created = await askCopy(opened, "move", OPS);
    if (created.outcome === "done") throw new Error("not done yet");
    await advanceJob({ ...opened, live: undefined as never, tasks: { ...opened.tasks, start } }, created.job.id);
    expect(await shown(world)).toContain("402 Overdue");
  });
});
