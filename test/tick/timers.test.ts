import { describe, expect, it } from "vitest";
import type { BackupPolicy, Config } from "../../shared/model/config.ts";
import { onTimer } from "../../shared/tick/onTimer.ts";
import { tick } from "../world/nightly.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, NIGHTLY, type TestWorld, testConfig, testWorld } from "../world/world.ts";

const policies = (change: Record<string, Partial<BackupPolicy["schedule"]>>) => (config: Config) => {
  for (const [name, schedule] of Object.entries(change))
    config.backups[name] = { ...structuredClone(NIGHTLY), schedule: { ...NIGHTLY.schedule, ...schedule } };
};
const worldOf = async (change: Record<string, Partial<BackupPolicy["schedule"]>>, start = "2026-11-21T01:30:00Z") => {
  const world = await testWorld({ config: testConfig(policies(change)), start });
  world.source.putIndex("movies", { documents: 3 });
  return world;
};
const fired = async (world: TestWorld, triggerName: string, policy?: string) =>
  onTimer(await world.open(), "createSnapshots", { triggerTime: world.now(), triggerName, policy });
const told = ({ notices }: TestWorld) => notices.map(({ status, text }) => `${status}: ${text}`);

describe("a timer without payload", () => {
  it("starts every policy that is due at its time, in its own zone, and no other", async () => {
    const world = await worldOf({
      twin: {},
      shanghai: { cron: "0 30 9 * * *", timeZone: "Asia/Shanghai" },
      later: { cron: "1 30 1 * * *" },
    });
    const { slot, started } = await fired(world, "nightly");
    expect(slot).toBe("20261121t013000z");
    expect(started.map(({ policy, job }) => `${policy}: ${job}`)).toEqual([
      "nightly: backup-nightly-20261121t013000z",
      "twin: backup-twin-20261121t013000z",
      "shanghai: backup-shanghai-20261121t013000z",
    ]);
    expect(world.notices).toEqual([]);
  });

  it("starts the others when one policy fails, and fails itself, so that it is delivered again", async () => {
    const world = await worldOf({ twin: {} });
    const opened = await world.open();
    const log = {
      ...opened.log,
      create: async (...args: Parameters<typeof opened.log.create>) => {
        if (args[0].startsWith("backup-nightly-")) throw new Error("the first is refused");
        return opened.log.create(...args);
      },
    };
    const event = { triggerTime: world.now(), triggerName: "nightly" };
    await expect(onTimer({ ...opened, log }, "createSnapshots", event)).rejects.toThrow("the first is refused");
    expect((await world.stateKeys("live/jobs/")).map((key) => key.split("/")[2])).toContain("backup-twin-20261121t013000z");
    const again = await fired(world, "nightly");
    expect(again.started.map(({ policy, outcome }) => `${policy} ${outcome}`)).toEqual(["nightly created", "twin open"]);
  });

  it.each(["2099-01-01T01:30:00Z", "1970-01-01T01:30:00Z", "2027-11-23T01:30:00Z"])(
    "of %s, years from the clock, starts nothing, also by name, and is told once until the timer fires rightly",
    async (time) => {
      const world = await worldOf({});
      const event = { triggerTime: new Date(time), triggerName: "nightly" };
      for (const policy of [undefined, "nightly"])
        for (const functionName of ["createSnapshots", "pruneSnapshots"] as const)
          expect(await onTimer(await world.open(), functionName, { ...event, policy })).toMatchObject({
            started: [],
            refused: { code: "timer.farTime" },
          });
      await tick(world);
      expect(await world.stateKeys("live/jobs/")).toEqual([]);
      const digits = time.slice(0, 10).replaceAll("-", "");
      expect(told(world)).toHaveLength(2);
      for (const [at, name] of ["createSnapshots", "pruneSnapshots"].entries())
        expect(told(world)[at]).toContain(`firing: timer nightly of ${name} fired for ${digits}t013000z, more than a year from now`);
      await fired(world, "nightly");
      expect(told(world).at(-1)).toBe("resolved: timer nightly starts policies again");
    },
  );

  it.each([6 * MINUTE_MS, DAY_MS, 2 * DAY_MS])(
    "that is %d ms ahead of the clock takes no slot, is told, and that night runs",
    async (aheadMs) => {
      const world = await worldOf({ often: { cron: "0 */6 * * * *" } }, "2026-11-21T01:30:00Z");
      const triggerTime = new Date(world.now().getTime() + aheadMs);
      const event = { triggerTime, triggerName: "nightly" };
      expect(await onTimer(await world.open(), "createSnapshots", event)).toMatchObject({
        started: [],
        refused: { code: "timer.aheadTime" },
      });
      expect(await world.stateKeys("live/jobs/")).toEqual([]);
      expect(told(world)[0]).toMatch(
        /^firing: timer nightly of createSnapshots fired for \d{8}t\d{6}z, which lies ahead of the state's clock/,
      );
      world.advance(aheadMs);
      const { started } = await fired(world, "nightly");
      expect(started.map(({ outcome }) => outcome)).not.toContain("open");
      expect(started.length).toBeGreaterThan(0);
      expect(told(world).at(-1)).toBe("resolved: timer nightly starts policies again");
    },
  );

  it("that is a few minutes ahead of the clock starts its slot", async () => {
    const world = await worldOf({}, "2026-11-21T01:26:00Z");
    const event = { triggerTime: new Date("2026-11-21T01:30:00Z"), triggerName: "nightly" };
    expect((await onTimer(await world.open(), "createSnapshots", event)).started).toHaveLength(1);
  });

  it("of an event that was delivered a month late still starts its slot", async () => {
    const world = await worldOf({});
    const event = { triggerTime: world.now(), triggerName: "nightly" };
    world.advance(30 * DAY_MS);
    expect((await onTimer(await world.open(), "createSnapshots", event)).started).toHaveLength(1);
  });

  it("for which nothing is due is reported once, not every night, and is over when it has been silent for eight days", async () => {
    const world = await worldOf({}, "2026-11-20T22:00:00Z");
    for (let night = 0; night < 3; night += 1) {
      expect(await fired(world, "old")).toMatchObject({ started: [] });
      world.advance(DAY_MS);
    }
    expect(told(world)).toEqual([
      "firing: timer old of createSnapshots fired for 20261120t220000z, when no policy of ossnap.yaml is due; deploy again, so that s.yaml and ossnap.yaml agree",
    ]);
    world.notices.length = 0;
    const about = () =>
      world.notices.filter(({ key }) => key === "timer:createSnapshots/old").map(({ status, text }) => `${status}: ${text}`);
    world.advance(6 * DAY_MS);
    await tick(world);
    expect(about()).toEqual([]);
    world.advance(2 * DAY_MS);
    await tick(world);
    expect(about()).toEqual(["resolved: the timer has not fired for 8 days"]);
  });

  it("is over when policies are due at its time again", async () => {
    const world = await worldOf({}, "2026-11-20T22:00:00Z");
    await fired(world, "nightly");
    world.advance(3.5 * HOUR_MS);
    await fired(world, "nightly");
    expect(told(world).at(-1)).toBe("resolved: timer nightly starts policies again");
  });

  it("is not reported while the zone's clocks change: Function Compute may resolve that hour differently", async () => {
    const world = await worldOf({ berlin: { cron: "0 30 2 * * *", timeZone: "Europe/Berlin" } }, "2027-03-28T00:30:00Z");
    expect(await fired(world, "berlin")).toMatchObject({ started: [] });
    expect(world.notices).toEqual([]);
  });
});

describe("a timer that an earlier version deployed, with one policy as its payload", () => {
  it("starts that policy only", async () => {
    const world = await worldOf({ twin: {} });
    expect((await fired(world, "twin", "twin")).started.map(({ policy }) => policy)).toEqual(["twin"]);
  });

  it("whose policy is gone is reported once", async () => {
    const world = await worldOf({});
    await fired(world, "weekly", "weekly");
    await fired(world, "weekly", "weekly");
    expect(told(world)).toEqual([
      "firing: timer weekly of createSnapshots names policy weekly, which ossnap.yaml does not have; deploy again, so that s.yaml and ossnap.yaml agree",
    ]);
  });
});

describe("schedules beyond the ten timers of a function", () => {
  const many = Object.fromEntries(Array.from({ length: 11 }, (_, hour) => [`p${hour}`, { cron: `0 5 ${hour + 3} * * *` }]));
  const jobsOf = async (world: TestWorld, policy: string) =>
    [...new Set((await world.stateKeys("live/jobs/")).map((key) => key.split("/")[2] ?? ""))].filter((id) =>
      id.startsWith(`backup-${policy}-`),
    );

  it.each(["run", "skip"] as const)(
    "are started by the tick at their time (missed: %s), and the others only once their timer is overdue",
    async (missed) => {
      const world = await worldOf(Object.fromEntries(Object.entries(many).map(([name, schedule]) => [name, { ...schedule, missed }])));
      await tick(world);
      // p9 is the eleventh schedule: nightly and p0 to p8 have timers.
      world.advance(10 * HOUR_MS + 35 * MINUTE_MS);
      await tick(world);
      expect(await jobsOf(world, "p9")).toEqual(["backup-p9-20261121t120500z"]);
      expect(world.notices.filter(({ key }) => key.includes("p9"))).toEqual([]);
    },
  );
});

describe("a prune whose timer event was lost", () => {
  it("is requested by the tick two minutes later, once", async () => {
    const world = await worldOf({}, "2026-11-21T01:00:00Z");
    await tick(world);
    world.advance(91 * MINUTE_MS);
    await tick(world);
    const pruned = async () => (await world.stateKeys("done/prune/")).map((key) => key.split("/").at(-1));
    expect(await pruned()).toEqual([]);
    world.advance(2 * MINUTE_MS);
    for (let minute = 0; minute < 5; minute += 1) {
      await tick(world);
      world.advance(MINUTE_MS);
    }
    expect(await pruned()).toEqual(["prune-nightly-20261121t023000z.json"]);
  });

  it("is left to the next night when it was missed for long, or when the schedule was changed to a time that is over", async () => {
    const world = await worldOf({}, "2026-11-21T01:00:00Z");
    await tick(world);
    world.advance(2 * HOUR_MS);
    await tick(world);
    expect(await world.stateKeys("done/prune/")).toEqual([]);
  });

  it("is not requested for a time before the policy was known", async () => {
    const world = await worldOf({}, "2026-11-21T02:40:00Z");
    for (let minute = 0; minute < 5; minute += 1) {
      await tick(world);
      world.advance(MINUTE_MS);
    }
    expect(await world.stateKeys("done/prune/")).toEqual([]);
  });
});
