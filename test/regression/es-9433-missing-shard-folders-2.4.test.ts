import { describe, expect, it } from "vitest";
import { startRestore } from "../../shared/verbs/restore/askByHand.ts";
import { fixtureRepository } from "../format/fixtureRepositories.ts";
import { OPS } from "../world/nightly.ts";
import { MOVED, testWorld } from "../world/world.ts";

/**
 * elastic/elasticsearch#9433: up to 2.x a restore whose segment file or whole shard folders are missing is retried without end.
 * ossnap refuses such a restore before any request and names the first missing blob.
 */

const { blobs } = fixtureRepository("es-2.4.6/repo");
const keysLike = (pattern: RegExp) => [...blobs.keys()].filter((key) => pattern.test(key));

describe("a restore of a 2.4 repository", () => {
  it.each([
    ["one segment file is missing", keysLike(/^indices\/fx-orders\/0\/__/).slice(0, 1)],
    ["all shard folders are missing", keysLike(/^indices\/[^/]+\/\d+\//)],
  ])("is refused when %s", async (_, missing) => {
    expect(missing.length).toBeGreaterThan(0);
    const world = await testWorld({ targetVersion: "2.4.6" });
    await world.fill(MOVED, blobs, missing);
    const request = { snapshot: "snap-3", repository: "moved-movies", to: "target", indices: ["fx-orders"], replicas: 0 };
    expect(await startRestore(await world.open(), request, OPS)).toMatchObject({ refused: { verdict: "incomplete", refused: true } });
    expect(world.target.writes).toEqual([]);
  });

  it("is accepted when every blob is present", async () => {
    const world = await testWorld({ targetVersion: "2.4.6" });
    await world.fill(MOVED, blobs);
    const request = { snapshot: "snap-3", repository: "moved-movies", to: "target", indices: ["fx-orders"], replicas: 0 };
    expect(await startRestore(await world.open(), request, OPS)).toMatchObject({ created: { outcome: "created" } });
  });
});
