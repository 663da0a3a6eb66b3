import { describe, expect, it } from "vitest";
import { stateKey } from "../../../shared/state/keys.ts";
import { advanceJobs } from "../../../shared/tick/advanceJobs.ts";
import { cancelJob } from "../../../shared/verbs/jobs/ask.ts";
import {
  arrive,
  doneKeys,
  freshWorld,
  INDEX2,
  LATE_BLOB,
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
import { DAY_MS, HOUR_MS, MINUTE_MS, MOVED } from "../../world/world.ts";

freshWorld({ restorePolls: Number.POSITIVE_INFINITY });

const watch = () => world.config.watches.moved as NonNullable<(typeof world.config.watches)[string]>;
const told = () => world.notices.map(({ code, status, reason }) => `${code} ${status} ${reason.code}`);
const served1 = [{ name: expect.stringMatching(/^fx-orders-20261121010006531-/) }];
const served2 = [{ name: expect.stringMatching(/^fx-orders-20261121010006719-/) }];

/** The second root as it is when the newer snapshot does not hold the watch's index. */
function rootWithout(): Uint8Array {
  const root = JSON.parse(Buffer.from(STEP2.blobs.get("index-1") ?? []).toString());
  const entry = root.indices["fx-orders"];
  entry.snapshots = entry.snapshots.filter((uuid: string) => uuid !== SNAP2.uuid);
  return Buffer.from(JSON.stringify(root));
}

const offerBoth = async (except: readonly string[] = []) => {
  offer("snap-1", SNAP1.uuid);
  offer("snap-2", SNAP2.uuid);
  await world.fill(MOVED, STEP2.blobs, except);
};

describe("a watch whose newest snapshot does not hold its index", () => {
  it("serves the newest one that does, and names the other once", async () => {
    await offerBoth(["index-1"]);
    await world.blobs(MOVED).put("index-1", rootWithout());
    await arrive(INDEX2);
    await settle();
    expect(await served()).toMatchObject(served1);
    expect(await doneKeys("arrival")).toEqual([`arrival-moved-${SNAP1.uuid}`]);
    expect(told()).toEqual(["watch.lacking firing watch.lacking"]);
    expect(world.notices[0]?.reason.params).toMatchObject({ snapshots: ["snap-2"], indices: ["fx-orders"] });
    await world.blobs(MOVED).put("index-2", STEP2.blobs.get("index-1") as Uint8Array);
    await settle();
    expect(await served()).toMatchObject(served2);
    expect(told()[1]).toBe("watch.lacking resolved watch.lacksNothing");
  });

  it("says so if none does, and serves as soon as ossnap.yaml names the right index", async () => {
    watch().restore.indices = ["fx-order"];
    await serveFirst();
    expect([await served(), await doneKeys("arrival")]).toEqual([[], []]);
    expect(world.notices).toMatchObject([{ code: "watch.lacking", text: expect.stringContaining("fx-order)") }]);
    watch().restore.indices = ["fx-orders"];
    await settle();
    expect(await served()).toMatchObject(served1);
    expect(told()[1]).toBe("watch.lacking resolved watch.lacksNothing");
  });
});

describe("an arrival that failed", () => {
  it("makes room for the snapshot before it, and is tried again after a while", async () => {
    await offerBoth([LATE_BLOB]);
    await arrive(INDEX2);
    await settle();
    expect(await served()).toEqual([]);
    world.advance(DAY_MS);
    await settle();
    expect(await served()).toMatchObject(served1);
    await world.fill(MOVED, new Map([[LATE_BLOB, STEP2.blobs.get(LATE_BLOB) as Uint8Array]]));
    world.advance(HOUR_MS);
    await settle();
    expect(await served()).toMatchObject(served2);
    expect(await doneKeys("arrival")).toContain(`arrival-moved-${SNAP2.uuid}-r2`);
    expect(told()).toEqual(["arrival.failed firing job.patience", "arrival.failed resolved arrival.restores"]);
    expect(await world.stateKeys(stateKey.again("moved"))).toEqual([]);
  });
});

describe("a watch's restore that was refused", () => {
  /** The alias is on an index that another tool made. */
  async function refusedRestore(): Promise<void> {
    world.target.putIndex("others", { documents: 1 });
    await world.target.moveAliases([{ alias: "orders", from: ["none-*"], to: ["others"] }]);
    await serveFirst();
    expect(told()).toEqual(["restore.failed firing restore.refused"]);
  }
  const freeAlias = () => world.target.deleteIndex("others");
  const runs = async () => (await doneKeys("restore")).length;

  it("is asked for again after its back-off, four times as long each time, and served when the cause is gone", async () => {
    await refusedRestore();
    expect(await runs()).toBe(1);
    world.advance(15 * MINUTE_MS);
    await settle();
    expect(await runs()).toBe(2);
    world.advance(45 * MINUTE_MS);
    await settle();
    expect(await runs()).toBe(2);
    await freeAlias();
    world.advance(15 * MINUTE_MS);
    await settle();
    expect([await runs(), restores().length]).toEqual([3, 1]);
    expect(await served()).toMatchObject(served1);
    expect(told()).toEqual(["restore.failed firing restore.refused", "restore.failed resolved restore.done"]);
    world.advance(30 * DAY_MS);
    await settle();
    expect([await runs(), await world.stateKeys(stateKey.again("moved"))]).toEqual([3, []]);
  });

  it("is asked for again at once when ossnap.yaml answers the refusal", async () => {
    await refusedRestore();
    await freeAlias();
    await settle();
    expect(await served()).toEqual([]);
    watch().restore.filesThere = true;
    await settle();
    expect(await served()).toMatchObject(served1);
  });

  it("costs an idle tick nothing until it is due", async () => {
    await refusedRestore();
    const opened = await world.open();
    const before = await world.stateKeys();
    const read: string[] = [];
    const blobs: typeof opened.blobs = (place) => {
      const store = opened.blobs(place);
      const get: typeof store.get = async (key) => {
        read.push(key);
        return store.get(key);
      };
      const list: typeof store.list = (prefix, options) => {
        read.push(`${prefix}*`);
        return store.list(prefix, options);
      };
      return { ...store, get, list };
    };
    await advanceJobs({ ...opened, blobs });
    expect([read, await world.stateKeys()]).toEqual([["index*"], before]);
  });

  it("is not asked for again once a person cancelled it", async () => {
    offer("snap-1", SNAP1.uuid);
    await world.fill(MOVED, STEP1.blobs);
    const openRestore = async () => (await world.stateKeys("live/jobs/restore-"))[0]?.split("/")[2];
    for (let ticks = 0; ticks < 4 && (await openRestore()) === undefined; ticks += 1) await tick();
    const open = (await openRestore()) ?? "";
    await cancelJob(await world.open(), open, { by: "person", who: "ops" });
    for (let day = 0; day < 3; day += 1) {
      await settle();
      world.advance(DAY_MS);
    }
    expect([await runs(), await served()]).toEqual([1, []]);
  });
});

describe("a watch whose alias is changed while nothing runs", () => {
  it("names the index that the former alias is still on, until it is gone", async () => {
    await serveFirst();
    const [old] = await served();
    watch().restore.alias = "orders-new";
    await settle();
    expect(world.notices).toMatchObject([
      {
        key: "watch-alias:moved",
        status: "firing",
        severity: "warning",
        reason: { code: "watch.aliasLeft", params: { indices: [old?.name] } },
      },
    ]);
    await world.target.deleteIndex(old?.name ?? "");
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs);
    await settle();
    expect(told()).toEqual(["watch.alias firing watch.aliasLeft", "watch.alias resolved watch.aliasFree"]);
    expect((await world.target.listIndices()).map(({ aliases }) => aliases)).toEqual([["orders-new"]]);
  });

  it("resolves it when the alias is changed back", async () => {
    await serveFirst();
    watch().restore.alias = "orders-new";
    await settle();
    watch().restore.alias = "orders";
    await settle();
    expect(told()).toEqual(["watch.alias firing watch.aliasLeft", "watch.alias resolved watch.aliasFree"]);
    expect(await world.stateKeys(stateKey.watchRoots("moved"))).toHaveLength(2);
  });

  it("says nothing if another watch moves that alias now", async () => {
    await serveFirst();
    world.config.watches.other = { ...structuredClone(watch()), register: { ...watch().register, name: "other-movies" } };
    watch().restore.alias = "orders-new";
    await settle();
    expect(told().filter((line) => line.startsWith("watch.alias"))).toEqual([]);
  });
});

describe("a watch that only verified", () => {
  it("restores what it verified as soon as ossnap.yaml says so", async () => {
    watch().restore.which = "by-hand";
    await serveFirst();
    expect([await served(), await doneKeys("arrival")]).toEqual([[], [`arrival-moved-${SNAP1.uuid}`]]);
    watch().restore.which = "latest";
    await settle();
    expect(await served()).toMatchObject(served1);
  });
});
