import { expect, it } from "vitest";
import type { World } from "../../shared/jobs/world.ts";
import { jobId } from "../../shared/model/jobId.ts";
import { reason } from "../../shared/model/reason.ts";
import { JOB_MARKER_SETTING, restoredIndexName } from "../../shared/model/restoredName.ts";
import { advanceJob } from "../../shared/tick/advance.ts";
import type { RestoreData, RestoreInput } from "../../shared/verbs/restore/step.ts";
import type { RetireInput } from "../../shared/verbs/retire/step.ts";
import { MOVED, testWorld } from "../world/world.ts";
import { type ClusterFixture, finished, until } from "./clusterFixture.ts";

const PATIENT = "2026-12-01T00:00:00.000Z";
const ASKED = { by: "person" as const, who: "ops" };

/** Operations that the cluster itself would repeat are refused by the job that requests them. */
export function jobTests(fixture: () => ClusterFixture): void {
  const indexOf = async (name: string) => (await fixture().cluster.listIndices()).find((index) => index.name === name);
  const holders = async () =>
    (await fixture().cluster.listIndices()).filter(({ aliases }) => aliases.includes("screen")).map(({ name }) => name);

  /** A job that has restored and counted its index, right before its swap. */
  async function restoredJob(world: World, snapshotStart: Date): Promise<{ id: string; as: string }> {
    const { cluster } = fixture();
    const uuid = `uuid-of-${snapshotStart.getTime()}`;
    const id = jobId.restore({ snapshotUuid: uuid, cluster: "target", indices: ["movies"], purpose: "screen" });
    const as = restoredIndexName({ index: "movies", snapshotUuid: uuid, snapshotStart, purpose: "screen", attempt: 1, targetMajor: 5 });
    await cluster.restore({
      repository: "jobs",
      snapshot: "one",
      index: "movies",
      as,
      indexSettings: { "index.number_of_replicas": 0, [JOB_MARKER_SETTING]: id },
      ignoreIndexSettings: [],
    });
    await until(
      "it is restored",
      async () => (await cluster.health(as))?.status === "green" && (await cluster.runningRestores()).length === 0,
    );
    const there = await indexOf(as);
    const input: RestoreInput = {
      snapshot: { name: "one", uuid, startTime: snapshotStart.toISOString() },
      repository: "jobs",
      place: MOVED,
      indices: ["movies"],
      alias: "screen",
      replicas: 0,
      keepOldMs: 0,
      serves: false,
    };
    const restored = { uuid: there?.uuid ?? "", documents: 3 };
    const data: RestoreData = { targets: [{ index: "movies", as, shards: there?.shards ?? 0, documents: 3, bytes: 0, restored }] };
    await world.log.create(
      id,
      { about: "movies", asked: ASKED, cluster: "target", patienceUntil: PATIENT, input },
      { state: "restored", reason: reason("restore.countsEqual", { index: as, documents: 3 }), data },
    );
    return { id, as };
  }

  async function openWorld(): Promise<World> {
    return { ...(await (await testWorld()).open()), cluster: () => fixture().cluster };
  }

  it("a late swap to an older snapshot's index is refused, and the alias is kept", async () => {
    const { cluster, newRepository } = fixture();
    await cluster.putRepository(newRepository("jobs"), { verify: true });
    await cluster.createSnapshot("jobs", "one", { indices: ["movies"], metadata: {} });
    await finished(cluster, "jobs", "one");
    const world = await openWorld();
    const older = await restoredJob(world, new Date("2026-11-20T01:00:00Z"));
    const newer = await restoredJob(world, new Date("2026-11-21T01:00:00Z"));

    expect(await advanceJob(world, newer.id)).toMatchObject({ outcome: "finished", state: "done" });
    expect(await holders()).toEqual([newer.as]);
    expect(await advanceJob(world, older.id)).toMatchObject({
      state: "failed",
      reason: { code: "alias.newer", params: { index: newer.as } },
    });
    expect(await holders()).toEqual([newer.as]);
  });

  it("an index that replaced another of the same name is left alone, the intended one is deleted", async () => {
    const { cluster } = fixture();
    const world = await openWorld();
    const { as } = await restoredJob(world, new Date("2026-11-22T01:00:00Z"));
    const { uuid = "" } = (await indexOf(as)) ?? {};
    const retire = async (meant: string) => {
      const id = jobId.retire("restore-before", meant);
      const input: RetireInput = { index: as, uuid: meant, notBefore: "2026-11-20T00:00:00.000Z" };
      const intent = { about: as, asked: ASKED, cluster: "target", patienceUntil: PATIENT, input };
      await world.log.create(id, intent, { state: "kept", reason: reason("retire.kept", { index: as, until: input.notBefore }), data: {} });
      return advanceJob(world, id);
    };

    expect(await retire("its predecessor's")).toMatchObject({ state: "skipped", reason: { code: "retire.notOurs" } });
    expect((await indexOf(as))?.uuid).toBe(uuid);
    expect(await retire(uuid)).toMatchObject({ outcome: "finished", state: "done" });
    expect((await cluster.listIndices()).map(({ name }) => name)).not.toContain(as);
  });
}
