import { describe, expect, it } from "vitest";
import { AppError } from "../../../shared/model/errors.ts";
import type { PreflightCheck } from "../../../shared/plan/preflightTypes.ts";
import { preflightRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { say } from "../../../shared/words/say.ts";
import { fixtureRepository } from "../../format/fixtureRepositories.ts";
import { MOVED, type TestWorld, testWorld } from "../../world/world.ts";

/** Target and what it restores; each fixture has a PARTIAL snapshot. */
const TARGETS = [
  ["5.5.3", "es-5.5.2-chunked"],
  ["5.6.16", "es-5.6.16"],
  ["6.7.0", "es-6.7.0"],
  ["7.10.2", "es-7.10.2"],
  ["8.17.0", "es-8.17.0"],
  ["9.2.0", "es-9.2.0"],
] as const;

async function worldOf(targetVersion: string, fixture: string): Promise<TestWorld> {
  const world = await testWorld({ targetVersion, restorePolls: Number.POSITIVE_INFINITY });
  await world.fill(MOVED, fixtureRepository(`${fixture}/repo`).blobs);
  return world;
}

async function foretold(world: TestWorld, snapshot: string, ...indices: string[]) {
  const report = await preflightRestore(await world.open(), { snapshot, repository: "moved-movies", to: "target", indices, replicas: 0 });
  // From 8.0 on an index prefers a tier, which is never restored.
  const told = report.checks.filter(({ check, result }) => check !== "settings" && result !== "ok");
  return { report, told, codes: told.map(({ result, reason, wayOut }) => `${result} ${reason.code} ${wayOut?.code}`) };
}

const wayOutOf = ([first]: readonly PreflightCheck[]) => (first?.wayOut ? say(first.wayOut) : undefined);

describe.each(TARGETS)("a restore into %s, with its way out,", (version, fixture) => {
  it("is foretold to be refused where a closed index of the same name has another number of shards", async () => {
    const world = await worldOf(version, fixture);
    const [target] = (await foretold(world, "snap-3", "fx-orders")).report.targets;
    world.target.putIndex(target?.as ?? "", { shards: 7 });
    world.target.closeIndex(target?.as ?? "");
    const { codes, told } = await foretold(world, "snap-3", "fx-orders");
    expect(codes).toEqual(["refuse name.closedOther wayOut.nameTaken"]);
    expect(told[0]?.reason.params).toMatchObject({ there: 7, shards: target?.shards });
  });

  it("names the indices of a PARTIAL snapshot that are whole, which are accepted", async () => {
    const world = await worldOf(version, fixture);
    const { told } = await foretold(world, "snap-partial", "*");
    expect(told[0]).toMatchObject({ result: "refuse", reason: { code: "snapshot.shardFailed" } });
    expect(wayOutOf(told)).toBe("restore only what is whole in it (1 index): fx-orders; or restore another snapshot");
    expect((await foretold(world, "snap-partial", "fx-orders")).codes).toEqual([]);
  });
});

describe("a FAILED snapshot", () => {
  // From 7.4 on the servers of the fixtures kept none.
  it.each(TARGETS.slice(0, 3))("is foretold to be refused by %s, with its way out", async (version, fixture) => {
    const { codes } = await foretold(await worldOf(version, fixture), "snap-failed", "*");
    expect(codes).toContain("refuse snapshot.notRestorable wayOut.otherSnapshot");
  });
});

describe("work on the target that a restore waits for", () => {
  it.each([
    ["5.5.3", "es-5.5.2-chunked", true],
    ["5.6.16", "es-5.6.16", true],
    ["6.7.0", "es-6.7.0", true],
    ["7.10.2", "es-7.10.2", false],
    ["8.17.0", "es-8.17.0", false],
  ])("is foretold on %s, of %s: %s", async (version, fixture, waits) => {
    const world = await worldOf(version, fixture);
    world.target.putIndex("cinema", { documents: 3 });
    await world.target.putRepository({ name: "other", type: "fs", settings: { location: "/srv/other" } }, { verify: false });
    await world.target.createSnapshot("other", "night", { indices: ["cinema"], metadata: {} });
    const expected = (code: string) => (waits ? [`warn ${code} wayOut.waits`] : []);
    expect((await foretold(world, "snap-3", "fx-orders")).codes).toEqual(expected("running.snapshot"));
    world.target.finishSnapshots();
    const request = { repository: "other", snapshot: "night", index: "cinema", as: "cinema-again" };
    await world.target.restore({ ...request, indexSettings: {}, ignoreIndexSettings: [] });
    const { codes, report } = await foretold(world, "snap-3", "fx-orders");
    expect([codes, report.refused]).toEqual([expected("running.restore"), false]);
    const second = world.target.restore({ ...request, as: "cinema-third", indexSettings: {}, ignoreIndexSettings: [] });
    // Measured: only up to 5.x a second restore is refused; what ossnap begins waits up to 7.6.
    if (version.startsWith("5.")) await expect(second).rejects.toBeInstanceOf(AppError);
    else await second;
  });
});

describe("an index that is too old for the target", () => {
  it.each([
    ["7.10.2", "es-5.5.2-chunked", "wayOut.reindex"],
    ["8.17.0", "es-5.5.2-chunked", "wayOut.archive"],
    ["8.17.0", "es-6.7.0", "wayOut.archive"],
    ["9.2.0", "es-7.10.2", "wayOut.archive"],
    ["8.17.0", "es-2.4.6", "wayOut.reindex"],
  ])("of %s, from %s: %s", async (version, fixture, wayOut) => {
    const { codes } = await foretold(await worldOf(version, fixture), "snap-3", "fx-orders");
    expect(codes).toContain(`refuse version.tooOld ${wayOut}`);
  });
});
