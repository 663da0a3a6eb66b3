import { describe, expect, it } from "vitest";
import type { BackupPolicy, RepositoryConfig } from "../../../shared/model/config.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { onTimer } from "../../../shared/tick/onTimer.ts";
import { cancelJob } from "../../../shared/verbs/jobs/ask.ts";
import { listJobs, listJobsAndUnread } from "../../../shared/verbs/jobs/show.ts";
import { showStatus } from "../../../shared/verbs/status/show.ts";
import { say } from "../../../shared/words/say.ts";
import { done, fire, ID, tick } from "../../world/nightly.ts";
import { MINUTE_MS, testConfig, testWorld } from "../../world/world.ts";

const WORDS = "The repository has been disabled to prevent data corruption; register it again";
const SECOND = "backup-second-20261121t013000z";

/** The snapshot was accepted, and then the cluster disabled its repository; a second policy has a repository of its own. */
async function disabledWhileRunning({ stillRuns = false } = {}) {
  const config = testConfig((made) => {
    made.watches = {};
    const backups = made.repositories.backups as RepositoryConfig;
    const register = { type: "fs" as const, settings: { location: "/srv/second" } };
    made.repositories.second = { ...backups, register, blobs: { store: "oss", bucket: "second", basePath: "", region: "cn-hangzhou" } };
    made.backups.second = { ...(made.backups.nightly as BackupPolicy), repository: "second" };
  });
  const world = await testWorld({ sourceVersion: "8.17.0", config, start: "2026-11-21T01:00:00Z" });
  for (const index of ["movies", "series"]) world.source.putIndex(index, { documents: 3 });
  await tick(world);
  world.advance(30 * MINUTE_MS);
  await fire(world);
  if (!stillRuns) world.source.finishSnapshots();
  const { getSnapshot } = world.source;
  world.source.getSnapshot = async (repository, name) => {
    if (repository === "backups") throw new AppError("refused", `cluster source: ${WORDS}`);
    return getSnapshot(repository, name);
  };
  await onTimer(await world.open(), "createSnapshots", { triggerTime: world.now(), triggerName: "second" });
  return { world, enable: () => Object.assign(world.source, { getSnapshot }) };
}

describe("a backup whose repository the cluster disabled after its snapshot was accepted", () => {
  it("shows that nothing of it runs, lets the other repository's backup go on, and is late", async () => {
    const { world, enable } = await disabledWhileRunning();
    for (let minute = 0; minute < 12; minute += 1) {
      world.advance(MINUTE_MS);
      await tick(world);
      world.source.finishSnapshots();
    }
    expect(await done(world, SECOND)).toMatchObject({ state: "done" });
    const status = await showStatus(await world.open(), await listJobsAndUnread(await world.open(), { open: true }));
    expect(status.open).toMatchObject([{ id: ID, state: "running", reason: { code: "gather.failedIdle" } }]);
    expect(say(status.open[0]?.reason ?? { code: "", params: {} })).toMatch(/the cluster runs nothing of this job: .*disabled to prevent/);
    expect(status.late.map(({ key }) => key)).toContain("late:nightly");
    enable();
    await tick(world);
    expect(await done(world)).toMatchObject({ state: "done" });
  });

  it("ends at once when it is cancelled, with the reason", async () => {
    const { world } = await disabledWhileRunning();
    await cancelJob(await world.open(), ID, { by: "person", who: "ops" });
    await tick(world);
    expect(await done(world)).toMatchObject({ state: "cancelled", reason: { code: "cancel.unseen" } });
    expect(say((await done(world))?.reason ?? { code: "", params: {} })).toContain(WORDS);
  });

  it("keeps the lane, and its cancel goes on, while the cluster still runs its snapshot", async () => {
    const { world } = await disabledWhileRunning({ stillRuns: true });
    await cancelJob(await world.open(), ID, { by: "person", who: "ops" });
    await tick(world);
    expect(await done(world)).toBeUndefined();
    const rows = await listJobs(await world.open(), { open: true });
    expect(rows.find(({ id }) => id === ID)?.reason.code).toBe("gather.failed");
    await expect((await world.open()).log.done(SECOND)).resolves.toBeUndefined();
  });
});
