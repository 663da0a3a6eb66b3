import { describe, expect, it } from "vitest";
import {
  arrive,
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
import { MINUTE_MS, MOVED } from "../../world/world.ts";

freshWorld();

/** A root of an unrelated repository; its one snapshot exists by name only. */
const foreignRoot = (uuid: string) => Buffer.from(JSON.stringify({ snapshots: [{ name: uuid, uuid, state: 1 }], indices: {} }));

describe("a bucket with an ambiguous root", () => {
  it("is reported once and not restored from while its root shares nothing with the previous one", async () => {
    await serveFirst();
    const written = world.target.writes.length;
    world.advance(MINUTE_MS);
    await world.fill(MOVED, new Map([["index-5", foreignRoot("foreign")]]));
    expect(await arrive({ bucket: "moved", key: "movies/index-5" })).toMatchObject({ jobs: [], advanced: [] });
    await settle();
    expect(world.target.writes).toHaveLength(written);
    expect(await served()).toHaveLength(1);
    expect(world.notices).toMatchObject([
      { key: "ambiguous:moved", status: "firing", code: "root.ambiguous", reason: { params: { root: "index-5", why: "other-snapshots" } } },
    ]);
  });

  it("is reported as resolved and served again when the repository's own root is back", async () => {
    await serveFirst();
    world.advance(MINUTE_MS);
    await world.fill(MOVED, new Map([["index-1", foreignRoot("foreign")]]));
    await tick();
    world.advance(MINUTE_MS);
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs);
    await arrive(INDEX2);
    await settle();
    expect(world.notices.map(({ key, status }) => [key, status])).toEqual([
      ["ambiguous:moved", "firing"],
      ["ambiguous:moved", "resolved"],
    ]);
    expect(restores()).toHaveLength(2);
  });

  it("is reported when another repository starts below a highest root that was handled long ago", async () => {
    offer("snap-1", SNAP1.uuid);
    const roots = new Map([...STEP1.blobs].map(([key, bytes]) => [key === "index-0" ? "index-9" : key, bytes]));
    await world.fill(MOVED, roots);
    await arrive({ bucket: "moved", key: "movies/index-9" });
    expect(world.notices).toEqual([]);
    world.advance(MINUTE_MS);
    await world.fill(MOVED, new Map([["index-0", foreignRoot("anew")]]));
    await arrive(INDEX1);
    expect(world.notices).toMatchObject([
      { key: "ambiguous:moved", reason: { params: { root: "index-9", other: "index-0", why: "lower-is-newer" } } },
    ]);
  });

  it("is not assumed when an older root merely arrived after the newest one", async () => {
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs, ["index-0"]);
    world.advance(MINUTE_MS);
    await world.fill(MOVED, new Map([["index-0", STEP2.blobs.get("index-0") as Uint8Array]]));
    await arrive(INDEX2);
    await settle();
    expect(world.notices).toEqual([]);
    expect(await served()).toHaveLength(1);
  });

  it("is not assumed when the repository was emptied, and the previous snapshots stay known", async () => {
    await serveFirst();
    world.advance(MINUTE_MS);
    await world.fill(MOVED, new Map([["index-5", EMPTY_ROOT]]));
    await tick();
    expect(world.notices).toEqual([]);
    world.advance(MINUTE_MS);
    await world.fill(MOVED, new Map([["index-6", foreignRoot("foreign")]]));
    await tick();
    expect(world.notices).toMatchObject([{ key: "ambiguous:moved", status: "firing" }]);
  });
});
