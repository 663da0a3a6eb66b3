import { describe, expect, it } from "vitest";
import { created, done, fire, tick, withMovies } from "../world/nightly.ts";
import { testConfig, testWorld } from "../world/world.ts";

/**
 * elastic/elasticsearch#106629: a mistyped index pattern made every scheduled snapshot an empty SUCCESS.
 * elastic/elasticsearch#25359: a snapshot that names a missing index ended in SUCCESS without it.
 * ossnap resolves the patterns itself, fails the backup before any request, and names the pattern or the index.
 */

describe("a backup that would hold nothing, or less than its policy names", () => {
  it("fails on an empty selection with one notice and without a request to the cluster", async () => {
    const world = await testWorld();
    world.source.putIndex("series");
    await fire(world);
    await fire(world);
    await tick(world);
    expect(await done(world)).toMatchObject({ state: "failed", reason: { code: "selection.empty" } });
    expect(created(world)).toEqual([]);
    expect(world.notices).toMatchObject([
      { key: "backup-failed:nightly", status: "firing", text: "backups.nightly: none of 1 index matches movies*" },
    ]);
  });

  it("fails on an index name that does not exist, although other patterns match", async () => {
    const config = testConfig(({ backups }) => void Object.assign(backups.nightly ?? {}, { indices: ["movies*", "serie"] }));
    const world = await withMovies({ config });
    await fire(world);
    expect(await done(world)).toMatchObject({
      state: "failed",
      reason: { code: "selection.absent", params: { index: "serie", near: "series" } },
    });
    expect(created(world)).toEqual([]);
  });
});
