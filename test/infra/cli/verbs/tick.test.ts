import { describe, expect, it } from "vitest";
import { tick } from "../../../../infra/cli/verbs/tick/tick.ts";
import { AppError } from "../../../../shared/model/errors.ts";
import { type HereReport, tickHere } from "../../../../shared/tick/here/tickHere.ts";
import { askCopy } from "../../../../shared/verbs/copy/ask.ts";
import { setPaused } from "../../../../shared/verbs/jobs/ask.ts";
import { enter, openMemorySession } from "../../../golden/memorySession.ts";
import { BACKUPS, copyWorld, movedWorld, newWorld } from "../../../golden/stages.ts";
import { STEP2 } from "../../../world/moved.ts";
import { created, OPS } from "../../../world/nightly.ts";
import { DAY_MS, MINUTE_MS, MOVED, type TestWorld } from "../../../world/world.ts";

/** Runs the command as a timer of a server does, and returns its exit code with what it reports. */
async function tickBy(world: TestWorld): Promise<{ exitCode: number; text: string; data: HereReport }> {
  enter({ world }, { stdout: "", stderr: "" });
  const { exitCode, data, text } = await tick(openMemorySession({ color: false }, {}, "ossnap"));
  return { exitCode, data: data as HereReport, text: text({ colour: false, unicode: true, now: world.now(), program: "ossnap" }) };
}

/** Once per minute of the world's clock; clusters end what they began. */
async function minutes(world: TestWorld, count: number, each = 1): Promise<Set<number>> {
  const codes = new Set<number>();
  for (let minute = 0; minute < count; minute += 1) {
    const ticks = await Promise.all(Array.from({ length: each }, () => tickBy(world)));
    for (const { exitCode } of ticks) codes.add(exitCode);
    world.source.finishSnapshots();
    world.target.finishRestores();
    world.advance(MINUTE_MS);
  }
  return codes;
}

const restores = (world: TestWorld) => world.target.writes.filter(({ method }) => method === "restore");
const served = async (world: TestWorld) => (await world.target.listIndices()).filter(({ aliases }) => aliases.includes("orders"));
const keysAt = async (world: TestWorld, place: typeof MOVED) => {
  const keys: string[] = [];
  for await (const { key } of world.blobs(place).list("")) keys.push(key);
  return keys;
};
const dataAt = async (world: TestWorld, place: typeof MOVED) => (await keysAt(world, place)).filter((key) => key.includes("/__"));

describe.each([1, 2])("ossnap tick, %i at the same time and once a minute, without Function Compute", (each) => {
  it("takes each night's snapshot at its minute, prunes, and serves an arrival, each once and without a report of anything late", async () => {
    const world = await movedWorld(({ backups: { nightly } }) => {
      if (nightly) nightly.schedule.missed = "skip";
    });
    world.advance(-10 * MINUTE_MS);
    expect(await minutes(world, 90, each)).toEqual(new Set([0]));
    world.advance(DAY_MS - 90 * MINUTE_MS);
    await minutes(world, 15, each);
    expect(created(world).map(({ args }) => String(args[1]).slice(8, 24))).toEqual(["20261121t013000z", "20261122t013000z"]);
    expect(restores(world)).toHaveLength(1);
    expect(await world.target.countDocuments((await served(world))[0]?.name ?? "")).toBe(STEP2.documents["snap-2"]?.["fx-orders"]);
    expect((await world.stateKeys("done/prune/")).length).toBeGreaterThan(0);
    expect(world.notices.filter(({ key }) => /late|timer|look-failed/.test(key))).toEqual([]);
    expect(world.tasks).toEqual([]);
  });

  it("copies a repository in its own processes", async () => {
    const world = await copyWorld(STEP2.blobs);
    await askCopy(await world.open(), "move", OPS);
    expect(await minutes(world, 4, each)).toEqual(new Set([0]));
    expect(await world.stateKeys("live/jobs/")).toEqual([]);
    expect(await dataAt(world, MOVED)).toEqual(await dataAt(world, BACKUPS));
  });
});

describe("the tasks of ossnap tick", () => {
  it("are run again by another process when the one that ran them died, and not while it lives", async () => {
    const world = await copyWorld(STEP2.blobs);
    await askCopy(await world.open(), "move", OPS);
    // Killed when its first task begins: nothing that it holds is given back.
    const killed = tickHere(async (turn) => (turn === "copyBlobs" ? new Promise(() => undefined) : world.open()));
    void killed.catch(() => undefined);
    while ((await world.stateKeys("ticks/")).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const held = await world.stateKeys("ticks/");
    expect((await tickBy(world)).data.tasks).toEqual([]);
    expect(await world.stateKeys("ticks/")).toEqual(held);
    world.advance(3 * MINUTE_MS);
    await minutes(world, 3);
    expect(await world.stateKeys("live/jobs/")).toEqual([]);
    expect(await dataAt(world, MOVED)).toEqual(await dataAt(world, BACKUPS));
  });

  it("are forgotten a day after they ended", async () => {
    const world = await copyWorld(STEP2.blobs);
    await askCopy(await world.open(), "move", OPS);
    await minutes(world, 3);
    const ended = await world.stateKeys("ticks/");
    expect(ended.length).toBeGreaterThan(0);
    world.advance(2 * DAY_MS);
    await world.blobs(MOVED).delete(await keysAt(world, MOVED));
    await world.state.delete(await world.stateKeys("live/copies/"));
    await askCopy(await world.open(), "move", OPS, { key: "again" });
    await minutes(world, 3);
    expect((await world.stateKeys("ticks/")).filter((key) => ended.includes(key))).toEqual([]);
  });
});

describe("what ossnap tick says", () => {
  it("names each job with its state and reason", async () => {
    const world = await newWorld();
    await tickBy(world);
    world.advance(DAY_MS);
    const { text, exitCode } = await tickBy(world);
    expect(text).toMatch(/^1 job looked at\.\n– backup-nightly-20261122t013000z: \w+\n {4}\S/);
    expect(exitCode).toBe(0);
  });

  it("ends with 1 when something could not be looked at, and says what", async () => {
    const world = await movedWorld();
    const denied = () => {
      throw new AppError("denied", "oss://moved: 403");
    };
    const broken = { ...world, open: async () => ({ ...(await world.open()), blobs: denied }) } as TestWorld;
    const { exitCode, text } = await tickBy(broken);
    expect([exitCode, text]).toEqual([1, expect.stringContaining("watches.moved: could not be looked at: oss://moved: 403")]);
  });

  it("starts nothing while ossnap is paused", async () => {
    const world = await newWorld();
    await tickBy(world);
    await setPaused(await world.open(), true, "ops");
    world.advance(DAY_MS);
    const outputs = { stdout: "", stderr: "" };
    enter({ world }, outputs);
    await tick(openMemorySession({ color: false }, {}, "ossnap"));
    expect([created(world), outputs.stderr]).toEqual([[], expect.stringContaining("ossnap is paused")]);
  });
});
