import { expect, it } from "vitest";
import { listSnapshots } from "../../../shared/verbs/snapshots/show.ts";
import { fire, tick, withMovies } from "../../world/nightly.ts";
import { NIGHTLY, testConfig } from "../../world/world.ts";

it("a repository that is not registered yet hides no snapshots of the others, and is named", async () => {
  const config = testConfig((given) => {
    given.repositories.later = { cluster: "source", register: { type: "fs", settings: { location: "/srv/later" } } };
    given.backups.weekly = { ...structuredClone(NIGHTLY), repository: "later" };
    given.watches = {};
  });
  const world = await withMovies({ config });
  await fire(world);
  world.source.finishSnapshots();
  await tick(world);
  expect(await listSnapshots(await world.open())).toHaveLength(1);
  expect(await listSnapshots(await world.open(), { policy: "nightly" })).toHaveLength(1);
  expect(world.lines).toContainEqual(
    expect.objectContaining({
      message: "not registered yet, and so without snapshots",
      fields: expect.objectContaining({ repository: "later" }),
    }),
  );
  await expect(listSnapshots(await world.open(), { repository: "later" })).rejects.toMatchObject({ code: "absent" });
});
