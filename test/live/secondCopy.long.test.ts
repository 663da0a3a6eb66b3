import { mkdir, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeServerDirectories } from "../../infra/local/host/places.ts";
import { directoryBlobStore } from "../../shared/adapters/directory/blobStore.ts";
import type { Place } from "../../shared/model/config.ts";
import { proveChosen } from "../../shared/reader/proveRepository.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { askCopy } from "../../shared/verbs/copy/ask.ts";
import { finished, until } from "../contract/clusterFixture.ts";
import { HOUR_MS, MINUTE_MS, MOVED, type TestWorld, testConfig, testWorld } from "../world/world.ts";
import { openReal, type RealCluster } from "./realCluster.ts";

const AWS: Place = { store: "s3", bucket: "aws", basePath: "repo", region: "us-east-1" };
const OPS = { by: "person" as const, who: "ops" };
const START_MS = 600_000;
const VERSIONS = (process.env.OSSNAP_ES_VERSIONS ?? "").split(" ").filter((version) => version !== "");

const CASES = [
  ["5.5.3", "1kb"],
  ["5.5.3", "1mb"],
  ["6.7.0", "1kb"],
  ["7.10.2", "1mb"],
].filter(([version = ""]) => VERSIONS.length === 0 || VERSIONS.includes(version)) as [string, string][];

describe.each(CASES)("a second copy of a repository of %s with chunks of %s", (version, chunks) => {
  let real: RealCluster;
  let world: TestWorld;
  let [source, destination] = ["", ""];
  let restored = 0;

  const snapshot = async (name: string): Promise<void> => {
    await real.cluster.createSnapshot("r", name, { indices: ["movies", "series"], metadata: {} });
    expect((await finished(real.cluster, "r", name)).state).toBe("SUCCESS");
  };
  const documents = async (index: string): Promise<string[]> => {
    await fetch(`${real.url}/${index}/_refresh`, { method: "POST" });
    const answer = await fetch(`${real.url}/${index}/_search?size=1000`);
    const { hits } = (await answer.json()) as { hits: { hits: { _id: string; _source: unknown }[] } };
    return hits.hits.map(({ _id, _source }) => `${_id} ${JSON.stringify(_source)}`).sort();
  };
  const restore = async (name: string): Promise<string[]> => {
    restored += 1;
    const as = `restored-${restored}`;
    await makeServerDirectories([destination]);
    await real.cluster.putRepository(
      { name: `c${restored}`, type: "fs", settings: { location: destination, readonly: true } },
      { verify: false },
    );
    await real.cluster.restore({
      repository: `c${restored}`,
      snapshot: name,
      index: "movies",
      as,
      indexSettings: {},
      ignoreIndexSettings: [],
    });
    await until(`${as} is restored`, async () => (await real.cluster.health(as))?.primariesActive === 1);
    const found = await documents(as);
    await real.cluster.deleteIndex(as);
    return found;
  };
  /** `between` acts once the plan is written and its tasks are queued. */
  const copy = async (between?: () => Promise<void>, check = false) => {
    const created = await askCopy(await world.open(), "move", OPS, { check });
    const id = created.outcome === "done" ? created.done.id : created.job.id;
    for (let round = 0; round < 20; round += 1) {
      await advanceJobs(await world.open());
      if (round === 0) await between?.();
      await world.runTasks();
      world.advance(MINUTE_MS);
    }
    return (await world.open()).log.done(id);
  };
  const verdicts = async () => {
    const { proofs } = await proveChosen(directoryBlobStore({ directory: destination }), { snapshot: "all", level: "contents" });
    return proofs.map(({ name, verdict }) => `${name} ${verdict}`).sort();
  };
  const files = async (pattern: RegExp) => (await readdir(destination, { recursive: true })).filter((path) => pattern.test(path)).sort();

  beforeAll(async () => {
    real = await openReal(version, { name: `second-${chunks}` });
    const repository = real.newRepository("r", { chunk_size: chunks, compress: false });
    source = String(repository.settings.location);
    destination = join(dirname(source), "copied");
    await mkdir(destination, { recursive: true });
    await real.cluster.putRepository(repository, { verify: true });
    const config = testConfig((made) => {
      made.backups = {};
      made.watches = {};
      made.repositories.aws = { cluster: "source", register: { type: "s3", settings: { bucket: "aws", base_path: "repo" } }, blobs: AWS };
      made.copies.move = { from: "aws", to: MOVED, snapshots: { pattern: "keep-*" }, unneeded: { deleteAtMostPercent: 100 } };
    });
    world = await testWorld({ config });
    const { open, blobs } = world;
    const directories: Record<string, string> = { aws: source, [MOVED.bucket]: destination };
    world.open = async () => ({
      ...(await open()),
      blobs: (place) => {
        const directory = directories[place.bucket];
        return directory === undefined ? blobs(place) : directoryBlobStore({ directory });
      },
    });
  }, START_MS);
  afterAll(() => real?.close());

  it(
    "lists only what is whole, is repaired by a check, cleans up, and restores with every document",
    async () => {
      await real.createIndex("movies", 1);
      await real.createIndex("series", 1);
      await real.writeDocuments("movies", [1, 2, 3], { bytes: 2500 });
      await real.writeDocuments("series", [1], { bytes: 400 });
      await snapshot("keep-1");
      await real.writeDocuments("movies", [4, 5], { bytes: 4000 });
      await snapshot("other-1");
      await real.writeDocuments("movies", [6], { bytes: 5000 });
      await snapshot("keep-2");
      const second = await documents("movies");
      // Deleted while its blobs are on the way; what follows is written under names that were used before.
      await copy(async () => {
        await real.cluster.deleteSnapshots("r", ["keep-1"]);
        await real.cluster.deleteSnapshots("r", ["other-1"]);
        await real.writeDocuments("movies", [7], { bytes: 3000 });
        await snapshot("keep-3");
      });
      await copy();
      expect(await verdicts()).toEqual(["keep-2 whole", "keep-3 whole"]);
      expect(await restore("keep-2")).toEqual(second);
      const third = await documents("movies");

      const [removed = "", cut = "", flipped = ""] = [...(await files(/\/__[^/]+$/))]
        .sort(() => 0)
        .filter((_, at, all) => at % Math.max(1, all.length >> 2) === 0);
      await rm(join(destination, removed));
      await truncate(join(destination, cut), (await readFile(join(destination, cut))).length - 1);
      const bytes = await readFile(join(destination, flipped));
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      await writeFile(join(destination, flipped), bytes);
      expect((await copy(undefined, true))?.state).toBe("done");
      expect(await verdicts()).toEqual(["keep-2 whole", "keep-3 whole"]);

      await real.cluster.deleteSnapshots("r", ["keep-2"]);
      await snapshot("keep-4");
      await copy();
      const before = await files(/./);
      for (let day = 0; day < 2; day += 1) {
        world.advance(25 * HOUR_MS);
        expect((await copy())?.state).toBe("done");
      }
      expect((await files(/./)).length).toBeLessThan(before.length);
      expect(await verdicts()).toEqual(["keep-3 whole", "keep-4 whole"]);
      expect(await restore("keep-3")).toEqual(third);
      expect(await restore("keep-4")).toEqual(third);
    },
    START_MS,
  );
});
