import { describe, expect, it } from "vitest";
import { httpDoor } from "../runtime/http/door.ts";
import { fire, tick, withMovies } from "../world/nightly.ts";

/**
 * elastic/kibana#98782: when Elasticsearch could not read one snapshot, the snapshot list was shown as empty.
 * ossnap answers with the error; an empty list means that there are no snapshots.
 */

describe("the list of snapshots", () => {
  it("is an error, not empty, when the cluster cannot read a snapshot", async () => {
    const world = await withMovies({ sourceVersion: "7.10.2" });
    await fire(world);
    world.source.finishSnapshots();
    await tick(world);
    const { ask } = httpDoor(world);
    expect(await ask("GET", "/snapshots")).toMatchObject({ status: 200, body: { data: [{ state: "SUCCESS" }] } });
    world.source.spoil("backups", { what: "snapshotBlobMissing" });
    expect(await ask("GET", "/snapshots")).toMatchObject({ status: 503, body: { code: "transient" } });
  });

  it("is an error, not empty, when the cluster does not answer", async () => {
    const world = await withMovies();
    await fire(world);
    world.source.failNext("listSnapshots", "lost");
    expect(await httpDoor(world).ask("GET", "/snapshots")).toMatchObject({ status: 503, body: { code: "transient" } });
  });
});
