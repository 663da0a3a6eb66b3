import { describe, expect, it } from "vitest";
import { AppError } from "../../../shared/model/errors.ts";
import { showStatus } from "../../../shared/verbs/status/show.ts";
import { done, fire, tick, withMovies } from "../../world/nightly.ts";

/** A backup whose cluster answers the question about its finished snapshot like this. */
async function taken(bytes: () => number) {
  const world = await withMovies();
  const { open } = world;
  world.open = async (options) => {
    const opened = await open(options);
    const progress = async () => ({ state: "SUCCESS", shards: { total: 1, done: 1, failed: 0 }, bytes: { total: bytes(), done: 0 } });
    const cluster: typeof opened.cluster = (name) => ({ ...opened.cluster(name), snapshotProgress: progress });
    return { ...opened, cluster };
  };
  await fire(world);
  world.source.finishSnapshots();
  await tick(world);
  return {
    result: (await done(world))?.result,
    newest: (await showStatus(await world.open(), { rows: [], unread: [] })).policies[0]?.newest,
  };
}

describe("what a finished backup added to its repository", () => {
  it("is in its record and in the status", async () => {
    const { result, newest } = await taken(() => 4711);
    expect([result, newest]).toMatchObject([{ bytes: 4711 }, { bytes: 4711, seconds: 0 }]);
  });

  it("is left out where the cluster does not say, and the backup is done", async () => {
    const { result, newest } = await taken(() => {
      throw new AppError("transient", "no answer");
    });
    expect(result).toMatchObject({ snapshot: expect.any(String) });
    expect([result, newest].map((one) => Object.hasOwn(one ?? {}, "bytes"))).toEqual([false, false]);
  });
});
