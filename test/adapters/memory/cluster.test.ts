import { describe, expect, it } from "vitest";
import { type MemoryClusterOptions, memoryCluster } from "../../../shared/adapters/memory/cluster.ts";
import { givenSnapshot, memoryPlaces } from "../../../shared/adapters/memory/clusterPlaces.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { outcomeOf } from "../../contract/clusterStage.ts";

const START = new Date("2026-11-21T01:30:00Z");
const REPOSITORY = { name: "r", type: "fs", settings: { location: "/srv/r" } };
const TAKE = { indices: ["movies"], metadata: { ossnap: 1 } };

async function opened(options: Partial<MemoryClusterOptions> = {}) {
  const cluster = memoryCluster({
    now: () => START,
    snapshotPolls: Number.POSITIVE_INFINITY,
    restorePolls: Number.POSITIVE_INFINITY,
    ...options,
  });
  await cluster.putRepository(REPOSITORY, { verify: true });
  cluster.putIndex("movies", { documents: 3, shards: 2 });
  return cluster;
}

const restore = (as: string, ignore: string[] = []) => ({
  repository: "r",
  snapshot: "one",
  index: "movies",
  as,
  indexSettings: { "index.number_of_replicas": 0 },
  ignoreIndexSettings: ignore,
});

describe("a memory cluster", () => {
  it.each([
    ["5.5.3", "conflict"],
    ["6.7.0", "conflict"],
    ["7.10.2", undefined],
  ])("of %s runs one snapshot at a time only up to 7.6", async (version, code) => {
    const cluster = await opened({ version });
    await cluster.createSnapshot("r", "one", TAKE);
    const second = cluster.createSnapshot("r", "two", TAKE).then(
      () => undefined,
      (error: AppError) => error.code,
    );
    expect(await second).toBe(code);
  });

  it.each([
    ["5.5.3", ["conflict", "conflict"]],
    ["6.7.0", [undefined, "conflict"]],
    ["7.10.2", [undefined, undefined]],
  ])("of %s refuses a second restore, and a deletion during one, as that version does", async (version, codes) => {
    const cluster = await opened({ version });
    for (const name of ["one", "two"]) {
      await cluster.createSnapshot("r", name, TAKE);
      cluster.finishSnapshots();
    }
    await cluster.restore(restore("a"));
    const tries = [cluster.restore(restore("b")), cluster.deleteSnapshots("r", ["two"])];
    expect(
      await Promise.all(
        tries.map((one) =>
          one.then(
            () => undefined,
            (error: AppError) => error.code,
          ),
        ),
      ),
    ).toEqual(codes);
  });

  it.each([
    ["5.5.3", undefined],
    ["7.2.0", undefined],
    ["7.3.0", { ossnap: 1 }],
  ])("of %s keeps metadata from 7.3 on and drops it silently before", async (version, metadata) => {
    const cluster = await opened({ version });
    await cluster.createSnapshot("r", "one", TAKE);
    expect((await cluster.getSnapshot("r", "one"))?.metadata).toEqual(metadata);
  });

  it("finishes after the configured number of polls, whichever call polls", async () => {
    const cluster = await opened({ snapshotPolls: 2 });
    await cluster.createSnapshot("r", "one", TAKE);
    const states = [
      await cluster.getSnapshot("r", "one"),
      (await cluster.listSnapshots("r"))[0],
      await cluster.getSnapshot("r", "one"),
      await cluster.getSnapshot("r", "one"),
    ];
    expect(states.map((snapshot) => snapshot?.state)).toEqual(["IN_PROGRESS", "IN_PROGRESS", "IN_PROGRESS", "SUCCESS"]);
  });

  it("shares finished snapshots with a cluster that registers the same place, read-only", async () => {
    const places = memoryPlaces();
    const [source, target] = [await opened({ places, name: "source" }), memoryCluster({ places, name: "target", now: () => START })];
    await source.createSnapshot("r", "one", TAKE);
    await target.putRepository({ ...REPOSITORY, settings: { ...REPOSITORY.settings, readonly: true } }, { verify: false });
    expect(await target.listSnapshots("r")).toEqual([]);
    source.finishSnapshots();
    source.writeDocuments("movies", ["4"]);
    await target.restore(restore("beside"));
    target.finishRestores();
    // The documents at snapshot time, not the current ones of the source.
    expect(await target.countDocuments("beside")).toBe(3);
    await expect(target.deleteSnapshots("r", ["one"])).rejects.toMatchObject({ code: "refused" });
  });

  it.each([
    ["5.5.3", "5.5.2", "invalid"],
    ["5.5.2", "5.5.3", "ok"],
    ["8.17.1", "8.17.0", "ok"],
  ])("accepts a snapshot of %s on %s according to the patch version where it matters: %s", async (written, version, outcome) => {
    const places = memoryPlaces();
    places
      .at(REPOSITORY.settings)
      .push(givenSnapshot({ name: "one", uuid: "u", version: written, startTime: START, indices: { movies: {} } }));
    const cluster = await opened({ version, places });
    expect(await outcomeOf(cluster.restore(restore("beside")))).toBe(outcome);
  });

  it("hangs on an index bound to missing nodes if those settings are restored", async () => {
    const places = memoryPlaces();
    places.at(REPOSITORY.settings).push(
      givenSnapshot({
        name: "one",
        uuid: "u",
        version: "5.5.2",
        startTime: START,
        indices: { movies: { documents: 1, settings: { "routing.allocation.require.box_type": "hot" } } },
      }),
    );
    const cluster = await opened({ version: "5.5.3", places });
    await cluster.restore(restore("stuck"));
    cluster.finishRestores();
    expect([(await cluster.health("stuck"))?.status, await cluster.recovery("stuck"), (await cluster.runningRestores()).length]).toEqual([
      "red",
      [],
      1,
    ]);
    await cluster.deleteIndex("stuck");
    await cluster.restore(restore("free", ["index.routing.allocation.*"]));
    cluster.finishRestores();
    expect((await cluster.health("free"))?.status).toBe("green");
  });

  it("leaves an alias on two indices when the removal pattern does not match its holder", async () => {
    const cluster = await opened();
    cluster.putIndex("cinema", { aliases: ["films"] });
    await cluster.moveAliases([{ alias: "films", from: ["movies-*"], to: ["movies"] }]);
    expect((await cluster.listIndices()).filter(({ aliases }) => aliases.includes("films")).map(({ name }) => name)).toEqual([
      "movies",
      "cinema",
    ]);
  });

  it("fails as configured: before anything happens, or after everything is done", async () => {
    const cluster = await opened();
    cluster.failNext("createSnapshot", new AppError("denied", "no"));
    cluster.failNext("createSnapshot", "lost");
    await expect(cluster.createSnapshot("r", "one", TAKE)).rejects.toMatchObject({ code: "denied" });
    expect(await cluster.runningSnapshots()).toEqual([]);
    await expect(cluster.createSnapshot("r", "one", TAKE)).rejects.toMatchObject({ code: "transient" });
    expect(await cluster.runningSnapshots()).toHaveLength(1);
    expect(cluster.writes.map(({ method }) => method)).toEqual(["putRepository", "createSnapshot", "createSnapshot"]);
  });

  it("finishes a snapshot as configured, and leaves no trace of one that it could not write", async () => {
    const cluster = await opened({ version: "7.10.2" });
    cluster.nextSnapshots({ state: "PARTIAL", failedIndex: "movies" }, "noTrace");
    await cluster.createSnapshot("r", "one", TAKE);
    cluster.finishSnapshots();
    expect(await cluster.getSnapshot("r", "one")).toMatchObject({
      state: "PARTIAL",
      shards: { total: 2, failed: 1, successful: 1 },
      failures: [{ index: "movies" }],
    });
    await expect(cluster.restore(restore("a"))).rejects.toMatchObject({ code: "invalid" });
    await cluster.createSnapshot("r", "two", TAKE);
    expect(await cluster.getSnapshot("r", "two")).toBeUndefined();
  });
});
