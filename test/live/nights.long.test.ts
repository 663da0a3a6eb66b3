import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { directoryBlobStore } from "../../shared/adapters/directory/blobStore.ts";
import type { RegisteredRepositoryInput } from "../../shared/model/cluster.ts";
import { jobId } from "../../shared/model/jobId.ts";
import { slotOf } from "../../shared/model/slot.ts";
import { snapshotMark, snapshotName } from "../../shared/model/snapshotName.ts";
import { isAtLeast, workExcludes } from "../../shared/plan/versions.ts";
import { proveChosen } from "../../shared/reader/proveRepository.ts";
import { createSnapshots } from "../../shared/tick/createSnapshots.ts";
import { previewBackup } from "../../shared/verbs/backup/preview.ts";
import { cancelJob } from "../../shared/verbs/jobs/ask.ts";
import { showJob } from "../../shared/verbs/jobs/show.ts";
import { applyPrune, dryPrune } from "../../shared/verbs/prune/ask.ts";
import { gatherWriters } from "../../shared/verbs/repositories/gatherWriters.ts";
import { showStatus } from "../../shared/verbs/status/show.ts";
import { type ClusterFixture, finished } from "../contract/clusterFixture.ts";
import { OPS } from "../world/nightly.ts";
import { DAY_MS, HOUR_MS } from "../world/world.ts";
import { openReal } from "./realCluster.ts";
import { policyFor, type RealWorld, realWorld } from "./realWorld.ts";

/** All of them: `OSSNAP_ES_VERSIONS="2.4.6 5.5.3 6.7.0 7.10.2 8.17.0"`. */
const VERSIONS = (process.env.OSSNAP_ES_VERSIONS ?? "5.5.3").split(/[\s,]+/).filter((version) => version !== "");
const START_MS = 240_000;
const LIMIT_MS = 300_000;
const SNAPSHOTS = 60;
const KEEP = 10;
/** Slow enough to be observed while it runs. */
const SLOW = { max_snapshot_bytes_per_sec: "20kb" };
const LARGE_BYTES = 20_000;

describe.each(VERSIONS)("nights on Elasticsearch %s", (version) => {
  let real: ClusterFixture;
  let world: RealWorld;
  let repositories: RegisteredRepositoryInput[];
  let nights = 0;

  beforeAll(async () => {
    real = await openReal(version, { name: "nights" });
    repositories = [real.newRepository("backups"), real.newRepository("slow", SLOW), real.newRepository("kept")];
    world = await realWorld(real, repositories, {
      nightly: policyFor("backups", { indices: ["movies"], verify: { level: "contents" } }),
      partly: policyFor("backups", { indices: ["movies", "nowhere"], attempts: 2, partial: true, patienceMs: 20_000 }),
      strict: policyFor("backups", { indices: ["movies", "nowhere"], attempts: 2, patienceMs: 5_000 }),
      shrinking: policyFor("backups", { indices: ["movies", "gone*"], shrinkAtMost: { percent: 30, action: "refuse" } }),
      slow: policyFor("slow", { indices: ["large"] }),
      kept: policyFor("kept", {
        indices: ["movies"],
        keep: { last: KEEP, atLeast: 1 },
        prune: { cron: "0 30 2 1 1 *", atMost: SNAPSHOTS, atMostPercent: 100 },
      }),
    });
    await real.createIndex("movies", 1);
    await real.writeDocuments("movies", [1, 2, 3]);
    await real.createIndex("large", 1);
    await real.writeDocuments("large", [1, 2, 3], { bytes: LARGE_BYTES });
    await real.createUnassigned("nowhere");
  }, START_MS);
  afterAll(() => real?.close());

  /** Fires the policy's timer for a slot of its own; returns the job's id. */
  async function fire(policy: string): Promise<string> {
    nights += 1;
    const triggerTime = new Date(world.now().getTime() - nights * DAY_MS);
    await createSnapshots(await world.open(), { policy, triggerTime });
    return jobId.backup(policy, slotOf(triggerTime));
  }
  const repository = (wanted: string) => {
    const found = repositories.find(({ name }) => name === wanted);
    if (!found) throw new Error(`no repository ${wanted}`);
    return found;
  };
  const proofs = async (name: string) => {
    const { proofs: all } = await proveChosen(directoryBlobStore({ directory: String(repository(name).settings.location) }), {
      snapshot: "all",
      level: "contents",
    });
    return all.map((proof) => [proof.name, proof.verdict]).sort();
  };
  const note = (text: string) => console.log(`${version}: ${text}`);
  const kept = async (policy: string) => {
    const { keep, remove, newestGood } = await dryPrune(await world.open(), policy);
    return { keep: keep.map(({ reasons }) => reasons.map(({ code }) => code)), remove: remove.length, newestGood };
  };

  it(
    "takes a backup, and proves it from its bucket",
    async () => {
      const id = await fire("nightly");
      expect(await world.ended(id)).toMatchObject({ state: "done", reason: { code: "backup.success" } });
      const proof = await world.ended(jobId.byKey("verification", id));
      expect(proof).toMatchObject({ state: "done", result: { verdicts: [{ verdict: "whole" }] } });
    },
    LIMIT_MS,
  );

  it(
    "counts no PARTIAL snapshot as good, and reports which shard failed and why",
    async () => {
      const done = await world.ended(await fire("partly"));
      const shards = [{ index: "nowhere", shard: 0, reason: "primary shard is not allocated" }];
      expect(done).toMatchObject({ state: "failed", reason: { code: "backup.attempts", params: { attempts: 2, last: "PARTIAL" } } });
      expect(done.result).toMatchObject({ failures: [1, 2].map(() => ({ state: "PARTIAL", shardsFailed: 1, shards })) });
      const { history } = await showJob(await world.open(), done.id);
      const told = history.filter(({ reason }) => reason.code === "backup.notGood").map(({ reason }) => reason.params.first);
      expect(told).toEqual([1, 2].map(() => "nowhere[0]: primary shard is not allocated"));
      const waited = history.filter(({ reason }) => reason.code === "backup.nextAttempt").map(({ reason }) => reason.params);
      expect([...waited, done.reason.params].map(({ first }) => first)).toEqual(told);
      expect(await kept("partly")).toMatchObject({ newestGood: undefined });
    },
    LIMIT_MS,
  );

  it(
    "foresees in a dry run that the timer refuses a selection that shrank",
    async () => {
      await real.createIndex("gone-1", 1);
      expect(await world.ended(await fire("shrinking"))).toMatchObject({ state: "done" });
      await real.cluster.deleteIndex("gone-1");
      const { remarks, indices } = await previewBackup(await world.open(), "shrinking", { who: "ops" });
      expect(indices.map(({ name }) => name)).toEqual(["movies"]);
      expect(remarks.map(({ code }) => code)).toEqual(["selection.shrank", "selection.shrankRefused", "selection.patternNothing"]);
      expect(await world.ended(await fire("shrinking"))).toMatchObject({ state: "refused", reason: { code: "selection.shrank" } });
    },
    LIMIT_MS,
  );

  it(
    "calls an index excluded that a policy leaves out on purpose, and uncovered without that",
    async () => {
      await real.createIndex("tmp-1", 1);
      const covered = async () => (await showStatus(await world.open(), { rows: [], unread: [] })).coverage[0];
      expect(await covered()).toMatchObject({ cluster: "source", uncovered: ["tmp-1"] });
      world.config.backups.nightly?.indices.push("-tmp-*");
      expect(await covered()).toMatchObject({ uncovered: [], excluded: [{ name: "tmp-1", policies: ["nightly"] }] });
      expect(await world.ended(await fire("nightly"))).toMatchObject({ state: "done" });
      expect(world.coverage.filter(({ status }) => status === "firing").map(({ text }) => text)).not.toContainEqual(
        expect.stringContaining("tmp-1"),
      );
      await real.cluster.deleteIndex("tmp-1");
    },
    LIMIT_MS,
  );

  it(
    "fails without `partial`, and names the index that has no primary shard",
    async () => {
      const done = await world.ended(await fire("strict"));
      expect(done.state).toBe("failed");
      if (isAtLeast(version, "7.7.0")) {
        expect(done.reason).toMatchObject({ code: "job.patience", params: { because: "effect.refused" } });
        expect(done.reason.params.message).toMatch(/primary shards.*\[nowhere\]/);
      } else {
        expect(done.reason).toMatchObject({ code: "backup.attempts", params: { last: "FAILED" } });
        expect(done.result).toMatchObject({ failures: [{ shards: [{ index: "nowhere" }] }, {}] });
      }
      expect((await kept("strict")).newestGood).toBeUndefined();
    },
    LIMIT_MS,
  );

  it(
    "deletes its running snapshot when the job is cancelled, and the others remain whole",
    async () => {
      await real.cluster.putRepository(repository("slow"), { verify: true });
      await real.cluster.createSnapshot("slow", "before", { indices: ["movies"], metadata: {} });
      await finished(real.cluster, "slow", "before");
      const id = await fire("slow");
      await world.until("it runs", async () => (await real.cluster.runningSnapshots()).length === 1);
      await cancelJob(await world.open(), id, OPS);
      const startedMs = performance.now();
      expect((await world.ended(id)).state).toBe("cancelled");
      note(`cancelled in ${Math.round(performance.now() - startedMs)} ms`);
      expect(await real.cluster.runningSnapshots()).toEqual([]);
      expect((await real.cluster.listSnapshots("slow")).map(({ name }) => name)).toEqual(["before"]);
      expect(await proofs("slow")).toEqual([["before", "whole"]]);
    },
    LIMIT_MS,
  );

  it(
    "waits for a person's snapshot where the version allows one at a time, with the reason, and starts after it",
    async () => {
      await real.cluster.createSnapshot("slow", "by-a-person", { indices: ["large"], metadata: {} });
      await world.until("it runs", async () => (await real.cluster.runningSnapshots()).length === 1);
      const startedMs = performance.now();
      const id = await fire("nightly");
      let stillRan = false;
      const done = await world.until("the backup", async () => {
        const ended = await (await world.open()).log.done(id);
        if (ended) stillRan = (await real.cluster.runningSnapshots()).length > 0;
        return ended;
      });
      const waits = [...world.waits].filter((wait) => wait.startsWith(`${id} `)).map((wait) => wait.slice(id.length + 1));
      note(
        `beside a person's snapshot: ${Math.round(performance.now() - startedMs)} ms, ${waits.join(", ")}${stillRan ? ", it still ran" : ""}`,
      );
      expect(done).toMatchObject({ state: "done", reason: { code: "backup.success" } });
      expect(waits.includes("cluster.snapshotRuns")).toBe(workExcludes(version));
      expect((await finished(real.cluster, "slow", "by-a-person")).state).toBe("SUCCESS");
      const verdicts = (await proofs("backups")).filter(([name]) => name?.startsWith("nightly-")).map(([, verdict]) => verdict);
      // Of the first night, of the one that excludes an index, and of this one.
      expect(verdicts).toEqual(["whole", "whole", "whole"]);
    },
    LIMIT_MS,
  );

  it(
    `prunes ${SNAPSHOTS} snapshots to exactly the ${KEEP} of its plan, which are whole`,
    async () => {
      await fillNights();
      const plan = await dryPrune(await world.open(), "kept");
      expect([plan.keep.length, plan.remove.length]).toEqual([KEEP, SNAPSHOTS - KEEP]);
      world.resetCalls();
      const startedMs = performance.now();
      const created = await applyPrune(await world.open(), "kept", plan.hash, OPS);
      const done = await world.ended(created.outcome === "done" ? created.done.id : created.job.id);
      note(`prune: ${Math.round(performance.now() - startedMs)} ms, ${world.calls()} calls of the cluster's port`);
      expect(done.state).toBe("done");
      const planned = plan.keep.map(({ name }) => name).sort();
      expect((await real.cluster.listSnapshots("kept")).map(({ name }) => name).sort()).toEqual(planned);
      expect(await proofs("kept")).toEqual(planned.map((name) => [name, "whole"]));
    },
    LIMIT_MS,
  );

  it("reports no other writer for what it deleted itself", async () => {
    world.advance(HOUR_MS);
    const { uuid } = await real.cluster.info();
    await gatherWriters(await world.open(), { repository: "kept", cluster: "source", uuid }, { mayWait: true });
    expect(world.notices.filter(({ key }) => /^writers-.*:kept$/.test(key))).toEqual([]);
    const victim = (await real.cluster.listSnapshots("kept"))[0]?.name ?? "";
    await real.cluster.deleteSnapshots("kept", [victim]);
    world.advance(HOUR_MS);
    await gatherWriters(await world.open(), { repository: "kept", cluster: "source", uuid }, { mayWait: true });
    const told = world.notices.filter(({ key }) => key === "writers-deletions:kept").map(({ reason }) => reason.params.names);
    expect(told).toEqual([[victim]]);
  });

  /** Snapshots of successive nights, with the names and the metadata that the policy gives them. */
  async function fillNights(): Promise<void> {
    await real.cluster.putRepository(repository("kept"), { verify: true });
    const mark = snapshotMark((await real.cluster.info()).uuid, "kept");
    for (let night = SNAPSHOTS; night > 0; night -= 1) {
      const slot = slotOf(new Date(world.now().getTime() - night * DAY_MS));
      const name = snapshotName({ policy: "kept", slot, attempt: 1, mark });
      if (night % 6 === 0) await real.writeDocuments("movies", [100 + night]);
      await real.cluster.createSnapshot("kept", name, { indices: ["movies"], metadata: { ossnap: { policy: "kept", slot } } });
      while ((await real.cluster.getSnapshot("kept", name))?.state !== "SUCCESS") await setTimeout(10);
    }
  }
});
