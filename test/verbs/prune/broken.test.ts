import { beforeEach, describe, expect, it } from "vitest";
import type { SnapshotProof } from "../../../shared/model/repository.ts";
import { storeEvidence } from "../../../shared/reader/evidence.ts";
import { createSnapshots } from "../../../shared/tick/createSnapshots.ts";
import { dryPrune } from "../../../shared/verbs/prune/ask.ts";
import { dryDeletion } from "../../../shared/verbs/prune/askDeletion.ts";
import { tick } from "../../world/nightly.ts";
import { DAY_MS, type TestWorld, testConfig, testWorld } from "../../world/world.ts";

const BLOBS = { store: "oss" as const, bucket: "backups", basePath: "", region: "cn-hangzhou" };

describe.each(["2.4.6", "5.5.3", "7.10.2"])("a repository with a snapshot that a stored proof found damaged, on %s", (sourceVersion) => {
  let world: TestWorld;
  let names: string[];

  /** Stores a verdict on a snapshot; on 2.x the name is the uuid. */
  async function judge(name: string | undefined, verdict: SnapshotProof["verdict"], since = world.now()): Promise<void> {
    const found = (await world.source.listSnapshots("backups")).find((one) => one.name === name);
    const uuid = found?.uuid ?? name;
    const closure = { digest: uuid, indices: [], snapshot: { indices: [] } };
    const proof = { name, uuid, level: "contents", verdict, generation: 4, blobs: 1, bytes: 1, closure } as unknown as SnapshotProof;
    await storeEvidence(await world.open(), BLOBS, proof, since);
  }

  const planned = async () => {
    const plan = await dryPrune(await world.open(), "nightly");
    return { plan, codes: new Map(plan.keep.map(({ name, reasons }) => [name, reasons.map(({ code }) => code)])) };
  };

  beforeEach(async () => {
    const config = testConfig((made) => {
      made.watches = {};
    });
    world = await testWorld({ sourceVersion, targetVersion: "7.10.2", config });
    world.source.putIndex("movies", { documents: 3 });
    for (let night = 0; night < 5; night += 1) {
      await createSnapshots(await world.open(), { policy: "nightly", triggerTime: world.now() });
      world.source.finishSnapshots();
      await tick(world);
      world.advance(DAY_MS);
    }
    names = (await world.source.listSnapshots("backups")).map(({ name }) => name);
  });

  it("counts it for no rule, and removes no whole one in its favour", async () => {
    const before = await planned();
    const whole = before.plan.keep.map(({ name }) => name);
    await judge(names[4], "damaged");
    const { plan, codes } = await planned();
    expect(codes.get(names[4] ?? "")).toEqual(["keep.notReplaced", "keep.broken"]);
    expect(codes.get(names[3] ?? "")).toContain("keep.newest");
    expect(plan.newestGood?.name).toBe(names[3]);
    expect(plan.keep).toHaveLength(whole.length + 1);
    expect((await dryDeletion(await world.open(), { repository: "backups", snapshot: names[3] })).refusal?.code).toBe("keep.newest");
  });

  it("counts it again once it is whole", async () => {
    await judge(names[4], "damaged");
    world.advance(60_000);
    await judge(names[4], "whole");
    expect((await planned()).plan.newestGood?.name).toBe(names[4]);
  });

  it("takes a verdict on an earlier snapshot of the name for what it is", async () => {
    await judge(names[4], "damaged", new Date(0));
    expect((await planned()).plan.newestGood?.name).toBe(sourceVersion === "2.4.6" ? names[4] : names[3]);
  });
});
