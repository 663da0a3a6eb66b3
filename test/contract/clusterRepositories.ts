import { expect, it } from "vitest";
import type { ClusterFixture } from "./clusterFixture.ts";

export function repositoryTests(fixture: () => ClusterFixture): void {
  it("identifies itself", async () => {
    const { cluster, version } = fixture();
    const info = await cluster.info();

    expect(info).toMatchObject({ version, dataNodes: 1 });
    expect(info.uuid).toMatch(/^[\w-]{20,24}$/);
    expect(await cluster.info()).toEqual(info);
  });

  it("registers a repository, lists it with its settings as strings, and has every node verify it", async () => {
    const { cluster, newRepository } = fixture();
    const repository = newRepository("main", { compress: true });
    await cluster.putRepository(repository, { verify: true });

    const listed = await cluster.listRepositories();
    expect(listed).toContainEqual({ name: "main", type: repository.type, settings: asTexts(repository.settings) });
    expect(await cluster.verifyRepository("main")).toEqual({ nodes: 1 });
    expect(await cluster.listSnapshots("main")).toEqual([]);
  });

  it("updates a repository of the same name", async () => {
    const { cluster, newRepository } = fixture();
    await cluster.putRepository(newRepository("changing"), { verify: false });
    const changed = newRepository("changing", { readonly: true });
    await cluster.putRepository(changed, { verify: false });

    const listed = (await cluster.listRepositories()).find((repository) => repository.name === "changing");
    expect(listed?.settings).toEqual(asTexts(changed.settings));
  });

  it("rejects settings that cannot work as invalid, and an unknown repository as absent", async () => {
    const { cluster, refusedRepository } = fixture();

    await expect(cluster.putRepository(refusedRepository("bad"), { verify: true })).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("repository bad"),
    });
    await expect(cluster.putRepository({ name: "bad", type: "nosuch", settings: {} }, { verify: true })).rejects.toMatchObject({
      code: "invalid",
    });
    const calls = [
      () => cluster.listSnapshots("nosuch"),
      () => cluster.getSnapshot("nosuch", "one"),
      () => cluster.snapshotProgress("nosuch", "one"),
      () => cluster.verifyRepository("nosuch"),
      () => cluster.createSnapshot("nosuch", "one", { indices: ["movies"], metadata: {} }),
      () => cluster.deleteSnapshots("nosuch", ["one"]),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: "absent" });
  });
}

function asTexts(settings: object): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, String(value)]));
}
