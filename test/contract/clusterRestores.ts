import { expect, it } from "vitest";
import { type ClusterFixture, until } from "./clusterFixture.ts";

const MARKER = "index.routing.allocation.exclude.ossnap_job";

export function restoreTests(fixture: () => ClusterFixture): void {
  const request = (as: string, job: string) => ({
    repository: "main",
    snapshot: "night-1",
    index: "movies",
    as,
    indexSettings: { [MARKER]: job, "index.number_of_replicas": 0 },
    ignoreIndexSettings: ["index.routing.allocation.*", "index.blocks.*", "index.lifecycle.*"],
  });

  it("restores an index under a new name, with its marker from the start", async () => {
    const { cluster } = fixture();
    await cluster.restore(request("movies-one", "job-1"));
    const marked = (await cluster.listIndices()).find((index) => index.name === "movies-one");

    expect(marked?.settings[MARKER.slice("index.".length)]).toBe("job-1");
    expect(marked).toMatchObject({ state: "open", aliases: [], replicas: 0 });
    await until("every primary is started", async () => {
      const health = await cluster.health("movies-one");
      return health !== undefined && health.primariesActive === health.shards && health.status === "green";
    });
    await until("no restore runs", async () => (await cluster.runningRestores()).length === 0);
    expect(await cluster.countDocuments("movies-one")).toBe(3);
  });

  it("shows the recovery of each shard", async () => {
    const { cluster } = fixture();
    const shards = (await cluster.listIndices()).find((index) => index.name === "movies-one")?.shards;
    const recovery = await cluster.recovery("movies-one");

    expect(recovery.map((shard) => shard.shard).sort()).toEqual(Array.from({ length: shards ?? 0 }, (_, shard) => shard));
    for (const shard of recovery) {
      expect(shard).toMatchObject({ primary: true, type: "SNAPSHOT", stage: "DONE" });
      expect(shard.bytes.recovered + shard.bytes.reused).toBe(shard.bytes.total);
      expect(shard.files.recovered + shard.files.reused).toBe(shard.files.total);
    }
    await expect(cluster.recovery("nosuch")).rejects.toMatchObject({ code: "absent" });
  });

  it("refuses a second restore under an existing name as conflict", async () => {
    const { cluster } = fixture();

    await expect(cluster.restore(request("movies-one", "job-2"))).rejects.toMatchObject({ code: "conflict" });
    const kept = (await cluster.listIndices()).find((index) => index.name === "movies-one");
    expect(kept?.settings[MARKER.slice("index.".length)]).toBe("job-1");
  });

  it("rejects a missing index, snapshot or repository and an invalid name, and starts nothing", async () => {
    const { cluster } = fixture();

    await expect(cluster.restore({ ...request("movies-two", "job-1"), index: "nosuch" })).rejects.toMatchObject({ code: "invalid" });
    await expect(cluster.restore({ ...request("movies-two", "job-1"), snapshot: "nosuch" })).rejects.toMatchObject({ code: "invalid" });
    await expect(cluster.restore({ ...request("movies-two", "job-1"), repository: "nosuch" })).rejects.toMatchObject({ code: "absent" });
    await expect(cluster.restore(request("UPPER", "job-1"))).rejects.toMatchObject({ code: "invalid" });
    expect(await cluster.runningRestores()).toEqual([]);
    expect((await cluster.listIndices()).map((index) => index.name)).not.toContain("movies-two");
  });

  it("keeps a dollar sign in the new name", async () => {
    const { cluster } = fixture();
    await cluster.restore(request("movies-$1", "job-1"));
    await until("no restore runs", async () => (await cluster.runningRestores()).length === 0);

    expect((await cluster.listIndices()).map((index) => index.name)).toContain("movies-$1");
    await cluster.deleteIndex("movies-$1");
  });

  it("removes the marker where the version allows it", async () => {
    const { cluster, version } = fixture();
    const unmarking = cluster.updateIndexSettings("movies-one", { [MARKER]: null });

    if (version.startsWith("2.")) await expect(unmarking).rejects.toMatchObject({ code: "invalid" });
    else {
      await unmarking;
      const index = (await cluster.listIndices()).find(({ name }) => name === "movies-one");
      expect(Object.keys(index?.settings ?? {})).not.toContain(MARKER.slice("index.".length));
    }
  });
}
