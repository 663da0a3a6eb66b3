import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { slotOf } from "../../shared/model/slot.ts";
import { isAtLeast } from "../../shared/plan/versions.ts";
import { askBackup } from "../../shared/verbs/backup/ask.ts";
import { startRestore } from "../../shared/verbs/restore/askByHand.ts";
import { askRollback, dryRollback } from "../../shared/verbs/rollback/ask.ts";
import { until } from "../contract/clusterFixture.ts";
import { OPS } from "../world/nightly.ts";
import { openReal, type RealCluster } from "./realCluster.ts";
import { policyFor, type RealWorld, realWorld } from "./realWorld.ts";

/** All of them: `OSSNAP_ES_VERSIONS="5.5.3 6.7.0 7.10.2 8.17.0"`. */
const VERSIONS = (process.env.OSSNAP_ES_VERSIONS ?? "5.5.3").split(/[\s,]+/).filter((version) => version !== "");
const START_MS = 240_000;
const LIMIT_MS = 300_000;
/** Restored names and snapshots are ordered by whole seconds at least. */
const SECOND_MS = 1_100;

describe.each(VERSIONS)("a rollback on Elasticsearch %s", (version) => {
  let real: RealCluster;
  let world: RealWorld;

  beforeAll(async () => {
    real = await openReal(version, { name: "rollback" });
    world = await realWorld(real, [real.newRepository("backups")], { nightly: policyFor("backups", { indices: ["movies"] }) });
    await real.createIndex("movies", 2);
  }, START_MS);
  afterAll(() => real?.close());

  /** Writes one more document, takes a snapshot, and puts it behind the alias; resolves to the restore's id. */
  async function serve(ids: number[]): Promise<string> {
    await real.writeDocuments("movies", ids);
    await setTimeout(SECOND_MS);
    const created = await askBackup(await world.open(), { policy: "nightly", slot: slotOf(new Date()), asked: OPS });
    const backup = await world.ended(created.outcome === "done" ? created.done.id : created.job.id);
    const { snapshot } = backup.result as { snapshot: string };
    const request = { snapshot, repository: "backups", to: "source", indices: ["movies"], alias: "films", replicas: 0 };
    const outcome = await startRestore(await world.open(), request, OPS);
    if ("refused" in outcome) throw new Error(JSON.stringify(outcome.refused.checks));
    const id = outcome.created.outcome === "done" ? outcome.created.done.id : outcome.created.job.id;
    expect(await world.ended(id)).toMatchObject({ state: "done" });
    return id;
  }
  const holders = async () => (await real.cluster.listIndices()).filter(({ aliases }) => aliases.includes("films")).map(({ name }) => name);
  async function back(restore: string, loseWrites = false) {
    const created = await askRollback(await world.open(), { restore, loseWrites }, OPS);
    return world.ended(created.outcome === "done" ? created.done.id : created.job.id);
  }

  it(
    "moves the alias back in one call, and loses no write that it does not name",
    async () => {
      await serve([1, 2, 3]);
      const [first = ""] = await holders();
      const second = await serve([4]);
      const [newer = ""] = await holders();
      expect([first === newer, await real.cluster.countDocuments(newer)]).toEqual([false, 4]);
      expect(await dryRollback(await world.open(), { restore: second })).toMatchObject({
        moves: [{ alias: "films", from: [newer], to: [first] }],
        writes: 0,
        refusal: null,
      });
      expect(await back(second)).toMatchObject({ state: "done", reason: { code: "rollback.done" } });
      expect([await holders(), await real.cluster.countDocuments(first)]).toEqual([[first], 3]);

      const third = await serve([5]);
      const [newest = ""] = await holders();
      await real.writeDocuments(newest, [6, 7]);
      const refused = await dryRollback(await world.open(), { restore: third });
      expect(refused).toMatchObject({ moves: [{ to: [first] }], writes: 2, refusal: { code: "rollback.writes", params: { writes: 2 } } });
      await expect(back(third)).rejects.toMatchObject({ reason: { code: "rollback.writes" } });
      expect(await holders()).toEqual([newest]);
      expect(await back(third, true)).toMatchObject({ state: "done", result: { lost: 2 } });
      expect(await holders()).toEqual([first]);
    },
    LIMIT_MS,
  );

  it(
    "knows the writes of an index that was closed and opened again only by sequence numbers",
    async () => {
      const fourth = await serve([8]);
      const [newest = ""] = await holders();
      await real.closeIndex(newest);
      expect(await dryRollback(await world.open(), { restore: fourth })).toMatchObject({
        writes: null,
        unknown: { code: "writes.closed" },
      });
      await real.openIndex(newest);
      await until("its primaries are started", async () => (await real.cluster.health(newest))?.primariesActive === 2);
      const { writes, refusal } = await dryRollback(await world.open(), { restore: fourth });
      expect([writes, refusal?.code]).toEqual(isAtLeast(version, "6.0.0") ? [0, undefined] : [null, "rollback.writesUnknown"]);
    },
    LIMIT_MS,
  );
});
