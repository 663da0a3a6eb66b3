import { beforeEach, describe, expect, it } from "vitest";
import { AppError } from "../../../shared/model/errors.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { createSnapshots } from "../../../shared/tick/createSnapshots.ts";
import { setPaused } from "../../../shared/verbs/jobs/ask.ts";
import { pinSnapshot } from "../../../shared/verbs/pins/apply.ts";
import { applyPrune, dryPrune } from "../../../shared/verbs/prune/ask.ts";
import { OPS } from "../../world/nightly.ts";
import { DAY_MS, MINUTE_MS, type TestWorld, testConfig, testWorld } from "../../world/world.ts";

const NIGHTS = 26;
/** The policy keeps two. */
const REMOVED = NIGHTS - 2;

let world: TestWorld;
/** Every call of the cluster that concerns snapshots. */
let calls: string[];
/** Called before each DELETE with its number, starting with 1. */
let before: (count: number) => Promise<void> | void;

beforeEach(async () => {
  const config = testConfig(
    (made) => void Object.assign(made.backups.nightly ?? {}, { prune: { cron: "0 30 2 * * *", atMost: 100, atMostPercent: 100 } }),
  );
  world = await testWorld({ config, sourceVersion: "5.5.3" });
  world.source.putIndex("movies", { documents: 3 });
  for (let night = 0; night < NIGHTS; night += 1) {
    await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
    world.source.finishSnapshots();
    await advanceJobs(await world.open());
    world.advance(DAY_MS);
  }
  calls = [];
  before = () => undefined;
  const { open } = world;
  world.open = async (options) => {
    const opened = await open(options);
    return { ...opened, cluster: (name) => (name === "source" ? counted(opened.cluster(name)) : opened.cluster(name)) };
  };
});

function counted(cluster: ReturnType<Awaited<ReturnType<TestWorld["open"]>>["cluster"]>): typeof cluster {
  return {
    ...cluster,
    listSnapshots: (...args) => {
      calls.push("list");
      return cluster.listSnapshots(...args);
    },
    getSnapshots: (...args) => {
      calls.push("get");
      return cluster.getSnapshots(...args);
    },
    async deleteSnapshots(repository, names, options) {
      calls.push("delete");
      await before(calls.filter((call) => call === "delete").length);
      await cluster.deleteSnapshots(repository, names, options);
    },
  };
}

const left = async () => (await world.source.listSnapshots("backups")).map(({ name }) => name);
const count = (call: string) => calls.filter((one) => one === call).length;

async function apply(): Promise<{ id: string; removing: string[] }> {
  const { hash, remove } = await dryPrune(await world.open(), "nightly");
  expect(remove).toHaveLength(REMOVED);
  calls = [];
  await applyPrune(await world.open(), "nightly", hash, OPS);
  return { id: `prune-nightly-${hash}`, removing: remove.map(({ name }) => name) };
}

async function ticks(minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute += 1) {
    await advanceJobs(await world.open());
    await world.runTasks();
    // Of the next slot, for which the prune waits.
    world.source.finishSnapshots();
    world.advance(MINUTE_MS);
  }
}

describe("deletions before 7.8", () => {
  it("follow each other, one name per request, and few other requests concern snapshots", async () => {
    const { id } = await apply();
    await ticks(1);
    expect(await (await world.open()).log.done(id)).toMatchObject({ state: "done", reason: { params: { removed: REMOVED } } });
    expect([await left(), count("delete")]).toEqual([expect.objectContaining({ length: 2 }), REMOVED]);
    expect(count("list") + count("get")).toBeLessThan(REMOVED / 2);
  });

  it("stop at the first one that is not answered, and its effect is counted once", async () => {
    const { id, removing } = await apply();
    before = async (number) => {
      if (number !== 3) return;
      await world.source.deleteSnapshots("backups", [removing[2] as string]);
      throw new AppError("transient", "cluster source: the time was up");
    };
    const opened = await world.open();
    await advanceJobs(opened);
    expect(await left()).toHaveLength(2);
    expect((await (await world.open()).log.done(id))?.result).toMatchObject({ removed: removing });
  });

  it("name the way out while the cluster has the repository registered read-only", async () => {
    const { id } = await apply();
    before = () => {
      const message = "cluster source: [backups] cannot delete snapshot from a readonly repository";
      throw new AppError("refused", message, { reason: { code: "repository.readonly", params: { message } } });
    };
    await advanceJobs(await world.open());
    const head = (await (await world.open()).log.read(id))?.head;
    expect(head?.reason).toMatchObject({ code: "repository.readonlyThere", params: { repository: "backups" } });
  });

  it("stop when the name of the next one belongs to another snapshot by then", async () => {
    const { id, removing } = await apply();
    const name = removing[4] as string;
    before = async (number) => {
      if (number !== 2) return;
      world.advance(3_000);
      await world.source.deleteSnapshots("backups", [name]);
      await world.source.createSnapshot("backups", name, { indices: ["movies"], metadata: {} });
      world.source.finishSnapshots();
    };
    await ticks(3);
    expect(await left()).toContain(name);
    expect((await (await world.open()).log.done(id))?.result).toMatchObject({ removed: expect.not.arrayContaining([name]) });
  });

  it("stop when a person pins one of the next, and the rest of the plan is refused with the name", async () => {
    const { id, removing } = await apply();
    const name = removing[5] as string;
    before = async (number) => {
      if (number !== 2) return;
      world.advance(3_000);
      await pinSnapshot(await world.open(), { repository: "backups", snapshot: name, because: "audit" }, "ops");
    };
    await ticks(3);
    expect(await left()).toContain(name);
    expect(await (await world.open()).log.done(id)).toMatchObject({
      state: "refused",
      reason: {
        code: "prune.stopped",
        params: { because: "prune.protectedSince", snapshot: name, removed: 2, asked: removing.length },
      },
      result: { removed: removing.slice(0, 2) },
    });
  });

  it("stop when a person pauses ossnap, and go on afterwards", async () => {
    const { id, removing } = await apply();
    before = async (number) => {
      if (number !== 2) return;
      world.advance(3_000);
      await setPaused(await world.open(), true, "ops");
    };
    await ticks(2);
    expect([count("delete"), await left()]).toEqual([2, expect.objectContaining({ length: NIGHTS - 2 })]);
    await setPaused(await world.open(), false, "ops");
    before = () => undefined;
    // The claim that was written before the pause was noticed expires first.
    await ticks(15);
    expect((await (await world.open()).log.done(id))?.result).toMatchObject({ removed: removing });
  });

  it("stop after half a minute, and the next move deletes the rest", async () => {
    const { id } = await apply();
    before = () => world.advance(11_000);
    await ticks(10);
    expect(count("delete")).toBe(REMOVED);
    expect(count("list")).toBeGreaterThan(6);
    expect((await (await world.open()).log.done(id))?.state).toBe("done");
  });
});
