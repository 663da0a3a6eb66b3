import { describe, expect, it } from "vitest";
import { freshWorld, offer, SNAP1, STEP1, served, settle, world } from "../world/moved.ts";
import { MOVED } from "../world/world.ts";

/**
 * elastic/elasticsearch#23655: restoring an index with allocation filters hangs on a cluster without matching nodes and shows no reason.
 * ossnap leaves the allocation settings of the snapshot out of every restore.
 */

freshWorld({ targetVersion: "5.5.3" });

describe("a snapshot of an index that is bound to nodes which the target lacks", () => {
  it("waits for these nodes if its settings are restored as they are", async () => {
    offer("snap-1", SNAP1.uuid);
    await world.target.putRepository({ name: "by-hand", type: "fs", settings: { location: "/srv/moved" } }, { verify: false });
    const names = { repository: "by-hand", snapshot: "snap-1", index: "fx-orders", as: "by-hand" };
    await world.target.restore({ ...names, indexSettings: {}, ignoreIndexSettings: [] });
    world.target.finishRestores();
    expect(await world.target.health("by-hand")).toMatchObject({ status: "red", primariesActive: 0 });
  });

  it("is restored and served by ossnap", async () => {
    offer("snap-1", SNAP1.uuid);
    await world.fill(MOVED, STEP1.blobs);
    await settle();
    const [index] = await served();
    expect(await world.target.health(index?.name ?? "")).toMatchObject({ status: "green" });
    expect(Object.keys(index?.settings ?? {}).filter((key) => key.includes("require"))).toEqual([]);
  });
});
