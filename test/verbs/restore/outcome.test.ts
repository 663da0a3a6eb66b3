import { describe, expect, it } from "vitest";
import type { DoneRecord } from "../../../shared/jobs/record.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { mappingHash } from "../../../shared/model/mappings/mappingHash.ts";
import { startRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { phaseSeconds } from "../../../shared/verbs/restore/stepProgress.ts";
import { say } from "../../../shared/words/say.ts";
import { movedWorld } from "../../golden/stages.ts";
import { mappingIn, uuidOf } from "../../world/moved.ts";
import { OPS, tick } from "../../world/nightly.ts";
import { MINUTE_MS, MOVED, type TestWorld } from "../../world/world.ts";
import { job } from "./stepSetting.ts";

const HASH = mappingHash(mappingIn(uuidOf("snap-1")));

/** The watched place is the one that the source writes. */
const fromSource = () =>
  movedWorld(({ repositories }) => {
    if (repositories.backups) repositories.backups.blobs = MOVED;
  });

async function restored(world: TestWorld): Promise<DoneRecord> {
  const request = { snapshot: "snap-1", repository: "moved-movies", to: "target", indices: ["fx-orders"], replicas: 0 };
  const outcome = await startRestore(await world.open(), request, OPS);
  if (!("created" in outcome) || outcome.created.outcome !== "created") throw new Error(JSON.stringify(outcome));
  const { id } = outcome.created.job;
  for (let look = 0; look < 12; look += 1) {
    world.target.finishRestores();
    await tick(world);
    world.advance(MINUTE_MS);
  }
  const done = await (await world.open()).log.done(id);
  if (done === undefined) throw new Error("it did not end");
  return done;
}
const indexOf = (done: DoneRecord) => (done.result as { indices: Record<string, unknown>[] }).indices[0];

describe("the outcome of a restore", () => {
  it("has the mapping, and says nothing of it where it is the snapshot's", async () => {
    const done = await restored(await movedWorld());
    expect(indexOf(done)).toMatchObject({ documents: 3, mapping: { hash: HASH, inSnapshot: HASH } });
    expect(indexOf(done)).not.toHaveProperty("source");
    expect(say(done.reason)).not.toContain("mapping");
  });

  it("warns of another mapping, and is done nevertheless", async () => {
    const world = await movedWorld();
    for (const { held } of world.places.at({ location: "/srv/moved" }))
      for (const index of held.values()) index.mapping = { movie: { dynamic: false } };
    const done = await restored(world);
    expect(done.state).toBe("done");
    expect(indexOf(done)).toMatchObject({ mapping: { inSnapshot: HASH } });
    expect(say(done.reason)).toMatch(/the mapping of fx-orders-\S+ differs from the one in the snapshot \(1 index\)/);
  });

  it("leaves out a mapping that the user may not read, and one that the bucket lacks", async () => {
    const world = await movedWorld();
    world.target.mapping = async () => Promise.reject(new AppError("denied", "403"));
    expect(indexOf(await restored(world))).not.toHaveProperty("mapping");
  });

  it("has what the source holds now", async () => {
    const world = await fromSource();
    world.source.putIndex("fx-orders", { documents: 5 });
    const done = await restored(world);
    expect(indexOf(done)).toMatchObject({ documents: 3, source: { cluster: "source", documents: 5 } });
  });

  it("does not wait for a source that has no such index, or does not answer", async () => {
    expect(indexOf(await restored(await fromSource()))).toMatchObject({ source: { documents: null } });
    const world = await fromSource();
    world.source.countDocuments = async () => Promise.reject(new AppError("transient", "no answer"));
    expect(indexOf(await restored(world))).toMatchObject({ documents: 3, source: { documents: null, isSilent: true } });
  });
});

describe("the seconds of its parts", () => {
  it("and their total are exact to the millisecond", () => {
    const at = (ms: number) => new Date(ms).toISOString();
    const times = { planned: at(123), restored: at(2440), served: at(2440) };
    expect(phaseSeconds(job("served", { times }))).toEqual({ proof: 0.123, restore: 2.317, swap: 0, total: 2.44 });
  });
});
