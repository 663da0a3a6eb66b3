import { describe, expect, it } from "vitest";
import { JOB_MARKER_KEY } from "../../../shared/model/restoredName.ts";
import { lookAtSource } from "../../../shared/verbs/migration/source.ts";
import { askRestore } from "../../../shared/verbs/restore/ask.ts";
import { documents, freshWorld, offer, SNAP2, STEP2, served, serveFirst, settle, TIMES, world } from "../../world/moved.ts";
import { MINUTE_MS, MOVED } from "../../world/world.ts";

/** The restore of a cut-over, which holds the source; snap-1 serves. */
async function cuttingOver(): Promise<string> {
  await serveFirst();
  offer("snap-2", SNAP2.uuid);
  await world.fill(MOVED, STEP2.blobs);
  world.source.putIndex("fx-orders", { documents: documents("snap-2") });
  const indices = await lookAtSource(world.source, await world.source.listIndices());
  const created = await askRestore(await world.open(), {
    input: {
      snapshot: { name: "snap-2", uuid: SNAP2.uuid, startTime: TIMES["snap-2"].toISOString() },
      ...{ repository: "moved-movies", place: MOVED, indices: ["fx-orders"], alias: "orders", replicas: 0, keepOldMs: MINUTE_MS },
      ...{ watch: "moved", serves: true, migration: "migration-orders-cutover-1" },
      unchanged: { cluster: "source", patterns: ["fx-orders"], indices, isBlocked: true },
    },
    ...{ cluster: "target", asked: { by: "ossnap", who: "migration-orders-cutover-1" }, purpose: "orders", key: "cut" },
  });
  return created.outcome === "done" ? "" : created.job.id;
}

const SERVED_FIRST = "fx-orders-20261121010006531";

describe("the restore of a cut-over", () => {
  freshWorld({ targetVersion: "6.8.23" });

  it("moves the aliases while nothing changed", async () => {
    const id = await cuttingOver();
    await settle();
    expect(await (await world.open()).log.done(id)).toMatchObject({ state: "done" });
    expect((await served())[0]?.name).not.toContain(SERVED_FIRST);
  });

  it.each<[string, (index: string) => Promise<void> | void, string]>([
    ["written to", (index) => world.target.writeDocuments(index, ["written-1", "written-2"]), "migration.targetWritten"],
    ["blocked", (index) => world.target.updateIndexSettings(index, { "index.blocks.read_only_allow_delete": "true" }), "alias.blocked"],
  ])("ends when what serves is %s meanwhile, for it waits for nobody, and what serves is left as it is", async (_what, happens, code) => {
    const id = await cuttingOver();
    const [before] = await served();
    const { restore } = world.target;
    // After the checks, before the aliases move.
    world.target.restore = async (request) => {
      await happens(before?.name ?? "");
      return restore(request);
    };
    await settle();
    const documentsNow = await world.target.countDocuments(before?.name ?? "");
    expect(documentsNow).toBe(documents("snap-1") + (code === "alias.blocked" ? 0 : 2));
    expect(await (await world.open()).log.done(id)).toMatchObject({ state: "failed", reason: { code } });
    const [after] = await served();
    expect([after?.name, after?.uuid]).toEqual([before?.name, before?.uuid]);
    // What was restored beside it is deleted again, and nobody is asked to resume anything.
    expect((await world.target.listIndices()).filter(({ settings }) => settings[JOB_MARKER_KEY] === id)).toEqual([]);
    expect(world.notices.filter(({ key, job }) => key.startsWith("restore-held:") && job === id)).toEqual([]);
  });
});
