import { describe, expect, it } from "vitest";
import type { Place } from "../../shared/model/config.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { copyBlobs } from "../../shared/tick/copyBlobs.ts";
import { onCopiedBlob } from "../../shared/tick/onCopiedBlob.ts";
import { askBackup } from "../../shared/verbs/backup/ask.ts";
import { askCopy } from "../../shared/verbs/copy/ask.ts";
import { preflightRestore, startRestore } from "../../shared/verbs/restore/askByHand.ts";
import { freshWorld, INDEX1, offer, SNAP1, STEP1, served, settle, world } from "../world/moved.ts";
import { created, done, fire, ID, snapshots, tick, withMovies } from "../world/nightly.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, MOVED, type TestWorld, testConfig, testWorld } from "../world/world.ts";

const OPS = { by: "person" as const, who: "ops" };
const AWS: Place = { store: "s3", bucket: "aws", basePath: "repo", region: "us-east-1" };
const CORRECTED: Place = { ...MOVED, bucket: "corrected" };

/** State and reason of each finished job of a kind, and the fields that were named. */
async function ends(of: TestWorld, kind: string): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const key of await of.stateKeys(`done/${kind}/`)) {
    const { state, reason } = JSON.parse(Buffer.from((await of.state.get(key)) ?? []).toString());
    found.push([state, reason.code, ...(reason.params.fields ?? [])]);
  }
  return found;
}

const told = (of: TestWorld) => of.notices.map(({ code, status }) => `${code} ${status}`);

describe("a copy whose rule changed while it waited", () => {
  const keysAt = async (of: TestWorld, place: Place) => {
    const keys: string[] = [];
    for await (const { key } of of.blobs(place).list("")) keys.push(key);
    return keys;
  };

  async function asked(): Promise<TestWorld> {
    const config = testConfig((made) => {
      made.backups = {};
      made.watches = {};
      made.repositories.aws = { cluster: "source", register: { type: "s3", settings: {} }, blobs: AWS };
      made.copies.move = { from: "aws", to: MOVED, snapshots: "all", after: "nightly" };
    });
    const made = await testWorld({ config });
    await made.fill(AWS, STEP1.blobs);
    await askCopy(await made.open(), "move", OPS);
    return made;
  }

  async function run(of: TestWorld): Promise<void> {
    for (let round = 0; round < 6; round += 1) {
      await advanceJobs(await of.open());
      await of.runTasks();
      of.advance(MINUTE_MS);
    }
  }

  it.each<[string, (of: TestWorld) => void, string[]]>([
    ["another destination", ({ config }) => Object.assign(config.copies.move ?? {}, { to: CORRECTED }), ["config.changed", "to"]],
    [
      "another source",
      ({ config }) => Object.assign(config.repositories.aws ?? {}, { blobs: { ...AWS, basePath: "other" } }),
      ["config.changed", "from"],
    ],
    ["other snapshots", ({ config }) => Object.assign(config.copies.move ?? {}, { snapshots: "latest" }), ["config.changed", "snapshots"]],
    [
      "no rule",
      ({ config }) => {
        config.copies = {};
      },
      ["config.gone"],
    ],
  ])("is refused and told: %s", async (_, change, why) => {
    const made = await asked();
    change(made);
    await run(made);
    expect(await ends(made, "copy")).toEqual([["refused", ...why]]);
    expect([...(await keysAt(made, MOVED)), ...(await keysAt(made, CORRECTED))]).toEqual([]);
    const isGone = why[0] === "config.gone";
    expect(told(made)).toEqual(["config.changed firing", ...(isGone ? ["config.entryGone resolved"] : [])]);
  });

  it("stops between its tasks, and a queued task moves nothing more; the next copy that is done resolves it", async () => {
    const made = await asked();
    await advanceJobs(await made.open());
    const [task] = made.tasks;
    expect(task).toBeDefined();
    Object.assign(made.config.copies.move ?? {}, { to: CORRECTED });
    expect(await copyBlobs(await made.open(), task?.payload as never)).toMatchObject({ ignored: expect.stringContaining("ossnap.yaml") });
    await run(made);
    expect([await ends(made, "copy"), await keysAt(made, MOVED)]).toEqual([[["refused", "config.changed", "to"]], []]);
    await askCopy(await made.open(), "move", OPS);
    await run(made);
    expect(await keysAt(made, CORRECTED)).toContain("index-0");
    expect(told(made)).toEqual(["config.changed firing", "config.changed resolved"]);
  });

  it.each<[string, object]>([
    ["when it starts", { after: undefined, schedule: { cron: "0 0 3 * * *", timeZone: "UTC", missed: "run" } }],
    ["the host name inside Alibaba Cloud", { to: { ...MOVED, endpoint: "oss-cn-hangzhou-internal.aliyuncs.com" } }],
    ["new keys", { to: { ...MOVED, accessKeyId: "new", secretAccessKey: "new" } }],
  ])("goes on if only this changed: %s", async (_, change) => {
    const made = await asked();
    Object.assign(made.config.copies.move ?? {}, change);
    await run(made);
    expect(await ends(made, "copy")).toEqual([["done", "copy.done"]]);
  });
});

describe("what a watch asked for before it changed", () => {
  freshWorld({ restorePolls: Number.POSITIVE_INFINITY });

  const watch = () => world.config.watches.moved as NonNullable<(typeof world.config.watches)[string]>;
  const arrived = async () => {
    offer("snap-1", SNAP1.uuid);
    await world.fill(MOVED, STEP1.blobs);
    await onCopiedBlob(await world.open(), INDEX1);
  };
  const restored = async () => (await world.target.listIndices()).map(({ name }) => name);

  it.each<[string, () => void, string[], string[]?]>([
    [
      "other indices",
      () => Object.assign(watch().restore, { indices: ["fx-*-2"] }),
      ["config.changed", "restore.indices"],
      ["watch.lacking"],
    ],
    ["by hand", () => Object.assign(watch().restore, { which: "by-hand" }), ["config.changed", "restore.which"]],
    ["another place", () => Object.assign(watch(), { blobs: CORRECTED }), ["config.changed", "blobs"]],
    [
      "no watch",
      () => {
        world.config.watches = {};
      },
      ["config.gone"],
    ],
  ])("is taken back and told while it does not serve yet: %s", async (_, change, why, also = []) => {
    await arrived();
    expect(await restored()).toHaveLength(1);
    change();
    await settle();
    expect([await ends(world, "restore"), await restored()]).toEqual([[["refused", ...why]], []]);
    const isGone = why[0] === "config.gone";
    expect(told(world)).toEqual([
      ...also.map((code) => `${code} firing`),
      "restore.failed firing",
      ...(isGone ? ["config.entryGone resolved"] : []),
    ]);
  });

  it("is taken back while it does not serve yet, and restored behind the alias that ossnap.yaml names now", async () => {
    await arrived();
    Object.assign(watch().restore, { alias: "orders-new" });
    await settle();
    const ended = (await ends(world, "restore")) as string[][];
    expect(ended.map(([state]) => state).sort()).toEqual(["done", "refused"]);
    const indices = await world.target.listIndices();
    expect(indices.map(({ aliases }) => aliases)).toEqual([["orders-new"]]);
    expect(told(world)).toEqual(["restore.failed firing", "restore.failed resolved"]);
  });

  it("is asked for as ossnap.yaml says now if it was still being proven", async () => {
    offer("snap-1", SNAP1.uuid);
    const [late = ""] = [...STEP1.blobs.keys()].filter((key) => key.includes("/__"));
    await world.fill(MOVED, STEP1.blobs, [late]);
    await onCopiedBlob(await world.open(), INDEX1);
    Object.assign(watch().restore, { alias: "orders-new" });
    await world.fill(MOVED, STEP1.blobs);
    await settle();
    const ended = (await ends(world, "arrival")) as string[][];
    expect(ended.map(([state]) => state).sort()).toEqual(["done", "refused"]);
    const holders = (await world.target.listIndices()).filter(({ aliases }) => aliases.length > 0).map(({ aliases }) => aliases);
    expect(holders).toEqual([["orders-new"]]);
    expect(told(world)).toEqual(["config.changed firing", "config.changed resolved"]);
  });

  it("goes on if only replicas, keepOld and patience changed, and by hand whatever the alias of the watch is", async () => {
    await arrived();
    Object.assign(watch().restore, { replicas: 2, keepOldMs: 30 * DAY_MS });
    Object.assign(watch(), { patienceMs: HOUR_MS });
    const request = { snapshot: "snap-1", repository: "moved-movies", to: "target", indices: ["fx-orders"], alias: "by-hand", replicas: 0 };
    expect((await preflightRestore(await world.open(), request)).refused).toBe(false);
    await startRestore(await world.open(), request, OPS, {});
    await settle();
    expect((await served()).length).toBe(1);
    Object.assign(watch().restore, { alias: "orders-new" });
    await settle();
    expect(await ends(world, "restore")).toEqual([
      ["done", "restore.done"],
      ["done", "restore.done"],
    ]);
  });
});

describe("a backup whose policy changed while it waited", () => {
  const policyOf = (of: TestWorld) => of.config.backups.nightly ?? {};

  it("takes the indices of ossnap.yaml as it is now", async () => {
    const made = await withMovies();
    await askBackup(await made.open(), { policy: "nightly", slot: "20261121t013000z", asked: { by: "timer", who: "timer" } });
    Object.assign(policyOf(made), { indices: ["series"] });
    await tick(made);
    made.source.finishSnapshots();
    await tick(made);
    expect(await snapshots(made)).toMatchObject([{ indices: ["series"] }]);
    expect(await done(made)).toMatchObject({ state: "done" });
  });

  it("follows a snapshot that runs, and counts it", async () => {
    const made = await withMovies();
    await fire(made);
    Object.assign(policyOf(made), { indices: ["series"], repository: "others" });
    made.source.finishSnapshots();
    await tick(made);
    expect([await done(made), (await snapshots(made)).length]).toMatchObject([{ state: "done" }, 1]);
  });

  it.each<[string, (of: TestWorld) => void, object]>([
    ["another repository", (of) => Object.assign(policyOf(of), { repository: "others" }), { code: "config.changed" }],
    [
      "no policy",
      (of) => {
        of.config.backups = {};
      },
      { code: "config.gone" },
    ],
  ])("is refused and told: %s", async (_, change, why) => {
    const made = await withMovies();
    await askBackup(await made.open(), { policy: "nightly", slot: "20261121t013000z", asked: { by: "timer", who: "timer" } });
    change(made);
    await tick(made);
    expect([await done(made), created(made)]).toMatchObject([{ state: "refused", reason: why }, []]);
    expect(told(made)).toContain("config.changed firing");
  });

  it("goes on if only schedule, retention and prune caps changed", async () => {
    const made = await withMovies();
    await askBackup(await made.open(), { policy: "nightly", slot: "20261121t013000z", asked: { by: "timer", who: "timer" } });
    Object.assign(policyOf(made), { keep: { last: 9, atLeast: 1 }, prune: undefined, rpoMs: DAY_MS });
    await tick(made);
    expect(created(made)).toHaveLength(1);
    expect(ID).toContain("20261121t013000z");
  });
});
