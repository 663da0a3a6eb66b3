import { describe, expect, it } from "vitest";
import type { BackupPolicy } from "../../../shared/model/config.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { stateKey } from "../../../shared/state/keys.ts";
import { jobNow } from "../../../shared/tick/jobNow.ts";
import { onTimer } from "../../../shared/tick/onTimer.ts";
import { cancelJob } from "../../../shared/verbs/jobs/ask.ts";
import { listJobs } from "../../../shared/verbs/jobs/show.ts";
import { registerByHand } from "../../../shared/verbs/repositories/apply.ts";
import { say } from "../../../shared/words/say.ts";
import { created, done, fire, ID, tick, withMovies } from "../../world/nightly.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, testConfig, testWorld } from "../../world/world.ts";

describe("a backup into a repository that the cluster registered read-only", () => {
  it("shows the cluster's refusal in the list of jobs at once, and is taken once the refusal is over", async () => {
    const world = await withMovies();
    const readonly = { name: "backups", type: "fs", settings: { location: "/srv/backups", readonly: true } };
    await world.source.putRepository(readonly, { verify: false });
    await fire(world);
    const [row] = await listJobs(await world.open(), { open: true });
    expect(say(row?.reason ?? { code: "", params: {} })).toMatch(
      /cannot create snapshot in a readonly repository; `ossnap repositories register backups` shows .* --apply/,
    );
    const now = await jobNow(await world.open(), ID);
    expect(say(now?.reason ?? { code: "", params: {} })).toMatch(
      /^startSnapshot was refused and is tried again after .*readonly repository; `ossnap repositories register backups`/,
    );
    await world.source.putRepository({ ...readonly, settings: { location: "/srv/backups" } }, { verify: false });
    world.advance(MINUTE_MS);
    await tick(world);
    world.source.finishSnapshots();
    await tick(world);
    expect(await done(world)).toMatchObject({ state: "done" });
  });

  it("fails with that reason when its patience ends", async () => {
    const world = await withMovies();
    const readonly = { name: "backups", type: "fs", settings: { location: "/srv/backups", readonly: true } };
    await world.source.putRepository(readonly, { verify: false });
    await fire(world);
    world.advance(5 * HOUR_MS);
    await tick(world);
    expect(await done(world)).toMatchObject({ state: "failed", reason: { code: "job.patience" } });
    expect(say((await done(world))?.reason ?? { code: "", params: {} })).toContain("readonly repository");
    expect(created(world).length).toBeLessThanOrEqual(2);
  });
});

describe("a backup whose repository the cluster has disabled", () => {
  const WORDS = "The repository has been disabled to prevent data corruption; register it again";

  async function disabled() {
    const world = await withMovies();
    await registerByHand(await world.open(), "backups");
    const { getSnapshot } = world.source;
    world.source.getSnapshot = async () => Promise.reject(new AppError("refused", `cluster source: ${WORDS}`));
    await fire(world);
    return { world, enable: () => Object.assign(world.source, { getSnapshot }) };
  }

  it("shows the cause in the list of jobs at once, and is taken once the repository is registered again", async () => {
    const { world, enable } = await disabled();
    const [row] = await listJobs(await world.open(), { open: true });
    expect(say(row?.reason ?? { code: "", params: {} })).toContain(WORDS);
    enable();
    world.advance(MINUTE_MS);
    await tick(world);
    world.source.finishSnapshots();
    await tick(world);
    expect(await done(world)).toMatchObject({ state: "done" });
  });

  it("is cancelled at once, because it began nothing", async () => {
    const { world } = await disabled();
    await cancelJob(await world.open(), ID, { by: "person", who: "ops" });
    await tick(world);
    expect(await done(world)).toMatchObject({ state: "cancelled", reason: { code: "job.cancelled" } });
  });
});

describe("a backup that the cluster refuses all night", () => {
  it("does not keep another policy of the cluster from its slot", async () => {
    const world = await testWorld({
      sourceVersion: "7.10.2",
      config: testConfig((config) => {
        config.watches = {};
        const nightly = config.backups.nightly as BackupPolicy;
        config.backups = { red: { ...nightly, indices: ["red"] }, well: { ...nightly, indices: ["series"] } };
      }),
    });
    for (const index of ["red", "series"]) world.source.putIndex(index, { documents: 3 });
    const { createSnapshot } = world.source;
    world.source.createSnapshot = async (repository, name, options) => {
      if (options.indices.includes("red")) throw new AppError("refused", "cluster source: Indices don't have primary shards [red]");
      return createSnapshot(repository, name, options);
    };
    await onTimer(await world.open(), "createSnapshots", { triggerTime: world.now(), triggerName: "red" });
    for (let minute = 0; minute < 10; minute += 1) {
      world.advance(MINUTE_MS);
      world.source.finishSnapshots();
      await tick(world);
    }
    const { log } = await world.open();
    expect((await log.done("backup-well-20261121t013000z"))?.state).toBe("done");
    expect(say((await log.read("backup-red-20261121t013000z"))?.head.reason ?? { code: "", params: {} })).toContain("primary shards");
  });
});

describe("a policy whose last slot lies in the future", () => {
  it("is not hidden until then: the slots that are due are run, and a missed target is reported", async () => {
    const world = await testWorld({ start: "2026-11-20T12:00:00Z" });
    world.source.putIndex("movies", { documents: 3 });
    (world.config.backups.nightly as { rpoMs?: number }).rpoMs = 24 * HOUR_MS;
    await tick(world);
    await world.state.put(stateKey.slot("nightly", { slot: "20270101t013000z", state: "done", seconds: 1 }), new Uint8Array());
    world.advance(DAY_MS);
    await tick(world);
    expect(created(world)).toHaveLength(1);
  });
});

describe("a backup's notice", () => {
  it("is not resolved by the success of an earlier slot", async () => {
    const world = await withMovies();
    await fire(world);
    world.source.finishSnapshots();
    const { raiseNotice } = await import("../../../shared/notices/notices.ts");
    const later = { key: "backup-failed:nightly", code: "backup.failed", severity: "bad" as const, upTo: "20261122t013000z" };
    await raiseNotice(await world.open(), { ...later, reason: { code: "backup.attempts", params: { attempts: 3, last: "FAILED" } } });
    await tick(world);
    expect(await done(world)).toMatchObject({ state: "done" });
    expect(world.notices.map(({ status }) => status)).toEqual(["firing"]);
  });
});
