import { describe, expect, it } from "vitest";
import { givenSnapshot } from "../../../shared/adapters/memory/clusterPlaces.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { startRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { documents, freshWorld, offer, SNAP1, STEP1, settle, TIMES, tick, world } from "../../world/moved.ts";
import { HOUR_MS, MINUTE_MS, MOVED } from "../../world/world.ts";

const OPS = { by: "person" as const, who: "ops" };

async function restoreWith(replicas: number, key: string): Promise<void> {
  const request = { snapshot: "snap-1", repository: "moved-movies", to: "target", indices: ["fx-orders"], alias: "beside", replicas };
  await startRestore(await world.open(), request, OPS, { key });
}

const beside = async () => (await world.target.listIndices()).filter(({ aliases }) => aliases.includes("beside"));
const notices = () => world.notices.map(({ code, status }) => `${code} ${status}`);

describe("replicas that the cluster refuses", () => {
  freshWorld();

  it.each(["refused", "invalid", "denied"] as const)(
    "(%s) do not keep a restored and counted index from serving, and are told",
    async (code) => {
      offer("snap-1", SNAP1.uuid);
      await world.fill(MOVED, STEP1.blobs);
      const { updateIndexSettings } = world.target;
      let refusals = 0;
      world.target.updateIndexSettings = async () => {
        refusals += 1;
        throw new AppError(code, "this cluster has [1000]/[1000] maximum shards open");
      };
      await restoreWith(1, "first");
      await settle();
      expect((await beside()).map(({ replicas }) => replicas)).toEqual([0]);
      expect(refusals).toBe(3);
      expect(notices()).toEqual(["restore.replicasRefused firing"]);
      expect(world.notices[0]?.text).toContain("0 replicas instead of 1");
      expect(world.notices[0]?.text).toContain("[1000]/[1000] maximum shards open");

      world.target.updateIndexSettings = updateIndexSettings;
      await world.target.deleteIndex((await beside())[0]?.name ?? "");
      await restoreWith(1, "second");
      await settle();
      expect((await beside()).map(({ replicas }) => replicas)).toEqual([1]);
      expect(notices()).toEqual(["restore.replicasRefused firing", "restore.replicasRefused resolved"]);
    },
  );

  it("are asked for again while a refusal may pass", async () => {
    offer("snap-1", SNAP1.uuid);
    await world.fill(MOVED, STEP1.blobs);
    world.target.failNext("updateIndexSettings", new AppError("refused", "for a moment"));
    await restoreWith(1, "first");
    for (let minute = 0; minute < 5; minute += 1) {
      world.target.finishRestores();
      await tick();
      world.advance(MINUTE_MS);
    }
    expect([(await beside()).map(({ replicas }) => replicas), notices()]).toEqual([[1], []]);
  });
});

describe("replicas that the cluster accepts and does not set", () => {
  freshWorld({ targetVersion: "6.7.0" });

  it("do not keep an index that expands its replicas by itself from serving", async () => {
    const settings = { auto_expand_replicas: "0-1" };
    world.places.at({ location: "/srv/moved" }).push(
      givenSnapshot({
        ...{ name: "snap-1", uuid: SNAP1.uuid, version: "5.5.2", startTime: TIMES["snap-1"] },
        indices: { "fx-orders": { documents: documents("snap-1"), shards: 2, settings } },
      }),
    );
    await world.fill(MOVED, STEP1.blobs);
    await restoreWith(1, "first");
    await settle();
    expect([(await beside()).map(({ replicas }) => replicas), notices()]).toEqual([[0], []]);
    expect(world.target.writes.filter(({ method }) => method === "updateIndexSettings")).toEqual([]);
  });

  it("are given up after three attempts for any other cause, which is told", async () => {
    offer("snap-1", SNAP1.uuid);
    await world.fill(MOVED, STEP1.blobs);
    let requests = 0;
    world.target.updateIndexSettings = async () => {
      requests += 1;
    };
    await restoreWith(1, "first");
    for (let look = 0; look < 90; look += 1) {
      world.target.finishRestores();
      await tick();
      world.advance(MINUTE_MS);
    }
    expect([requests, (await beside()).map(({ replicas }) => replicas), notices()]).toEqual([3, [0], ["restore.replicasRefused firing"]]);
    expect(world.notices[0]?.text).toContain("0 replicas instead of 1, because the cluster accepted the request and it had no effect");
    expect(world.now().getTime() - TIMES["snap-1"].getTime()).toBeLessThan(4 * HOUR_MS);
  });
});
