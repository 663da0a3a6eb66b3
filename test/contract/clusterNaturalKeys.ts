import { expect, it } from "vitest";
import { JOB_MARKER_KEY, JOB_MARKER_SETTING } from "../../shared/model/restoredName.ts";
import { type ClusterFixture, finished, until } from "./clusterFixture.ts";
import { outcomeOf } from "./clusterStage.ts";

/** Callers that request the same thing concurrently. */
const FOUR = [1, 2, 3, 4];

/** Why a request with an unknown result can be repeated safely: the cluster performs each of these once. */
export function naturalKeyTests(fixture: () => ClusterFixture): void {
  const restore = (as: string, job: string) =>
    fixture().cluster.restore({
      repository: "keys",
      snapshot: "once",
      index: "movies",
      as,
      indexSettings: { "index.number_of_replicas": 0, [JOB_MARKER_SETTING]: job },
      ignoreIndexSettings: [],
    });
  const find = async (name: string) => (await fixture().cluster.listIndices()).find((index) => index.name === name);
  const holders = async (alias: string) =>
    (await fixture().cluster.listIndices()).filter(({ aliases }) => aliases.includes(alias)).map(({ name }) => name);

  it("takes one snapshot under a name when four are requested concurrently, and none under that name later", async () => {
    const { cluster, newRepository } = fixture();
    await cluster.putRepository(newRepository("keys"), { verify: true });
    const create = () => outcomeOf(cluster.createSnapshot("keys", "once", { indices: ["movies"], metadata: {} }));
    const outcomes = await Promise.all(FOUR.map(create));

    expect(outcomes.sort()).toEqual(["conflict", "conflict", "conflict", "ok"]);
    expect(await finished(cluster, "keys", "once")).toMatchObject({ state: "SUCCESS" });
    expect((await cluster.listSnapshots("keys")).map(({ name }) => name)).toEqual(["once"]);
    expect(await create()).toBe("conflict");
  });

  it("restores one index under a name when four are requested concurrently, with the marker of that request, and none later", async () => {
    const { cluster } = fixture();
    const outcomes = await Promise.all(FOUR.map((number) => outcomeOf(restore("movies-once", `job-${number}`))));
    const winner = `job-${outcomes.indexOf("ok") + 1}`;

    expect(outcomes.toSorted()).toEqual(["conflict", "conflict", "conflict", "ok"]);
    expect((await find("movies-once"))?.settings[JOB_MARKER_KEY]).toBe(winner);
    await until("no restore runs", async () => (await cluster.runningRestores()).length === 0);
    const { uuid } = (await find("movies-once")) ?? {};
    expect(await outcomeOf(restore("movies-once", "job-5"))).toBe("conflict");
    expect(await cluster.countDocuments("movies-once")).toBe(3);
    expect(await find("movies-once")).toMatchObject({ uuid, settings: { [JOB_MARKER_KEY]: winner } });
  });

  it("keeps the marker across other changes, and allows it to be removed from 5.x on", async () => {
    const { cluster, version, closeIndex } = fixture();
    await cluster.updateIndexSettings("movies-once", { "index.refresh_interval": "7s" });
    expect((await find("movies-once"))?.settings).toMatchObject({ refresh_interval: "7s", [JOB_MARKER_KEY]: expect.any(String) });
    const unmarked = await outcomeOf(cluster.updateIndexSettings("movies-once", { [JOB_MARKER_SETTING]: null }));

    const hasNulls = !version.startsWith("2.");
    expect(unmarked).toBe(hasNulls ? "ok" : "invalid");
    expect(JOB_MARKER_KEY in ((await find("movies-once"))?.settings ?? {})).toBe(!hasNulls);
    // A restore over it sets the marker again.
    await closeIndex("movies-once");
    await restore("movies-once", "job-6");
    expect((await find("movies-once"))?.settings[JOB_MARKER_KEY]).toBe("job-6");
    await until("no restore runs", async () => (await cluster.runningRestores()).length === 0);
  });

  it("has an alias on one index after each swap, and executes a late older swap, which the cluster does not refuse", async () => {
    const { cluster, writeDocuments } = fixture();
    await writeDocuments("films-1", [1]);
    await writeDocuments("films-2", [1, 2]);
    const seen: string[][] = [];
    for (const to of ["films-1", "films-2", "films-2", "films-1"]) {
      await cluster.moveAliases([{ alias: "theatre", from: ["films-*"], to: [to] }]);
      seen.push(await holders("theatre"));
    }

    expect(seen).toEqual([["films-1"], ["films-2"], ["films-2"], ["films-1"]]);
  });

  it("leaves the alias on two indices when the removal pattern matches nothing", async () => {
    const { cluster } = fixture();
    await cluster.moveAliases([{ alias: "theatre", from: ["nosuch-*"], to: ["films-2"] }]);

    expect((await holders("theatre")).sort()).toEqual(["films-1", "films-2"]);
    await cluster.moveAliases([{ alias: "theatre", from: ["films-*"], to: ["films-2"] }]);
    expect(await holders("theatre")).toEqual(["films-2"]);
  });

  it("deletes a snapshot once, and treats it as deleted from then on", async () => {
    const { cluster } = fixture();
    const outcomes = [];
    for (const _ of FOUR) outcomes.push(await outcomeOf(cluster.deleteSnapshots("keys", ["once"])));

    expect(outcomes).toEqual(["ok", "ok", "ok", "ok"]);
    expect(await cluster.listSnapshots("keys")).toEqual([]);
  });
}
