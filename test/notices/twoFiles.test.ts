import { describe, expect, it } from "vitest";
import type { World } from "../../shared/jobs/world.ts";
import type { Config } from "../../shared/model/config.ts";
import { reason } from "../../shared/model/reason.ts";
import { slotOf } from "../../shared/model/slot.ts";
import { raiseNotice } from "../../shared/notices/notices.ts";
import { advanceJob } from "../../shared/tick/advance.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { jobNow } from "../../shared/tick/jobNow.ts";
import { askBackup } from "../../shared/verbs/backup/ask.ts";
import { done, fire, ID, OPS, tick, withMovies } from "../world/nightly.ts";
import { MINUTE_MS, NIGHTLY, type TestWorld, testConfig } from "../world/world.ts";

const SYSTEM = ".internal-1";

/** As a person's terminal sees the deployment, with its own ossnap.yaml. */
async function terminalOf(world: TestWorld, config: Config): Promise<World> {
  return Object.create(await world.open(), { config: { value: config }, terminal: { value: { limitRequests: () => undefined } } });
}

/** A cluster of which `*` leaves an index with a dot out, which is told once. */
async function withSystemIndex(config = testConfig()): Promise<TestWorld> {
  const world = await withMovies({ config, sourceVersion: "7.10.2" });
  world.source.putIndex(SYSTEM, { documents: 1 });
  return world;
}

const everything = (name: string) => testConfig(({ backups }) => Object.assign(backups, { [name]: { ...NIGHTLY, indices: ["*"] } }));
const told = ({ notices, coverage }: TestWorld) => [...notices, ...coverage].map(({ key, status }) => `${key} ${status}`);

async function minutes(world: TestWorld, count: number, each: () => Promise<unknown>): Promise<void> {
  for (let minute = 0; minute < count; minute += 1) {
    world.advance(MINUTE_MS);
    await tick(world);
    await each();
  }
}

describe("a terminal with another ossnap.yaml than the functions", () => {
  it("starts and watches a backup of a policy that only its file has, and no notice begins and ends meanwhile", async () => {
    const world = await withSystemIndex();
    const own = everything("mine");
    const asked = await askBackup(await terminalOf(world, own), { policy: "mine", slot: slotOf(world.now()), asked: OPS });
    const id = "job" in asked ? asked.job.id : "";
    await advanceJob(await terminalOf(world, own), id);
    const before = told(world);
    await minutes(world, 4, async () => jobNow(await terminalOf(world, own), id));
    expect(told(world).filter((line) => line.includes(":mine"))).toEqual([]);
    expect(told(world).filter((line) => !before.includes(line) && line.endsWith("resolved"))).toEqual([]);
  });

  it("shows at the start what its patterns leave out, without a notice", async () => {
    const world = await withSystemIndex();
    const own = everything("nightly");
    const asked = await askBackup(await terminalOf(world, own), { policy: "nightly", slot: slotOf(world.now()), asked: OPS });
    await advanceJob(await terminalOf(world, own), "job" in asked ? asked.job.id : "");
    const shown = world.lines.filter(({ message, fields }) => message === "notice" && JSON.stringify(fields).includes(SYSTEM));
    expect([shown.length, told(world)]).toEqual([1, []]);
  });

  it("raises and resolves nothing about the coverage, which each file has another of", async () => {
    const world = await withSystemIndex();
    await fire(world);
    expect(told(world)).toEqual(["uncovered:source firing"]);
    await minutes(world, 2, async () => advanceJob(await terminalOf(world, everything("nightly")), ID));
    const none = testConfig(({ backups }) => Object.assign(backups, { nightly: { ...NIGHTLY, indices: ["series"] } }));
    await minutes(world, 2, async () => advanceJob(await terminalOf(world, none), ID));
    expect(told(world)).toEqual(["uncovered:source firing"]);
  });

  it("resolves no notice about an entry that only the functions have", async () => {
    const world = await withMovies();
    const why = reason("copy.failed", { key: "__1", because: "denied" });
    await raiseNotice(await world.open(), { key: "late:nightly", code: "backup.late", severity: "bad", reason: why });
    const without = testConfig(({ backups }) => void delete backups.nightly);
    await advanceJobs(await terminalOf(world, without));
    expect(told(world)).toEqual(["late:nightly firing"]);
  });
});

describe("a look that only shows what a job does now", () => {
  it("raises no notice and writes nothing to the state, and the next tick reports all the same", async () => {
    const world = await withSystemIndex(everything("nightly"));
    const asked = await askBackup(await world.open(), { policy: "nightly", slot: slotOf(world.now()), asked: OPS });
    const keys = await world.stateKeys();
    await jobNow(await world.open(), "job" in asked ? asked.job.id : "");
    expect([await world.stateKeys(), told(world)]).toEqual([keys, []]);
    await tick(world);
    expect(told(world)).toContain("system-left-out:nightly firing");
  });
});

describe("a policy that leaves ossnap.yaml while its snapshot runs", () => {
  it("raises nothing again each minute, and what it had raised is over once, after the job", async () => {
    const world = await withSystemIndex(everything("nightly"));
    await fire(world);
    expect(told(world)).toContain("system-left-out:nightly firing");
    world.config.backups = {};
    await minutes(world, 5, async () => undefined);
    const about = () => told(world).filter((line) => line.startsWith("system-left-out"));
    expect(about()).toEqual(["system-left-out:nightly firing"]);
    world.source.finishSnapshots();
    await minutes(world, 3, async () => undefined);
    expect(await done(world)).toMatchObject({ state: "done" });
    expect(about()).toEqual(["system-left-out:nightly firing", "system-left-out:nightly resolved"]);
  });
});
