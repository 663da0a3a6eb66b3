import { describe, expect, it } from "vitest";
import { startRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { freshWorld, INDEX1, offer, SNAP1, SNAP2, STEP1, STEP2, served, settle, tick, world } from "../../world/moved.ts";
import { MOVED } from "../../world/world.ts";

freshWorld();

const GIANT = "index-9007199254740991";
const told = () => world.notices.map(({ key, status }) => `${key} ${status}`);

describe("a watch whose root is hidden from Elasticsearch by a key with a giant generation", () => {
  it("brings in nothing, reports it once, and goes on when the key is deleted", async () => {
    offer("snap-1", SNAP1.uuid);
    await world.fill(MOVED, STEP1.blobs);
    await world.blobs(MOVED).put(GIANT, STEP1.blobs.get("index-0") as Uint8Array);
    await settle();
    expect(await served()).toEqual([]);
    expect(told()).toEqual(["watch-hidden:moved firing"]);
    expect(world.notices[0]?.text).toContain(GIANT);
    await world.blobs(MOVED).delete([GIANT]);
    await settle();
    expect(await served()).toHaveLength(1);
    expect(told()).toEqual(["watch-hidden:moved firing", "watch-hidden:moved resolved"]);
  });

  it("does not serve what was asked for before the key came, until it is deleted", async () => {
    offer("snap-1", SNAP1.uuid);
    await world.fill(MOVED, STEP1.blobs, [INDEX1.key]);
    const late = [...STEP1.blobs.keys()].find((key) => key.includes("/__")) ?? "";
    await world.blobs(MOVED).delete([late]);
    await tick();
    await world.blobs(MOVED).put(GIANT, STEP1.blobs.get("index-0") as Uint8Array);
    await world.blobs(MOVED).put(late, STEP1.blobs.get(late) as Uint8Array);
    await settle();
    expect(await served()).toEqual([]);
    await world.blobs(MOVED).delete([GIANT]);
    for (let round = 0; round < 4; round += 1) await settle();
    expect(await served()).toHaveLength(1);
  });

  it("is refused by a restore by hand", async () => {
    offer("snap-1", SNAP1.uuid);
    await world.fill(MOVED, STEP1.blobs);
    await world.blobs(MOVED).put(GIANT, Buffer.from("{}"));
    const request = { snapshot: "snap-1", repository: "moved-movies", to: "target", indices: ["fx-orders"] };
    const outcome = await startRestore(await world.open(), request, { by: "person", who: "ops" });
    const refusals = "refused" in outcome ? outcome.refused.checks.filter(({ result }) => result === "refuse") : [];
    expect(refusals.map(({ reason }) => reason.code)).toEqual(["repository.hiddenRoot"]);
  });
});

describe("a watch whose root lists an uuid of 2,000 characters", () => {
  it("brings in the other snapshots, and names that one", async () => {
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs);
    const root = JSON.parse(Buffer.from(STEP2.blobs.get("index-1") as Uint8Array).toString());
    root.snapshots.push({ name: "long", uuid: "u".repeat(2_000), state: 1, start_time_millis: world.now().getTime() });
    await world.blobs(MOVED).put("index-2", Buffer.from(JSON.stringify(root)));
    await settle();
    expect(await served()).toHaveLength(1);
    expect(told()).toEqual(["watch-lost:moved firing"]);
    expect(world.notices[0]?.reason.params).toMatchObject({ snapshots: ["long"], count: 1 });
  });
});
