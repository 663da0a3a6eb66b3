import { expect, it } from "vitest";
import { type ClusterFixture, finished } from "./clusterFixture.ts";

export function snapshotTests(fixture: () => ClusterFixture): void {
  it("takes a snapshot of exactly the named indices", async () => {
    const { cluster, version } = fixture();
    const before = Date.now();
    await cluster.createSnapshot("main", "night-1", { indices: ["movies"], metadata: { ossnap: { policy: "nightly" } } });
    const snapshot = await finished(cluster, "main", "night-1");

    expect(snapshot).toMatchObject({
      name: "night-1",
      state: "SUCCESS",
      version: expect.stringMatching(`^${version.split(".")[0]}\\.`),
      indices: ["movies"],
      failures: [],
    });
    expect(snapshot.shards.failed).toBe(0);
    expect(snapshot.shards.successful).toBe(snapshot.shards.total);
    expect(snapshot.shards.total).toBeGreaterThan(0);
    expect(snapshot.endTime?.getTime()).toBeGreaterThanOrEqual(snapshot.startTime.getTime());
    // Both clocks are those of this machine.
    expect(snapshot.startTime.getTime()).toBeGreaterThanOrEqual(before - 60_000);
    if (Number.parseInt(version, 10) >= 8) expect(snapshot.metadata).toEqual({ ossnap: { policy: "nightly" } });
    if (!version.startsWith("2.")) expect(snapshot.uuid).toMatch(/^[\w-]{20,24}$/);
    expect(await cluster.listSnapshots("main")).toEqual([snapshot]);
  });

  it("reports the progress of a finished snapshot as done", async () => {
    const { cluster } = fixture();
    const progress = await cluster.snapshotProgress("main", "night-1");

    expect(progress).toMatchObject({ state: "SUCCESS", shards: { failed: 0 } });
    expect(progress?.shards.done).toBe(progress?.shards.total);
    expect(progress?.bytes.done).toBe(progress?.bytes.total);
  });

  it("tells shards and bytes of each index of a finished snapshot", async () => {
    const { cluster } = fixture();
    const [night] = await cluster.listSnapshots("main");
    const movies = (await cluster.listIndices()).find(({ name }) => name === "movies");
    const held = await cluster.snapshotContents("main", "night-1");

    expect(held).toEqual([{ name: "movies", shards: movies?.shards, bytes: expect.any(Number) }]);
    expect(held?.[0]?.shards).toBe(night?.shards.total);
    expect(held?.[0]?.bytes).toBeGreaterThan(0);
  });

  it("returns undefined for a snapshot that was never taken", async () => {
    const { cluster } = fixture();

    expect(await cluster.getSnapshot("main", "nosuch")).toBeUndefined();
    expect(await cluster.snapshotProgress("main", "nosuch")).toBeUndefined();
    expect(await cluster.snapshotContents("main", "nosuch")).toBeUndefined();
  });

  it("returns those of several named snapshots that exist", async () => {
    const { cluster } = fixture();
    const [night] = await cluster.listSnapshots("main");

    expect(await cluster.getSnapshots("main", ["nosuch", "night-1", "night-1"])).toEqual([night]);
    expect(await cluster.getSnapshots("main", ["nosuch"])).toEqual([]);
    await expect(cluster.getSnapshots("nosuch", ["night-1"])).rejects.toMatchObject({ code: "absent" });
    await expect(cluster.getSnapshots("main", ["night-*"])).rejects.toMatchObject({ code: "invalid" });
  });

  it("refuses a second snapshot of the same name as conflict", async () => {
    const { cluster } = fixture();

    await expect(cluster.createSnapshot("main", "night-1", { indices: ["movies"], metadata: {} })).rejects.toMatchObject({
      code: "conflict",
    });
  });

  it("rejects an empty selection, a pattern, an upper-case name, and a missing index", async () => {
    const { cluster } = fixture();
    const refusals: [string, string[], string][] = [
      ["other", [], "invalid"],
      ["other", ["mov*"], "invalid"],
      ["UPPER", ["movies"], "invalid"],
      ["other", ["nosuch"], "absent"],
    ];

    for (const [snapshot, indices, code] of refusals)
      await expect(cluster.createSnapshot("main", snapshot, { indices, metadata: {} })).rejects.toMatchObject({ code });
    expect((await cluster.listSnapshots("main")).map((snapshot) => snapshot.name)).toEqual(["night-1"]);
  });

  it("deletes snapshots by name, and treats missing ones as deleted", async () => {
    const { cluster, version } = fixture();
    const [major = 0] = version.split(".").map(Number);
    for (const snapshot of ["old-1", "old-2"]) {
      await cluster.createSnapshot("main", snapshot, { indices: [".dotted"], metadata: {} });
      await finished(cluster, "main", snapshot);
    }
    if (major >= 8 || version.startsWith("7.1")) await cluster.deleteSnapshots("main", ["old-1", "gone", "old-2"]);
    else {
      await expect(cluster.deleteSnapshots("main", ["old-1", "old-2"])).rejects.toMatchObject({ code: "invalid" });
      for (const snapshot of ["old-1", "gone", "old-2"]) await cluster.deleteSnapshots("main", [snapshot]);
    }
    await cluster.deleteSnapshots("main", []);

    expect((await cluster.listSnapshots("main")).map((snapshot) => snapshot.name)).toEqual(["night-1"]);
    await expect(cluster.deleteSnapshots("main", ["*"])).rejects.toMatchObject({ code: "invalid" });
    await expect(cluster.deleteSnapshots("main", ["_all"])).rejects.toMatchObject({ code: "invalid" });
  });
}
