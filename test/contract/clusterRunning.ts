import { expect, it } from "vitest";
import { type ClusterFixture, finished, until } from "./clusterFixture.ts";

export function runningTests(fixture: () => ClusterFixture): void {
  it("shows a running snapshot, and refuses conflicting operations as conflict", async () => {
    const { cluster, version, writeDocuments, newRepository } = fixture();
    const slow = newRepository("slow", { max_snapshot_bytes_per_sec: "40kb" });
    await cluster.putRepository(slow, { verify: true });
    await writeDocuments("large", [1, 2, 3], { bytes: 25_000 });
    await cluster.createSnapshot("slow", "run", { indices: ["large"], metadata: {} });

    const running = await cluster.getSnapshot("slow", "run");
    expect(running).toMatchObject({ state: "IN_PROGRESS", endTime: undefined, indices: ["large"] });
    expect(await cluster.runningSnapshots()).toEqual([{ repository: "slow", snapshot: "run" }]);
    expect((await cluster.listSnapshots("slow")).map((snapshot) => snapshot.state)).toEqual(["IN_PROGRESS"]);
    const progress = await cluster.snapshotProgress("slow", "run");
    expect(progress?.shards.done).toBeLessThan(progress?.shards.total ?? 0);
    // 2.x deletes the index once the running shard is done, and finishes the snapshot as PARTIAL.
    if (!version.startsWith("2.")) await expect(cluster.deleteIndex("large")).rejects.toMatchObject({ code: "conflict" });
    await expect(cluster.putRepository(newRepository("slow"), { verify: false })).rejects.toMatchObject({ code: "conflict" });
    // With one snapshot thread the response may arrive only after the first snapshot is done; by then the name exists.
    await expect(cluster.createSnapshot("slow", "run", { indices: ["large"], metadata: {} })).rejects.toMatchObject({ code: "conflict" });
    expect(await finished(cluster, "slow", "run")).toMatchObject({ state: "SUCCESS" });
  });

  it("stops a running snapshot by deleting it", async () => {
    const { cluster, newRepository } = fixture();
    await cluster.putRepository(newRepository("stopped", { max_snapshot_bytes_per_sec: "40kb" }), { verify: true });
    await cluster.createSnapshot("stopped", "run", { indices: ["large"], metadata: {} });
    expect(await cluster.getSnapshot("stopped", "run")).toMatchObject({ state: "IN_PROGRESS" });
    await cluster.deleteSnapshots("stopped", ["run"]);

    await until("the snapshot is gone", async () => (await cluster.runningSnapshots()).length === 0);
    expect(await cluster.getSnapshot("stopped", "run")).toBeUndefined();
  });

  it("shows a running restore, and stops it when its index is deleted", async () => {
    const { cluster, newRepository } = fixture();
    const unthrottled = newRepository("unthrottled");
    await cluster.putRepository(unthrottled, { verify: true });
    await cluster.createSnapshot("unthrottled", "large-1", { indices: ["large"], metadata: {} });
    await finished(cluster, "unthrottled", "large-1");
    const throttled = { ...unthrottled.settings, max_restore_bytes_per_sec: "40kb" };
    await cluster.putRepository({ ...unthrottled, settings: throttled }, { verify: true });
    const request = {
      repository: "unthrottled",
      snapshot: "large-1",
      index: "large",
      as: "large-beside",
      indexSettings: {},
      ignoreIndexSettings: [],
    };
    await cluster.restore(request);

    expect(await cluster.runningRestores()).toMatchObject([{ repository: "unthrottled", snapshot: "large-1", indices: ["large-beside"] }]);
    await expect(cluster.restore(request)).rejects.toMatchObject({ code: "conflict" });
    await until("the restore is measurable", async () => (await cluster.recovery("large-beside")).some((shard) => shard.stage === "INDEX"));
    expect((await cluster.health("large-beside"))?.status).not.toBe("green");

    await cluster.deleteIndex("large-beside");
    await until("the restore is gone", async () => (await cluster.runningRestores()).length === 0);
  });
}
