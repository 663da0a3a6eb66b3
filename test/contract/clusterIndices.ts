import { expect, it } from "vitest";
import type { Cluster } from "../../shared/model/cluster.ts";
import type { ClusterFixture } from "./clusterFixture.ts";

export function indexTests(fixture: () => ClusterFixture): void {
  it("lists open, closed and dotted indices with their settings", async () => {
    const { cluster, version, writeDocuments, closeIndex } = fixture();
    await writeDocuments("movies", [1, 2, 3]);
    await writeDocuments(".dotted", [1]);
    await writeDocuments("shut", [1]);
    await closeIndex("shut");

    const indices = await cluster.listIndices();
    const states = Object.fromEntries(indices.map((index) => [index.name, index.state]));
    const movies = indices.find((index) => index.name === "movies");
    expect(states).toMatchObject({ movies: "open", ".dotted": "open", shut: "close" });
    expect(movies).toMatchObject({ aliases: [], settings: { uuid: movies?.uuid, number_of_shards: String(movies?.shards) } });
    expect(movies?.createdVersion.split(".")[0]).toBe(version.split(".")[0]);
    expect(movies?.shards).toBeGreaterThanOrEqual(1);
  });

  it("counts documents in primaries", async () => {
    const { cluster } = fixture();

    expect(await cluster.countDocuments("movies")).toBe(3);
    expect(Object.keys(await cluster.mapping("movies")).length).toBeLessThan(2);
    await expect(cluster.mapping("nosuch")).rejects.toMatchObject({ code: "absent" });
    await expect(cluster.countDocuments("nosuch")).rejects.toMatchObject({ code: "absent" });
    await expect(cluster.countDocuments("shut")).rejects.toMatchObject({ code: "invalid" });
  });

  it("returns the health of an index, and undefined for one that does not exist", async () => {
    const { cluster } = fixture();
    const shards = (await cluster.listIndices()).find((index) => index.name === "movies")?.shards;

    // With one node the replicas cannot be allocated.
    expect(await cluster.health("movies")).toEqual({ status: "yellow", primariesActive: shards, shards, replicas: 1, unassigned: shards });
    expect(await cluster.health("nosuch")).toBeUndefined();
  });

  it("updates settings of an open index, and rejects static ones as invalid", async () => {
    const { cluster } = fixture();
    await cluster.updateIndexSettings("movies", { "index.number_of_replicas": 0 });

    expect(await cluster.health("movies")).toMatchObject({ status: "green", replicas: 0, unassigned: 0 });
    await expect(cluster.updateIndexSettings("movies", { "index.number_of_shards": 7 })).rejects.toMatchObject({ code: "invalid" });
    await expect(cluster.updateIndexSettings("nosuch", { "index.number_of_replicas": 0 })).rejects.toMatchObject({ code: "absent" });
  });

  it("deletes one index by name, and treats a missing one as deleted", async () => {
    const { cluster } = fixture();
    await cluster.deleteIndex("shut");
    await cluster.deleteIndex("shut");

    expect((await cluster.listIndices()).map((index) => index.name)).not.toContain("shut");
    for (const name of ["*", "mov*", "movies,.dotted", "_all", "", "-movies"])
      await expect(cluster.deleteIndex(name)).rejects.toMatchObject({ code: "invalid" });
    expect((await cluster.listIndices()).map((index) => index.name)).toContain("movies");
  });
}

export function aliasTests(fixture: () => ClusterFixture): void {
  const holders = async (cluster: Cluster, alias: string) =>
    (await cluster.listIndices()).flatMap((index) => (index.aliases.includes(alias) ? [index.name] : [])).sort();

  it("adds an alias that no index has, even if the removal pattern matches no index", async () => {
    const { cluster } = fixture();
    await cluster.moveAliases([{ alias: "films", from: ["films-*"], to: ["movies-one"] }]);
    await cluster.moveAliases([{ alias: "cinema", from: ["movies-*"], to: ["movies-one"] }]);

    expect(await holders(cluster, "films")).toEqual(["movies-one"]);
    expect(await holders(cluster, "cinema")).toEqual(["movies-one"]);
  });

  it("leaves exactly one index with the alias, however often it is repeated", async () => {
    const { cluster, writeDocuments } = fixture();
    await writeDocuments("movies-two", [1, 2, 3, 4, 5]);
    await cluster.moveAliases([{ alias: "cinema", from: ["movies-*"], to: ["movies-two"] }]);
    await cluster.moveAliases([{ alias: "cinema", from: ["movies-*"], to: ["movies-two"] }]);

    expect(await holders(cluster, "cinema")).toEqual(["movies-two"]);
  });

  it("changes nothing when the new index does not exist, or the alias is the name of an index", async () => {
    const { cluster } = fixture();

    await expect(cluster.moveAliases([{ alias: "cinema", from: ["movies-*"], to: ["nosuch"] }])).rejects.toMatchObject({ code: "absent" });
    await expect(cluster.moveAliases([{ alias: "movies", from: ["movies-*"], to: ["movies-two"] }])).rejects.toMatchObject({
      code: "conflict",
    });
    expect(await holders(cluster, "cinema")).toEqual(["movies-two"]);
  });

  it("refuses to delete the index behind an alias", async () => {
    const { cluster } = fixture();

    await expect(cluster.deleteIndex("cinema")).rejects.toMatchObject({ code: "invalid", message: expect.stringContaining("movies-two") });
    expect(await holders(cluster, "cinema")).toEqual(["movies-two"]);
  });
}
