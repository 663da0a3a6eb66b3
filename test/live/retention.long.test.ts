import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { directoryBlobStore } from "../../shared/adapters/directory/blobStore.ts";
import type { RegisteredRepositoryInput } from "../../shared/model/cluster.ts";
import { jobId } from "../../shared/model/jobId.ts";
import { slotOf } from "../../shared/model/slot.ts";
import { proveChosen } from "../../shared/reader/proveRepository.ts";
import { createSnapshots } from "../../shared/tick/createSnapshots.ts";
import { askBackup } from "../../shared/verbs/backup/ask.ts";
import { dryPrune } from "../../shared/verbs/prune/ask.ts";
import { listSnapshots } from "../../shared/verbs/snapshots/show.ts";
import { showStatus } from "../../shared/verbs/status/show.ts";
import { askVerification } from "../../shared/verbs/verification/ask.ts";
import type { ClusterFixture } from "../contract/clusterFixture.ts";
import { OPS } from "../world/nightly.ts";
import { DAY_MS, MINUTE_MS } from "../world/world.ts";
import { openReal } from "./realCluster.ts";
import { policyFor, type RealWorld, realWorld } from "./realWorld.ts";

/** All of them: `OSSNAP_ES_VERSIONS="5.5.3 7.10.2"`. */
const VERSIONS = (process.env.OSSNAP_ES_VERSIONS ?? "5.5.3").split(/[\s,]+/).filter((version) => version !== "");
const START_MS = 240_000;
const LIMIT_MS = 300_000;
const PRUNE = { cron: "0 30 2 1 1 *", atMost: 100, atMostPercent: 100 };

describe.each(VERSIONS)("retention on Elasticsearch %s", (version) => {
  let real: ClusterFixture;
  let world: RealWorld;
  let repositories: RegisteredRepositoryInput[];

  beforeAll(async () => {
    real = await openReal(version, { name: "retention" });
    repositories = [real.newRepository("shared"), real.newRepository("rare")];
    world = await realWorld(real, repositories, {
      shared: policyFor("shared", { indices: ["movies"], keep: { last: 1, atLeast: 1, lastOfIndex: "never" }, prune: PRUNE }),
      rare: policyFor("rare", {
        indices: ["movies", "rare*"],
        keep: { last: 1, atLeast: 1, lastOfIndex: "always" },
        prune: PRUNE,
      }),
    });
    await real.createIndex("movies", 1);
    await real.writeDocuments("movies", [1, 2, 3], { bytes: 500 });
  }, START_MS);
  afterAll(() => real?.close());

  const location = (name: string) => String(repositories.find((one) => one.name === name)?.settings.location);
  /** Takes the snapshot of the slot so many days ago; returns its name. */
  async function night(policy: string, daysAgo: number): Promise<string> {
    const triggerTime = new Date(world.now().getTime() - daysAgo * DAY_MS);
    await createSnapshots(await world.open(), { policy, triggerTime });
    const done = await world.ended(jobId.backup(policy, slotOf(triggerTime)));
    expect(done).toMatchObject({ state: "done" });
    return (done.reason.params as { snapshot: string }).snapshot;
  }
  async function verify(repository: string, snapshot: string): Promise<unknown> {
    const key = `verify-${snapshot}-${world.now().getTime()}`;
    const created = await askVerification(await world.open(), { repository, snapshot, level: "contents" }, OPS, { key });
    const done = await world.ended(created.outcome === "done" ? created.done.id : created.job.id);
    return (done.result as { verdicts: { verdict: string }[] }).verdicts[0]?.verdict;
  }
  async function planOf(policy: string) {
    const { keep, remove, newestGood } = await dryPrune(await world.open(), policy);
    return {
      kept: new Map(keep.map(({ name, reasons }) => [name, reasons.map(({ code }) => code)])),
      removed: remove.map(({ name }) => name),
      newestGood: newestGood?.name,
    };
  }

  it(
    "counts a blob that the proof of one snapshot found damaged against each that refers to it, and against no other",
    async () => {
      const first = await night("shared", 3);
      const before = new Set(await dataBlobs(location("shared")));
      await real.writeDocuments("movies", [4, 5], { bytes: 500 });
      const second = await night("shared", 2);
      const third = await night("shared", 1);
      for (const name of [first, second, third]) expect(await verify("shared", name)).toBe("whole");
      expect((await planOf("shared")).newestGood).toBe(third);

      const [largest] = await bySize((await dataBlobs(location("shared"))).filter((file) => !before.has(file)));
      await flip(largest as string);
      expect(await verify("shared", third)).toBe("damaged");
      // The proof looked at no other snapshot.
      const { kept, removed, newestGood } = await planOf("shared");
      expect({ removed, newestGood }).toEqual({ removed: [], newestGood: first });
      expect(kept.get(first)).toContain("keep.newest");
      for (const name of [second, third]) expect(kept.get(name)).toContain("keep.notReplaced");

      const rows = await listSnapshots(await world.open(), { repository: "shared" });
      const marked = new Map(rows.map(({ name, sharedDamage }) => [name, sharedDamage !== undefined]));
      expect(marked).toEqual(
        new Map([
          [third, true],
          [second, true],
          [first, false],
        ]),
      );
      const { policies } = await showStatus(await world.open(), { rows: [], unread: [] });
      expect(policies.find(({ policy }) => policy === "shared")?.newest).toMatchObject({
        snapshot: third,
        broken: { params: { snapshot: third } },
      });
      // What the plan says is so: Elasticsearch's own files of the first one are right.
      const { proofs } = await proveChosen(directoryBlobStore({ directory: location("shared") }), { snapshot: "all", level: "contents" });
      expect(new Map(proofs.map(({ name, verdict }) => [name, verdict]))).toEqual(
        new Map([
          [first, "whole"],
          [second, "damaged"],
          [third, "damaged"],
        ]),
      );
    },
    LIMIT_MS,
  );

  it(
    "keeps the last state of an index although the newest snapshot by hand, which is kept too, holds the index in an earlier state",
    async () => {
      await real.createIndex("rare", 1);
      await real.writeDocuments("rare", [1, 2], { bytes: 500 });
      const byHand = await askBackup(await world.open(), { policy: "rare", slot: slotOf(world.now()), asked: OPS });
      const done = await world.ended(byHand.outcome === "done" ? byHand.done.id : byHand.job.id);
      const manual = String(done.reason.params.snapshot);
      await real.writeDocuments("rare", [3], { bytes: 500 });
      // Slots after the snapshot by hand, in the order in which the snapshots are taken.
      const holder = await night("rare", -MINUTE_MS / DAY_MS);
      const same = await planOf("rare");
      expect(same.newestGood).toBe(holder);
      await real.cluster.deleteIndex("rare");
      const newest = await night("rare", (-2 * MINUTE_MS) / DAY_MS);
      const { kept, removed, newestGood } = await planOf("rare");
      expect({ removed, newestGood }).toEqual({ removed: [], newestGood: newest });
      expect(kept.get(holder)).toEqual(["keep.lastOfIndex"]);
      const held = (await real.cluster.listSnapshots("rare")).filter(({ indices }) => indices.includes("rare")).map(({ name }) => name);
      // By its name alone the one by hand would stand for the holder.
      expect(held.sort()).toEqual([manual, holder].sort());
      expect(kept.has(manual)).toBe(true);
    },
    LIMIT_MS,
  );
});

/** The files of shards' data, which later snapshots of the same files share. */
async function dataBlobs(directory: string): Promise<string[]> {
  const all = await readdir(directory, { recursive: true });
  return all.filter((file) => /(^|\/)__[^/]+$/.test(file)).map((file) => join(directory, file));
}

async function bySize(files: readonly string[]): Promise<string[]> {
  const sized = await Promise.all(files.map(async (file) => ({ file, bytes: (await readFile(file)).length })));
  return sized.sort((a, b) => b.bytes - a.bytes).map(({ file }) => file);
}

async function flip(file: string): Promise<void> {
  const bytes = await readFile(file);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] as number) ^ 1;
  await writeFile(file, bytes);
}
