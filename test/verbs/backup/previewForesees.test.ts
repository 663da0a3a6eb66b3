import { describe, expect, it } from "vitest";
import { previewBackup } from "../../../shared/verbs/backup/preview.ts";
import { withMovies } from "../../world/nightly.ts";

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
