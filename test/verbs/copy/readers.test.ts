import { beforeEach, describe, expect, it } from "vitest";
import { givenSnapshot } from "../../../shared/adapters/memory/clusterPlaces.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { askCopy } from "../../../shared/verbs/copy/ask.ts";
import { type JobRow, listJobs } from "../../../shared/verbs/jobs/show.ts";
import { SOURCE } from "../../world/copying.ts";
import { documents, SNAP1, STEP1, STEP2, TIMES } from "../../world/moved.ts";
import { OPS, tick } from "../../world/nightly.ts";
import { MINUTE_MS, MOVED, type TestWorld, testConfig, testWorld } from "../../world/world.ts";

let world: TestWorld;
/** The cluster finds a blob of the snapshot damaged, which no proof reads. */
let isDamaged: boolean;

beforeEach(async () => {
  isDamaged = false;
  const config = testConfig((made) => {
    made.backups = {};
    made.repositories.aws = { cluster: "source", register: { type: "s3", settings: { bucket: "aws" } }, blobs: SOURCE };
    made.copies.move = { from: "aws", to: MOVED, snapshots: "latest" };
  });
  world = await testWorld({ config, restorePolls: Number.POSITIVE_INFINITY });
  await world.fill(SOURCE, STEP1.blobs);
  const indices = { "fx-orders": { documents: documents("snap-1"), shards: 2, settings: {} } };
  world.places
    .at({ location: "/srv/moved" })
    .push(givenSnapshot({ name: "snap-1", uuid: SNAP1.uuid, version: "5.5.2", startTime: TIMES["snap-1"], indices }));
  const { open } = world;
  world.open = async (options) => {
    const opened = await open(options);
    const cluster: typeof opened.cluster = (name) => {
      const there = opened.cluster(name);
      return {
        ...there,
        async getSnapshot(...args) {
          if (isDamaged) throw new AppError("refused", "checksum failed");
          return there.getSnapshot(...args);
        },
      };
    };
    return { ...opened, cluster };
  };
});

async function run(rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await tick(world);
    await world.runTasks();
    world.advance(MINUTE_MS);
  }
}

async function copy(): Promise<string> {
  const created = await askCopy(await world.open(), "move", OPS);
  return created.outcome === "done" ? created.done.id : created.job.id;
}

const row = async (kind: string): Promise<JobRow | undefined> => (await listJobs(await world.open(), { kind }))[0];
const shown = async (kind: string) => {
  const { state, reason } = (await row(kind)) ?? {};
  return `${state} ${reason?.code}`;
};
const listed = async () => ((await openRepository(world.blobs(MOVED))).root?.snapshots ?? []).map(({ name }) => name);
const lose = () => world.blobs(MOVED).delete([`snap-${SNAP1.uuid}.dat`]);

describe("a copy that must take a snapshot off the list while an open restore names it", () => {
  it("does not wait for a restore that its cluster refuses, and which waits for the copy meanwhile", async () => {
    isDamaged = true;
    await copy();
    await run(6);
    expect(await shown("restore")).toMatch(/^planned /);
    await lose();
    const id = await copy();
    await tick(world);
    expect(await listed()).toEqual([]);
    // Its next try is due after a back-off.
    for (let minute = 0; minute < 12; minute += 1) {
      await tick(world);
      world.advance(MINUTE_MS);
    }
    expect((await row("restore"))?.reason).toMatchObject({ code: "restore.unlisted", params: { job: id, snapshot: "snap-1" } });
    isDamaged = false;
    await run(6);
    expect([(await (await world.open()).log.done(id))?.state, await listed()]).toEqual(["done", ["snap-1"]]);
    for (let minute = 0; minute < 20; minute += 1) {
      await run(1);
      world.target.finishRestores();
    }
    expect(await shown("restore")).toMatch(/^done /);
  });

  it("waits for a restore that has started, and says so in the list of jobs", async () => {
    await copy();
    await run(6);
    expect(await shown("restore")).toMatch(/^restoring /);
    const restore = await row("restore");
    await lose();
    const id = await copy();
    await run(3);
    expect((await row("copy"))?.reason).toMatchObject({ code: "copy.readBy", params: { job: restore?.id } });
    expect(await listed()).toEqual(["snap-1"]);
    world.target.finishRestores();
    await run(8);
    expect([(await (await world.open()).log.done(id))?.state, await listed()]).toEqual(["done", ["snap-1"]]);
    expect(await shown("restore")).toMatch(/^done /);
  });
});

describe("a copy that waits for an older one", () => {
  it("says so in the list of jobs", async () => {
    const older = await copy();
    await tick(world);
    await world.fill(SOURCE, STEP2.blobs);
    world.advance(MINUTE_MS);
    const younger = await copy();
    await tick(world);
    const rows = await listJobs(await world.open(), { kind: "copy" });
    expect(rows.find(({ id }) => id === younger)?.reason).toEqual({ code: "copy.queued", params: { job: older } });
    await run(12);
    expect((await (await world.open()).log.done(younger))?.state).toBe("done");
  });
});
