import { describe, expect, it } from "vitest";
import { previewBackup } from "../../../shared/verbs/backup/preview.ts";
import { created, done, fire, tick, withMovies } from "../../world/nightly.ts";
import { DAY_MS, MINUTE_MS, testConfig } from "../../world/world.ts";

const OPS = { who: "ops" };

describe("the dry run of a backup of an index whose primary shards are not started", () => {
  it("says before 7.x that the snapshot will fail, and from then on that the cluster will refuse it", async () => {
    for (const [sourceVersion, code] of [
      ["5.5.3", "selection.unstartedFails"],
      ["7.10.2", "selection.unstartedRefused"],
    ] as const) {
      const world = await withMovies({ sourceVersion });
      expect((await previewBackup(await world.open(), "nightly", OPS)).remarks.map((remark) => remark.code)).not.toContain(code);
      world.source.loseShards("movies");
      const { remarks } = await previewBackup(await world.open(), "nightly", OPS);
      expect(remarks).toContainEqual({ code, params: { indices: ["movies"], count: 1 } });
    }
  });
});

describe("the dry run of a selection that lost more than its policy allows", () => {
  const halved = async (action: "tell" | "refuse") => {
    const config = testConfig(({ backups: { nightly } }) => nightly && Object.assign(nightly, { shrinkAtMost: { percent: 30, action } }));
    const world = await withMovies({ config });
    await fire(world);
    world.source.finishSnapshots();
    await tick(world);
    await world.source.deleteIndex("movies-old");
    world.advance(DAY_MS);
    return world;
  };

  it.each([
    ["refuse", "selection.shrankRefused", 0, { state: "refused", reason: { code: "selection.shrank" } }],
    ["tell", "selection.shrankTold", 1, undefined],
  ] as const)("says with action %s what the timer then does", async (action, code, started, ended) => {
    const world = await halved(action);
    const { remarks, refusal, indices } = await previewBackup(await world.open(), "nightly", OPS);
    expect([remarks.map((remark) => remark.code), refusal]).toEqual([["selection.shrank", code], undefined]);
    expect(indices.map(({ name }) => name)).toEqual(["movies"]);
    const before = created(world).length;
    for (const minutes of [0, 3]) {
      world.advance(minutes * MINUTE_MS);
      await tick(world);
    }
    expect(created(world).length - before).toBe(started);
    if (ended) expect(await done(world, "backup-nightly-20261122t013000z")).toMatchObject(ended);
    expect(world.notices.filter(({ key }) => key === "selection-shrank:nightly")).toMatchObject([{ status: "firing" }]);
  });

  it("says nothing of it while the selection is as large as allowed", async () => {
    const world = await halved("refuse");
    world.source.putIndex("movies-new", { documents: 1 });
    expect((await previewBackup(await world.open(), "nightly", OPS)).remarks.map(({ code }) => code)).toEqual([]);
  });
});
