import { describe, expect, it } from "vitest";
import { reason } from "../../shared/model/reason.ts";
import { showJob } from "../../shared/verbs/jobs/show.ts";
import { passingWorld } from "../world/migrating.ts";
import { tick } from "../world/nightly.ts";
import type { TestWorld } from "../world/world.ts";

/** Its last record is written, and its permanent one is not. */
async function endingJob(world: TestWorld): Promise<string> {
  const { log } = await world.open();
  const [key = ""] = await world.stateKeys("live/jobs/migration-");
  const id = key.split("/")[2] ?? "";
  const job = await log.read(id);
  if (!job) throw new Error(`${id} is not open`);
  await log.append(id, job.head, { state: "skipped", reason: reason("job.cancelled"), data: job.head.data });
  return id;
}

describe("a job between its last step and its permanent record", () => {
  it("is shown as it ended, and not as one that does not exist", async () => {
    const world = await passingWorld();
    const id = await endingJob(world);
    const shown = await showJob(await world.open(), id);
    expect([shown.state, shown.result, shown.history.at(-1)?.state]).toEqual(["skipped", undefined, "skipped"]);
    await tick(world);
    expect(await showJob(await world.open(), id)).toMatchObject({ state: "skipped", result: { migration: "movies" } });
  });

  it("is shown with its result if that comes in the meantime", async () => {
    const world = await passingWorld();
    const id = await endingJob(world);
    const opened = await world.open();
    const waiting = Object.create(opened, { sleep: { value: async () => void (await tick(world)) } });
    expect(await showJob(waiting, id)).toMatchObject({ state: "skipped", result: { migration: "movies" } });
  });
});
