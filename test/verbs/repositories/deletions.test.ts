import { beforeEach, describe, expect, it } from "vitest";
import type { DoneRecord } from "../../../shared/jobs/record.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { stateKey } from "../../../shared/state/keys.ts";
import { writeObject } from "../../../shared/state/objects.ts";
import { createSnapshots } from "../../../shared/tick/createSnapshots.ts";
import { cancelJob, setPaused } from "../../../shared/verbs/jobs/ask.ts";
import { applyPrune, dryPrune } from "../../../shared/verbs/prune/ask.ts";
import { gatherWriters } from "../../../shared/verbs/repositories/gatherWriters.ts";
import { done, OPS, tick, withMovies } from "../../world/nightly.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, type TestWorld } from "../../world/world.ts";

const PLACE = { store: "oss" as const, bucket: "backups", basePath: "", region: "cn-hangzhou" };
const OWN = "nightly-20261121t013000z-1-88f81";
let world: TestWorld;
let generation: number;

beforeEach(async () => {
  world = await withMovies();
  generation = 0;
});

type Entry = string | { name: string; uuid: unknown; state: number };

/** Writes the next root, and removes the one before. */
async function root(entries: readonly Entry[], bucket = "backups"): Promise<void> {
  generation += 1;
  const snapshots = entries.map((entry) => (typeof entry === "string" ? { name: entry, uuid: `uuid-${entry}`, state: 1 } : entry));
  const store = world.blobs({ ...PLACE, bucket });
  await store.put(`index-${generation}`, Buffer.from(JSON.stringify({ snapshots, indices: {} })));
  await store.delete([`index-${generation - 1}`]);
}

/** Writes the root that the cluster would have. */
async function mirror(): Promise<void> {
  const listed = (await world.source.listSnapshots("backups")).filter(({ state }) => state !== "IN_PROGRESS");
  await root(listed.map(({ name, uuid }) => ({ name, uuid, state: 1 })));
}

async function look(hours = 1): Promise<void> {
  world.advance(hours * HOUR_MS);
  const { uuid } = await world.source.info();
  await gatherWriters(await world.open(), { repository: "backups", cluster: "source", uuid }, { mayWait: true });
}

const sent = () => world.notices.filter(({ key }) => key === "writers-deletions:backups");
const told = () => sent().map(({ status, reason: { params } }) => [status, params.names, params.count, params.own]);

/** Three nights with a good snapshot each; the policy keeps two. */
async function threeNights(): Promise<void> {
  for (let night = 0; night < 3; night += 1) {
    world.advance(DAY_MS);
    await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
    world.source.finishSnapshots();
    await tick(world);
  }
  await mirror();
  await look();
}

async function pruneByHand(): Promise<string> {
  const { hash } = await dryPrune(await world.open(), "nightly");
  const created = await applyPrune(await world.open(), "nightly", hash, OPS);
  return created.outcome === "done" ? created.done.id : created.job.id;
}

/** The cluster answers no deletion from now on, and performs none; returns what performs one. */
function unanswered() {
  const { deleteSnapshots } = world.source;
  world.source.deleteSnapshots = async () => {
    throw new AppError("transient", "no answer");
  };
  return deleteSnapshots;
}

const ended = (kind: "prune" | "backup", state: DoneRecord["state"], result: unknown) =>
  writeObject(world.state, stateKey.done(kind, `${kind}-x`), { schema: 1, id: `${kind}-x`, kind, state, result });

describe("snapshots that vanish without ossnap's doing", () => {
  it("are reported once, ossnap's own first, and are history after a week", async () => {
    await root([OWN, "theirs", "left"]);
    await look();
    expect(sent()).toEqual([]);
    await root(["left"]);
    for (let hour = 0; hour < 3; hour += 1) await look();
    expect(told()).toEqual([["firing", [OWN, "theirs"], 2, 1]]);
    expect(sent()[0]?.reason.params).toMatchObject({ before: 1, now: 2 });
    await look(8 * 24);
    expect(sent().map(({ status }) => status)).toEqual(["firing", "resolved"]);
  });

  it("are found by their names where the root has no uuids", async () => {
    const write = (names: string[]) => world.blobs(PLACE).put("index", Buffer.from(JSON.stringify({ snapshots: names })));
    await write(["one", "two"]);
    await look();
    await write(["two"]);
    await look();
    expect(told()).toEqual([["firing", ["one"], 1, 0]]);
  });

  it("are found although looks in between failed, and are not reported then if ossnap deleted them", async () => {
    await root([OWN, "theirs"]);
    await look();
    await ended("backup", "cancelled", { snapshot: OWN, failures: [] });
    await world.blobs(PLACE).put("index-9", Buffer.from("no root"));
    for (let hour = 0; hour < 5; hour += 1) await look();
    await world.blobs(PLACE).delete(["index-9"]);
    await root([]);
    await look();
    expect(told()).toEqual([["firing", ["theirs"], 1, 0]]);
  });

  it("are not those of another place, or of a record of an earlier version", async () => {
    await root([OWN]);
    await look();
    const entry = world.config.repositories.backups;
    if (entry) entry.blobs = { ...PLACE, bucket: "moved-to" };
    await root(["other"], "moved-to");
    await look();
    await writeObject(world.state, stateKey.writers("backups"), { at: new Date(0).toISOString(), generation: 1, others: [] });
    await look();
    expect(world.notices.map(({ key }) => key)).toEqual(["writers-snapshots:backups"]);
  });

  it("are not those whose entry cannot be read any more", async () => {
    await root(["theirs"]);
    await look();
    await root([{ name: "theirs", uuid: 7, state: 1 }]);
    await look();
    expect(sent()).toEqual([]);
  });

  it.each(["waits", "was refused"])(
    "are reported although a prune planned to delete them, if it %s and requested nothing",
    async (what) => {
      await threeNights();
      const [oldest] = await world.source.listSnapshots("backups");
      await setPaused(await world.open(), true, "ops");
      const id = await pruneByHand();
      await tick(world);
      if (what === "was refused") {
        Object.assign(world.config.backups.nightly?.keep ?? {}, { last: 30 });
        await setPaused(await world.open(), false, "ops");
        await tick(world);
        expect(await done(world, id)).toMatchObject({ state: "refused", result: { removed: [], left: [] } });
      }
      await world.source.deleteSnapshots("backups", [oldest?.name ?? ""]);
      await mirror();
      await look();
      expect(told()).toEqual([["firing", [oldest?.name], 1, 1]]);
    },
  );
});

describe("snapshots that ossnap deletes", () => {
  it("are not reported while its prune is open, nor when it is done", async () => {
    await threeNights();
    const [oldest] = await world.source.listSnapshots("backups");
    const deleteSnapshots = unanswered();
    const id = await pruneByHand();
    await tick(world);
    await deleteSnapshots("backups", [oldest?.name ?? ""]);
    await mirror();
    await look();
    expect(await done(world, id)).toBeUndefined();
    world.advance(10 * MINUTE_MS);
    await tick(world);
    expect(await done(world, id)).toMatchObject({ state: "done", reason: { params: { removed: 1 } } });
    await look();
    expect(sent()).toEqual([]);
  });

  it("are not reported between two looks", async () => {
    await threeNights();
    const id = await pruneByHand();
    await tick(world);
    expect(await done(world, id)).toMatchObject({ state: "done", reason: { params: { removed: 1 } } });
    await mirror();
    await look(26);
    expect(sent()).toEqual([]);
  });

  it("are not reported when the deletion takes effect after its job has ended", async () => {
    await threeNights();
    const [oldest] = await world.source.listSnapshots("backups");
    const deleteSnapshots = unanswered();
    const id = await pruneByHand();
    await tick(world);
    await cancelJob(await world.open(), id, OPS);
    world.advance(10 * MINUTE_MS);
    await tick(world);
    expect(await done(world, id)).toMatchObject({ state: "cancelled", result: { removed: [], left: [oldest?.uuid] } });
    await look(20);
    await deleteSnapshots("backups", [oldest?.name ?? ""]);
    await mirror();
    await look();
    expect(sent()).toEqual([]);
  });

  it("are not reported where a job of an earlier version may have asked for them", async () => {
    await root(["one", "two"]);
    await look();
    await ended("prune", "failed", { hash: "x", removed: [] });
    await root(["two"]);
    for (let hour = 0; hour < 3; hour += 1) await look();
    expect(sent()).toEqual([]);
    await look(9 * 24);
    await root([]);
    await look();
    expect(told()).toEqual([["firing", ["two"], 1, 0]]);
  });

  it("are not reported when a backup was cancelled", async () => {
    await root([OWN]);
    await look();
    await ended("backup", "cancelled", { snapshot: OWN, failures: [] });
    await root([]);
    await look();
    expect(sent()).toEqual([]);
  });
});
