import { describe, expect, it } from "vitest";
import { stateKey } from "../../../shared/state/keys.ts";
import { jobNow } from "../../../shared/tick/jobNow.ts";
import { listJobs } from "../../../shared/verbs/jobs/show.ts";
import { say } from "../../../shared/words/say.ts";
import { created, done, fire, ID, tick, withMovies } from "../../world/nightly.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, testWorld } from "../../world/world.ts";

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
