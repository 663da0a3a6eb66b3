import { describe, expect, it } from "vitest";
import { snapshotsText } from "../../../infra/cli/verbs/snapshots.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { listSnapshots, listSnapshotsAndUnseen } from "../../../shared/verbs/snapshots/show.ts";
import { httpDoor } from "../../runtime/http/door.ts";
import { fire, tick, withMovies } from "../../world/nightly.ts";
import { NIGHTLY, testConfig } from "../../world/world.ts";

async function twoRepositories() {
  const config = testConfig((given) => {
    given.repositories.later = { cluster: "source", register: { type: "fs", settings: { location: "/srv/later" } } };
    given.backups.weekly = { ...structuredClone(NIGHTLY), repository: "later" };
    given.watches = {};
  });
  const world = await withMovies({ config });
  await fire(world);
  world.source.finishSnapshots();
  await tick(world);
  return world;
}

describe("a repository whose snapshots cannot be listed", () => {
  it("hides no snapshots of the others while it is not registered yet, and is named", async () => {
    const world = await twoRepositories();
    const { rows, unseen } = await listSnapshotsAndUnseen(await world.open());
    expect(rows).toHaveLength(1);
    expect(unseen).toMatchObject([{ repository: "later", code: "absent", reason: { code: "snapshots.unseen" } }]);
    expect(await listSnapshots(await world.open(), { policy: "nightly" })).toHaveLength(1);
    await expect(listSnapshots(await world.open(), { repository: "later" })).rejects.toMatchObject({ code: "absent" });
  });

  it.each(["refused", "invalid", "transient", "denied"] as const)(
    "hides no snapshots of the others when its cluster answers %s, and is told on screen and by HTTP",
    async (code) => {
      const world = await twoRepositories();
      const { listSnapshots: listAll } = world.source;
      world.source.listSnapshots = async (repository, options) => {
        if (repository === "later") throw new AppError(code, "cluster source: [later] The repository has been disabled");
        return listAll(repository, options);
      };
      const { rows, unseen } = await listSnapshotsAndUnseen(await world.open());
      expect(unseen).toMatchObject([{ repository: "later", code }]);
      const look = { colour: false, unicode: true, now: world.now(), program: "ossnap" };
      const text = snapshotsText(rows, look, unseen);
      expect(text).toContain("backups · 1 snapshot");
      expect(text).toMatch(/✗ the snapshots of later cannot be listed: .*has been disabled$/);
      const { status, body } = await httpDoor(world).ask("GET", "/snapshots");
      expect([status, body.data.length, body.warnings[0].repository]).toEqual([200, 1, "later"]);
    },
  );
});
