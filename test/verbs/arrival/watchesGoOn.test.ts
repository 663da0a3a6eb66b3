import { describe, expect, it } from "vitest";
import { JOB_MARKER_KEY } from "../../../shared/model/restoredName.ts";
import { stateKey } from "../../../shared/state/keys.ts";
import {
  arrive,
  doneKeys,
  freshWorld,
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

const AHEAD = "20270101010000000";
const blobOf = (uuid: string) => `snap-${uuid}.dat`;

/** Makes the watch serve its first snapshot as if the source's clock had been ahead by weeks. */
async function serveAhead(): Promise<void> {
  await serveFirst();
  const { state } = world;
  const name = `fx-orders-${AHEAD}-0123abcd`;
  world.target.putIndex(name, { documents: 3, settings: { [JOB_MARKER_KEY]: "restore-ahead" } });
  await world.target.moveAliases([{ alias: "orders", from: ["fx-orders-*"], to: [name] }]);
  await state.delete(await world.stateKeys(stateKey.positions("moved")));
  await state.put(stateKey.position("moved", AHEAD, SNAP1.uuid), Buffer.from("{}"));
}

describe("a watch whose source's clock was ahead", () => {
  it("brings in what its root newly lists, and reports and resolves it once", async () => {
    await serveAhead();
    world.advance(MINUTE_MS);
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs);
    await arrive(INDEX2);
    await settle();
    expect((await served()).map(({ name }) => name)).toEqual([expect.stringMatching(/^fx-orders-20270101010001000-/)]);
    expect((await world.stateKeys(stateKey.positions("moved"))).at(-1)).toContain(`20270101010001000-${SNAP2.uuid}`);
    expect(world.notices).toMatchObject([{ key: "watch-ahead:moved", code: "watch.ahead", status: "firing", severity: "warning" }]);
    world.advance(60 * DAY_MS);
    await world.blobs(MOVED).put("index-2", STEP2.blobs.get("index-1") as Uint8Array);
    await tick();
    expect(world.notices.at(-1)).toMatchObject({ key: "watch-ahead:moved", status: "resolved" });
  });
});

describe("a snapshot that is on its way while what is served lies in the future", () => {
  it("is served when its own blob came after the root that lists it", async () => {
    await serveAhead();
    world.advance(MINUTE_MS);
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs, [blobOf(SNAP2.uuid)]);
    await arrive(INDEX2);
    await settle();
    await world.blobs(MOVED).put(blobOf(SNAP2.uuid), STEP2.blobs.get(blobOf(SNAP2.uuid)) as Uint8Array);
    for (let minutes = 0; minutes < 15; minutes += 1) {
      world.advance(MINUTE_MS);
      await settle();
    }
    expect((await served()).map(({ name }) => name)).toEqual([expect.stringMatching(/^fx-orders-20270101010001000-/)]);
  });

  it("is served when it was asked for before that one was served", async () => {
    await serveFirst();
    world.advance(MINUTE_MS);
    offer("snap-2", SNAP2.uuid);
    const data = [...STEP2.blobs.keys()].filter((key) => key.includes("/__") && !STEP1.blobs.has(key));
    await world.fill(MOVED, STEP2.blobs, data);
    await arrive(INDEX2);
    await settle();
    await world.state.put(stateKey.position("moved", AHEAD, SNAP1.uuid), Buffer.from("{}"));
    for (const key of data) await world.blobs(MOVED).put(key, STEP2.blobs.get(key) as Uint8Array);
    for (let minutes = 0; minutes < 15; minutes += 1) {
      world.advance(MINUTE_MS);
      await settle();
    }
    expect((await served()).map(({ name }) => name)).toEqual([expect.stringMatching(/^fx-orders-20270101010001000-/)]);
  });
});

describe("a snapshot that is on its way while something newer is served", () => {
  it("is skipped before anything is restored, and names what is served", async () => {
    await serveFirst();
    offer("snap-2", SNAP2.uuid);
    const data = [...STEP2.blobs.keys()].filter((key) => key.includes("/__") && !STEP1.blobs.has(key));
    await world.fill(MOVED, STEP2.blobs, data);
    await arrive(INDEX2);
    await settle();
    await world.state.put(stateKey.position("moved", "20261121010006720", "newer"), Buffer.from("{}"));
    for (const key of data) await world.blobs(MOVED).put(key, STEP2.blobs.get(key) as Uint8Array);
    for (let minutes = 0; minutes < 15; minutes += 1) {
      world.advance(MINUTE_MS);
      await settle();
    }
    const done = await (await world.open()).log.done(`arrival-moved-${SNAP2.uuid}`);
    expect([done?.state, done?.reason]).toMatchObject(["skipped", { code: "arrival.overtaken", params: { by: "newer" } }]);
    expect(restores()).toHaveLength(1);
  });
});

describe("a watch whose root lists an older snapshot anew", () => {
  it("does not go back, and names the snapshot with the way out", async () => {
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs);
    const both = JSON.parse(Buffer.from(STEP2.blobs.get("index-1") ?? []).toString());
    const only = { ...both, snapshots: both.snapshots.filter(({ uuid }: { uuid: string }) => uuid === SNAP2.uuid) };
    await world.blobs(MOVED).put("index-1", Buffer.from(JSON.stringify(only)));
    await arrive(INDEX2);
    await settle();
    await world.blobs(MOVED).put("index-2", STEP2.blobs.get("index-1") as Uint8Array);
    await tick();
    expect(await served()).toHaveLength(1);
    expect(await doneKeys("arrival")).toEqual([`arrival-moved-${SNAP2.uuid}`]);
    expect(world.notices).toMatchObject([
      {
        key: "watch-older:moved",
        severity: "warning",
        reason: { code: "watch.older", params: { snapshots: expect.arrayContaining(["snap-1"]) } },
      },
    ]);
    expect(world.notices[0]?.text).toContain("restore one of them from moved-movies by hand, with --older");
  });
});

describe("a snapshot whose own blob is lost", () => {
  it("does not delay the newest one", async () => {
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs, [blobOf(SNAP1.uuid)]);
    await arrive(INDEX2);
    await settle();
    expect((await served()).map(({ name }) => name)).toEqual([expect.stringMatching(/^fx-orders-20261121010006719-/)]);
  });

  it("is given up when its root is old, is named with its key, and is not read again every minute", async () => {
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs, [blobOf(SNAP1.uuid)]);
    await arrive(INDEX2);
    await settle();
    const marks = () => world.stateKeys(stateKey.watchRoots("moved"));
    expect(await marks()).toEqual([]);
    world.advance(DAY_MS + MINUTE_MS);
    await settle();
    expect(await marks()).toHaveLength(1);
    expect(world.notices.filter(({ key }) => key === "watch-lost:moved")).toMatchObject([
      { status: "firing", reason: { code: "watch.lost", params: { keys: [blobOf(SNAP1.uuid)], snapshots: ["snap-1"] } } },
    ]);
  });

  it("is reported at once when it was known before, and resolved when it is there again", async () => {
    await serveFirst();
    await world.blobs(MOVED).delete([blobOf(SNAP1.uuid)]);
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs, [blobOf(SNAP1.uuid)]);
    await arrive(INDEX2);
    expect(world.notices).toMatchObject([{ key: "watch-lost:moved", status: "firing" }]);
    await settle();
    expect(await served()).toMatchObject([{ name: expect.stringMatching(/^fx-orders-20261121010006719-/) }]);
    await world.blobs(MOVED).put(blobOf(SNAP1.uuid), STEP1.blobs.get(blobOf(SNAP1.uuid)) as Uint8Array);
    await world.blobs(MOVED).put("index-2", STEP2.blobs.get("index-1") as Uint8Array);
    await tick();
    expect(world.notices.at(-1)).toMatchObject({ key: "watch-lost:moved", status: "resolved" });
  });
});

describe("a watch whose roots are gone", () => {
  it("is reported once, and resolved when a root is there again", async () => {
    await serveFirst();
    expect(world.notices).toEqual([]);
    const roots = [...STEP1.blobs].filter(([key]) => /^index-\d+$/.test(key));
    await world.blobs(MOVED).delete(roots.map(([key]) => key));
    await settle();
    expect(world.notices).toMatchObject([{ key: "watch-rootless:moved", status: "firing", severity: "warning" }]);
    await world.fill(MOVED, new Map(roots));
    await settle();
    expect(world.notices.slice(1)).toMatchObject([{ key: "watch-rootless:moved", status: "resolved" }]);
  });

  it("has nothing to report while nothing has arrived yet", async () => {
    await world.fill(MOVED, new Map([...STEP1.blobs].filter(([key]) => key === "index.latest")));
    await settle();
    expect(world.notices).toEqual([]);
  });
});
