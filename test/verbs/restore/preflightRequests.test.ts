import { describe, expect, it } from "vitest";
import { generateRepository } from "../../../infra/bench/generatedRepository.ts";
import type { MemoryCluster } from "../../../shared/adapters/memory/cluster.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { TOTAL_SHARDS_SETTING } from "../../../shared/model/placement/placement.ts";
import { JOB_MARKER_KEY } from "../../../shared/model/restoredName.ts";
import { preflightRestore, type RestoreRequestByHand, startRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { freshWorld, offer, SNAP2, STEP2, serveFirst, world } from "../../world/moved.ts";
import { MOVED, type TestWorld, testWorld } from "../../world/world.ts";

/** Requests that one call of the port sends; `info` asks for version, state and health. */
const REQUESTS: Readonly<Record<string, number>> = { info: 3 };
const MOST = 12;

/** Counts the requests of each call from now on. */
function counted(cluster: MemoryCluster): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [name, call] of Object.entries(cluster)) {
    if (typeof call !== "function") continue;
    Object.assign(cluster, {
      [name]: (...args: unknown[]) => {
        counts[name] = (counts[name] ?? 0) + (REQUESTS[name] ?? 1);
        return (call as (...args: unknown[]) => unknown)(...args);
      },
    });
  }
  return counts;
}

const sum = (counts: Record<string, number>) => Object.values(counts).reduce((all, one) => all + one, 0);
const REQUEST: RestoreRequestByHand = { snapshot: "snap-2", repository: "moved-movies", to: "target", indices: ["fx-orders"], replicas: 1 };

/** The watch's repository holds one snapshot of so many indices. */
async function worldWith(indices: number): Promise<{ many: TestWorld; request: RestoreRequestByHand }> {
  const many = await testWorld({ targetVersion: "5.5.3" });
  const repository = generateRepository(0, "uuids", { indices, filesPerShard: 1 });
  const blobs = new Map(
    Array.from({ length: repository.count }, (_, at) => repository.keyAt(at)).map((key, at) => [
      key,
      repository.bytesOf(key) ?? new Uint8Array(repository.sizeAt(at)),
    ]),
  );
  await many.fill(MOVED, blobs);
  return { many, request: { ...REQUEST, snapshot: repository.snapshot, indices: ["*"] } };
}

const OVER = {
  ...{ info: 3, listIndices: 1, listRepositories: 1, limits: 1, disks: 1, runningWork: 1, healths: 1, counts: 1 },
};

describe("the requests of a preflight", () => {
  it.each([1, 2, 10, 1_000])("are the same for %d indices that are overwritten and kept in a snapshot, under a filter", async (indices) => {
    const { many, request } = await worldWith(indices);
    many.config.repositories.own = { cluster: "target", blobs: MOVED };
    const { targets } = await preflightRestore(await many.open(), { ...request, over: true });
    for (const { index, shards } of targets) many.target.putIndex(index, { shards });
    many.target.putClusterSettings({ "cluster.routing.allocation.exclude._name": "*", [TOTAL_SHARDS_SETTING]: "100000" });
    const counts = counted(many.target);
    const { checks } = await preflightRestore(await many.open(), { ...request, over: true });
    expect(checks.filter(({ check }) => check === "over").length).toBeGreaterThanOrEqual(indices);
    expect(counts).toEqual(OVER);
    // Beside these the plugins may be asked for, and the snapshot of a repository that is registered.
    expect(sum({ ...counts, plugins: 1, getSnapshot: 1 })).toBeLessThanOrEqual(MOST);
  });

  it("are the same for five aliases as for one, of indices that they replace, with a bound for what is kept", async () => {
    const { many, request } = await worldWith(5);
    many.config.repositories.own = { cluster: "target", blobs: MOVED };
    const { targets } = await preflightRestore(await many.open(), request);
    const asked = async (aliases: Record<string, string>) => {
      const counts = counted(many.target);
      await preflightRestore(await many.open(), { ...request, aliases, replaceIndex: true, keepOldBytes: "1gb" });
      // The next ones are counted here too.
      return { ...counts };
    };
    for (const { index, shards } of targets) many.target.putIndex(index, { shards });
    const all = targets.map(({ index }) => index);
    const one = await asked({ [all[0] ?? ""]: all[0] ?? "" });
    expect(await asked(Object.fromEntries(all.map((name) => [name, name])))).toEqual(one);
    expect(one).toMatchObject({ counts: 1 });
  });

  it.each([1, 10, 1_000])("are the same for %d indices, all of them restored before", async (indices) => {
    const { many, request } = await worldWith(indices);
    const first = await preflightRestore(await many.open(), request);
    expect(first.targets).toHaveLength(indices);
    for (const { as, shards } of first.targets) many.target.putIndex(as, { shards, settings: { [JOB_MARKER_KEY]: "restore-before" } });
    const opened = await many.open();
    opened.log.done = async () => ({ state: "done" }) as never;
    const counts = counted(many.target);
    const { refused, checks } = await preflightRestore(opened, request);
    expect([refused, checks.some(({ check }) => check === "disk")]).toEqual([true, true]);
    expect(counts).toEqual({ info: 3, listIndices: 1, listRepositories: 1, limits: 1, disks: 1, runningWork: 1, healths: 1 });
  });
});

describe("the requests of a preflight with everything that it can ask for", () => {
  freshWorld();

  it(`are at most ${MOST}`, async () => {
    await serveFirst();
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs);
    world.target.putIndex("second", { aliases: ["orders"] });
    const counts = counted(world.target);
    await startRestore(await world.open(), { ...REQUEST, alias: "orders", older: true }, { by: "person", who: "ops" });
    expect(counts).toMatchObject({ aliasHolders: 1, getSnapshot: 1, listIndices: 1, listRepositories: 1 });
    // Beside these only the plugins, and the health of what was restored before, may be asked for.
    expect(sum({ ...counts, plugins: 1, healths: 1 })).toBeLessThanOrEqual(MOST);
  });

  it("leave the disks unknown where the cluster does not tell them, and go on", async () => {
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs);
    for (const method of ["limits", "disks"] as const) {
      world.target.failNext(method, new AppError("denied", "cluster target: HTTP 403"));
      const { refused, checks } = await preflightRestore(await world.open(), REQUEST);
      expect([method, refused, checks.find(({ check }) => check === "disk")]).toMatchObject([
        method,
        false,
        { result: "warn", reason: { code: "disk.unknown", params: { message: "cluster target: HTTP 403" } } },
      ]);
    }
  });

  it("leave the disks unknown where a node tells nothing of its own", async () => {
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs);
    world.target.sizeDisks({ total: 0, free: 0 });
    const { refused, checks } = await preflightRestore(await world.open(), REQUEST);
    const message = "target-1 of target tells nothing of its disk";
    expect([refused, checks.find(({ check }) => check === "disk")?.reason]).toEqual([false, { code: "disk.unknown", params: { message } }]);
  });

  it("are followed by a refusal where the target's disks are too full", async () => {
    offer("snap-2", SNAP2.uuid);
    await world.fill(MOVED, STEP2.blobs);
    world.target.sizeDisks({ total: 1_000_000, free: 1_000 });
    const begun = await startRestore(await world.open(), REQUEST, { by: "person", who: "ops" });
    expect(begun).toMatchObject({
      refused: { checks: expect.arrayContaining([expect.objectContaining({ check: "disk", result: "refuse" })]) },
    });
    expect(world.target.writes).toEqual([]);
  });
});
