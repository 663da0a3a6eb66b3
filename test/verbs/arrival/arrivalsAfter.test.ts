import { describe, expect, it } from "vitest";
import { AppError } from "../../../shared/model/errors.ts";
import {
  arrive,
  doneKeys,
  EMPTY_ROOT,
  freshWorld,
  INDEX1,
  INDEX2,
  offer,
  restores,
  SNAP1,
  SNAP2,
  STEP1,
  STEP2,
  served,
  serveFirst,
  settle,
  tick,
  world,
} from "../../world/moved.ts";
import { DAY_MS, MINUTE_MS, MOVED } from "../../world/world.ts";

freshWorld();

describe("a second snapshot after the first is served", () => {
  it("takes over the alias in one call, and the old index is deleted once its retention is over", async () => {
    await serveFirst();
    const [old] = await served();
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs);
    await arrive(INDEX2);
    await settle();
    expect((await served()).map(({ name }) => name)).toEqual([expect.stringMatching(/^fx-orders-20261121010006719-/)]);
    expect((await world.target.listIndices()).map(({ name }) => name)).toContain(old?.name);
    world.advance(DAY_MS + MINUTE_MS);
    await tick();
    expect((await world.target.listIndices()).map(({ name }) => name)).not.toContain(old?.name);
  });

  it("causes a notice when an older swap lands after it, and the serving index is not deleted", async () => {
    await serveFirst();
    const [old] = await served();
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs);
    await arrive(INDEX2);
    await settle();
    // The request of the first swap, delayed until now.
    await world.target.moveAliases([{ alias: "orders", from: ["fx-orders-*"], to: [old?.name ?? ""] }]);
    world.advance(DAY_MS + MINUTE_MS);
    await tick();
    expect((await served()).map(({ name }) => name)).toEqual([old?.name]);
    expect(world.notices).toMatchObject([{ code: "retire.serves", severity: "bad", status: "firing" }]);
  });

  it("never goes back to an older root that arrives late", async () => {
    offer("snap-1", SNAP1.uuid);
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs);
    await arrive(INDEX2);
    await settle();
    const before = world.target.writes.length;
    await world.blobs(MOVED).delete(["index-1"]);
    await world.fill(MOVED, STEP1.blobs);
    await arrive(INDEX1);
    await settle();
    expect(world.target.writes).toHaveLength(before);
    expect((await served()).map(({ name }) => name)).toEqual([expect.stringMatching(/-20261121010006719-/)]);
  });
});

describe("a damaged list of incompatible snapshots, which makes every restore fail on 5.x", () => {
  it("delays the restore and is named until it is repaired", async () => {
    offer("snap-1", SNAP1.uuid);
    await world.fill(MOVED, STEP1.blobs);
    await world.blobs(MOVED).put("incompatible-snapshots", Buffer.from('{"incompatible-snapshots":['));
    await arrive(INDEX1);
    await settle();
    expect(restores()).toEqual([]);
    const head = (await (await world.open()).log.read(`arrival-moved-${SNAP1.uuid}`))?.head;
    expect(head).toMatchObject({ reason: { code: "arrival.notWhole", params: { first: "incompatible-snapshots" } } });
    await world.blobs(MOVED).delete(["incompatible-snapshots"]);
    for (let look = 0; look < 3; look += 1) {
      world.advance(15 * MINUTE_MS);
      await settle();
    }
    expect(restores()).toHaveLength(1);
  });

  it("may be absent", async () => {
    offer("snap-1", SNAP1.uuid);
    await world.fill(MOVED, STEP1.blobs, ["incompatible-snapshots"]);
    await arrive(INDEX1);
    await settle();
    expect(restores()).toHaveLength(1);
  });
});

describe("a repository that changes during a restore", () => {
  it("invariant 4: is not restored from when the name resolves to another snapshot right before the call", async () => {
    offer("snap-1", SNAP1.uuid);
    await world.fill(MOVED, STEP1.blobs);
    const put = world.state.put;
    world.state.put = async (key, body, options) => {
      // The claim is written after the plan was proven and before the request.
      if (Buffer.from(body).includes('"effect":"restoreIndex"')) await world.blobs(MOVED).put("index-1", EMPTY_ROOT);
      return put(key, body, options);
    };
    await arrive(INDEX1);
    expect(restores()).toEqual([]);
    expect(await doneKeys("restore")).toHaveLength(1);
    expect(world.notices).toMatchObject([{ key: "restore-failed:moved", status: "firing", reason: { code: "root.moved" } }]);
  });

  it("is not served when the name resolved to another snapshot at a request whose invocation died", async () => {
    offer("snap-1", SNAP1.uuid);
    await world.fill(MOVED, STEP1.blobs);
    const { restore, listIndices } = world.target;
    world.target.restore = async (request) => {
      await restore(request);
      await world.blobs(MOVED).put("index-1", EMPTY_ROOT);
      // The invocation ends here.
      world.target.listIndices = async () => Promise.reject(new AppError("transient", "cut"));
    };
    await arrive(INDEX1);
    world.target.listIndices = listIndices;
    world.advance(10 * MINUTE_MS);
    await settle();
    expect(restores()).toHaveLength(1);
    expect((await listIndices()).map(({ name }) => name)).toEqual([]);
    expect(world.notices).toMatchObject([{ key: "restore-failed:moved", status: "firing", reason: { code: "root.moved" } }]);
  });

  it("makes the restore delete its index when the name resolves to another snapshot right after the call", async () => {
    offer("snap-1", SNAP1.uuid);
    await world.fill(MOVED, STEP1.blobs);
    const { restore } = world.target;
    world.target.restore = async (request) => {
      await restore(request);
      await world.blobs(MOVED).put("index-1", EMPTY_ROOT);
    };
    await arrive(INDEX1);
    await settle();
    expect(restores()).toHaveLength(1);
    expect(await served()).toEqual([]);
    expect((await world.target.listIndices()).map(({ name }) => name)).toEqual([]);
    expect(world.notices).toMatchObject([{ key: "restore-failed:moved", status: "firing", reason: { code: "root.moved" } }]);
  });
});

describe("an event", () => {
  it.each([
    ["of another bucket", { bucket: "other", key: "movies/index-0" }, "event.foreign"],
    ["of another prefix", { bucket: "moved", key: "moviestore/index-0" }, "event.foreign"],
    ["of a data blob", { bucket: "moved", key: "movies/indices/a/0/__1" }, "event.noRoot"],
    ["of a shard's catalogue", { bucket: "moved", key: "movies/indices/a/0/index-0" }, "event.noRoot"],
    ["of the latest pointer", { bucket: "moved", key: "movies/index.latest" }, "event.noRoot"],
  ])("%s is ignored with a reason and causes no write", async (_, event, code) => {
    const keys = await world.stateKeys();
    expect(await arrive(event)).toMatchObject({ ignored: { code } });
    expect(await world.stateKeys()).toEqual(keys);
  });
});
