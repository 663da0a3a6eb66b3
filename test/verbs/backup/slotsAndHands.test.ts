import { describe, expect, it } from "vitest";
import { stateKey } from "../../../shared/state/keys.ts";
import { createSnapshots } from "../../../shared/tick/createSnapshots.ts";
import { cancelJob, setPaused } from "../../../shared/verbs/jobs/ask.ts";
import { created, done, fire, ID, OPS, snapshots, TIMER, tick, withMovies } from "../../world/nightly.ts";
import { DAY_MS, MINUTE_MS, type TestWorld, testConfig } from "../../world/world.ts";

describe("a slot whose timer never fired", () => {
  const firstSeen = async (missed: "run" | "skip") => {
    const world = await withMovies({
      config: testConfig((config) => void Object.assign(config.backups.nightly?.schedule ?? {}, { missed })),
      start: "2026-11-20T12:00:00Z",
    });
    await tick(world);
    world.advance(13.5 * 60 * MINUTE_MS + 5 * MINUTE_MS);
    return world;
  };

  it("is not counted before the policy was first seen", async () => {
    const world = await withMovies();
    world.advance(5 * DAY_MS);
    await tick(world);
    await tick(world);
    expect(created(world)).toEqual([]);
  });

  it("is run once, as if the timer had fired", async () => {
    const world = await firstSeen("run");
    await tick(world);
    await tick(world);
    await fire(world);
    world.source.finishSnapshots();
    await tick(world);
    expect(await done(world)).toMatchObject({ state: "done", asked: { by: "ossnap" } });
    expect(created(world)).toHaveLength(1);
  });

  it("causes a notice and is not run if the policy says skip", async () => {
    const world = await firstSeen("skip");
    await tick(world);
    await tick(world);
    expect(created(world)).toEqual([]);
    expect(world.notices).toMatchObject([{ key: "late:nightly", status: "firing", reason: { code: "backup.missed" } }]);
  });

  it("is not run before its timer's grace period is over", async () => {
    const world = await firstSeen("run");
    world.advance(-4 * MINUTE_MS);
    await tick(world);
    expect(created(world)).toEqual([]);
  });

  it("causes one notice when it is late, which is resolved when the snapshot exists", async () => {
    const world = await firstSeen("run");
    await tick(world);
    world.advance(30 * MINUTE_MS);
    await tick(world);
    await tick(world);
    expect(world.notices.map(({ key, status }) => `${key} ${status}`)).toEqual(["late:nightly firing"]);
    world.source.finishSnapshots();
    await tick(world);
    expect(world.notices.map(({ key, status }) => `${key} ${status}`)).toEqual(["late:nightly firing", "late:nightly resolved"]);
  });
});

describe("a week without ticks and timers", () => {
  const WEEK = 7 * DAY_MS;
  /** First seen at noon of the 20th, then a week after the slot of the 21st. */
  const weekLater = async (missed: "run" | "skip", minutesPast: number) => {
    const world = await withMovies({
      config: testConfig((config) => void Object.assign(config.backups.nightly?.schedule ?? {}, { missed })),
      start: "2026-11-20T12:00:00Z",
    });
    await tick(world);
    world.advance(WEEK + 13.5 * 60 * MINUTE_MS + minutesPast * MINUTE_MS);
    await tick(world);
    return world;
  };
  const told = (world: TestWorld) => world.notices.map(({ status, reason }) => `${status} ${reason.code} ${reason.params.count ?? ""}`);

  it("runs only the newest slot and reports the others as skipped, in one notice that its success resolves", async () => {
    const world = await weekLater("run", 5);
    for (let minute = 0; minute < 30; minute += 1) {
      world.advance(MINUTE_MS);
      await tick(world);
    }
    expect(told(world)).toEqual(["firing backup.missedSeveral 7"]);
    expect(world.notices[0]?.text).toMatch(/^backup nightly missed 7 slots, 20261121t013000z to 20261127t013000z/);
    world.source.finishSnapshots();
    await tick(world);
    await tick(world);
    const late = await createSnapshots(await world.open(), { ...TIMER, triggerTime: new Date("2026-11-25T01:30:00Z") });
    expect(late).toMatchObject({ outcome: "done" });
    expect(await done(world, "backup-nightly-20261125t013000z")).toMatchObject({ state: "skipped", reason: { code: "backup.missed" } });
    expect(created(world).map(({ args }) => String(args[1]).slice(0, 24))).toEqual(["nightly-20261128t013000z"]);
    expect(told(world)).toEqual(["firing backup.missedSeveral 7", "resolved backup.success "]);
  });

  it("runs no slot if the policy says skip, and reports all of them", async () => {
    const world = await weekLater("skip", 5);
    await tick(world);
    expect([created(world), told(world)]).toEqual([[], ["firing backup.missedSeveral 8"]]);
    world.advance(DAY_MS - 5 * MINUTE_MS);
    await createSnapshots(await world.open(), { ...TIMER, triggerTime: world.now() });
    world.source.finishSnapshots();
    await tick(world);
    expect(told(world)).toEqual(["firing backup.missedSeveral 8", "resolved backup.success "]);
  });

  it.each(["run", "skip"] as const)("leaves the newest slot to its timer if that fires in time (%s)", async (missed) => {
    const world = await weekLater(missed, 1);
    expect(created(world)).toEqual([]);
    await createSnapshots(await world.open(), { ...TIMER, triggerTime: new Date("2026-11-28T01:30:00Z") });
    world.source.finishSnapshots();
    await tick(world);
    await tick(world);
    expect([created(world).length, told(world)]).toEqual([1, ["firing backup.missedSeveral 7", "resolved backup.success "]]);
  });

  it("does not count a slot as missed whose backup is still running", async () => {
    const world = await withMovies();
    await fire(world);
    await tick(world);
    world.advance(DAY_MS);
    await createSnapshots(await world.open(), { ...TIMER, triggerTime: world.now() });
    world.advance(5 * MINUTE_MS);
    await tick(world);
    world.source.finishSnapshots();
    for (let look = 0; look < 4; look += 1) {
      await tick(world);
      world.source.finishSnapshots();
    }
    expect([created(world).length, told(world)]).toEqual([2, []]);
  });
});

describe("an operator's intervention", () => {
  it("paused: holds every effect, keeps observing, and starts when resumed", async () => {
    const world = await withMovies();
    await setPaused(await world.open(), true, "ops");
    expect(await fire(world)).toMatchObject({ advanced: { outcome: "waiting", reason: { code: "job.paused" } } });
    expect(world.source.writes).toEqual([]);
    expect(await setPaused(await world.open(), false, "ops")).toEqual({ paused: false });
    await tick(world);
    expect(created(world)).toHaveLength(1);
  });

  it("cancelled: deletes the running snapshot, and the slot is not run again", async () => {
    const world = await withMovies();
    await fire(world);
    await cancelJob(await world.open(), ID, OPS);
    await tick(world);
    expect(await done(world)).toMatchObject({ state: "cancelled" });
    expect(await snapshots(world)).toEqual([]);
    expect(await fire(world)).toMatchObject({ outcome: "done" });
    expect(created(world)).toHaveLength(1);
  });

  it("invariant 6: never blocks on the cluster, even if its snapshot runs for hours", async () => {
    const world = await withMovies();
    await fire(world);
    for (let hour = 0; hour < 30; hour += 1) {
      world.advance(60 * MINUTE_MS);
      expect((await tick(world)).advanced.filter(({ job }) => job === ID)).toMatchObject([{ outcome: "waiting" }]);
    }
    const records = await world.stateKeys(`live/jobs/${ID}/`);
    expect(records.length).toBeLessThan(8);
    expect(records).toContain(stateKey.record(ID, 0));
  });
});

describe("the remains of a crash", () => {
  it("are swept by the next tick if the final record exists, because a partial log is no job", async () => {
    const world = await withMovies();
    await fire(world);
    const left = await world.stateKeys(`live/jobs/${ID}/`);
    const saved = await Promise.all(left.slice(1).map(async (key) => [key, (await world.state.get(key)) as Uint8Array] as const));
    world.source.finishSnapshots();
    await tick(world);
    // The deletion of the log was interrupted after its first key.
    for (const [key, bytes] of saved) await world.state.put(key, bytes);
    expect((await tick(world)).advanced).toEqual([]);
    expect(await world.stateKeys("live/jobs/")).toEqual([]);
    expect(created(world)).toHaveLength(1);
  });
});
