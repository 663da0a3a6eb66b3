import { describe, expect, it } from "vitest";
import type { Place } from "../../shared/model/config.ts";
import { createSnapshots } from "../../shared/tick/createSnapshots.ts";
import { dryPrune } from "../../shared/verbs/prune/ask.ts";
import { STEP1 } from "../world/moved.ts";
import { done, ID, snapshots, tick, withMovies } from "../world/nightly.ts";
import { DAY_MS, MINUTE_MS, NIGHTLY, type TestWorld, testConfig } from "../world/world.ts";

/**
 * elastic/curator#1192: a snapshot that ended FAILED counted as a completed action, and the next action deleted the indices it should hold.
 * ossnap counts only SUCCESS with every planned index: a failed backup is reported, starts no copy, and replaces no good snapshot.
 */

const SOURCE: Place = { store: "oss", bucket: "backups", basePath: "", region: "cn-hangzhou" };
const TO: Place = { store: "oss", bucket: "elsewhere", basePath: "movies", region: "cn-hangzhou" };

const NIGHT_MS = NIGHTLY.patienceMs;

/** Runs one night, after which the root in the bucket lists its last snapshot in the same state. */
async function night(world: TestWorld, states: ("FAILED" | "SUCCESS")[]): Promise<void> {
  world.source.nextSnapshots(...states.map((state) => ({ state })));
  await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
  const startMs = world.now().getTime();
  for (const state of states) {
    world.source.finishSnapshots();
    await tick(world);
    // The next attempt starts a quarter of the patience later.
    if (state !== "SUCCESS") world.advance(NIGHTLY.patienceMs / 4);
    await tick(world);
  }
  const newest = (await snapshots(world)).at(-1);
  await world.fill(SOURCE, STEP1.blobs);
  const root = JSON.parse(Buffer.from(STEP1.blobs.get("index-0") ?? []).toString());
  for (const listed of root.snapshots) Object.assign(listed, { name: newest?.name, state: newest?.state === "SUCCESS" ? 1 : 2 });
  await world.blobs(SOURCE).put("index-0", Buffer.from(JSON.stringify(root)));
  for (let minute = 0; minute < 15; minute += 1) {
    world.advance(MINUTE_MS);
    await tick(world);
  }
  world.advance(NIGHT_MS - (world.now().getTime() - startMs));
}

const copies = async (world: TestWorld) => (await world.stateKeys()).filter((key) => /^(live\/jobs|done\/copy)\/copy-/.test(key));

describe("a backup whose snapshots end FAILED", () => {
  const config = testConfig((made) => {
    made.watches = {};
    made.copies.move = { from: "backups", to: TO, snapshots: "latest", after: "nightly" };
  });

  it("is reported and starts no copy, which the next success does", async () => {
    const world = await withMovies({ config });
    await night(world, ["FAILED", "FAILED", "FAILED"]);
    expect(await done(world, ID)).toMatchObject({ state: "failed", reason: { code: "backup.attempts" } });
    expect(world.notices).toMatchObject([{ key: "backup-failed:nightly", status: "firing" }]);
    expect(await copies(world)).toEqual([]);
    world.advance(DAY_MS - NIGHT_MS);
    await night(world, ["SUCCESS"]);
    expect(await copies(world)).not.toEqual([]);
  });

  it("lets no good snapshot be pruned in its place", async () => {
    const world = await withMovies({ config });
    await night(world, ["SUCCESS"]);
    for (let failed = 0; failed < 3; failed += 1) {
      world.advance(DAY_MS - NIGHT_MS);
      await night(world, ["FAILED", "FAILED", "FAILED"]);
    }
    const { keep, remove } = await dryPrune(await world.open(), "nightly");
    const [good] = (await snapshots(world)).filter(({ state }) => state === "SUCCESS");
    expect(keep.map(({ name }) => name)).toContain(good?.name);
    expect(remove.map(({ name }) => name)).not.toContain(good?.name);
  });
});
