import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeServerDirectories } from "../../infra/local/host/places.ts";
import { directoryBlobStore } from "../../shared/adapters/directory/blobStore.ts";
import type { Place } from "../../shared/model/config.ts";
import { proveChosen } from "../../shared/reader/proveRepository.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { askCopy } from "../../shared/verbs/copy/ask.ts";
import type { ClusterFixture } from "../contract/clusterFixture.ts";
import { MINUTE_MS, MOVED, type TestWorld, testConfig, testWorld } from "../world/world.ts";
import { openReal } from "./realCluster.ts";

const AWS: Place = { store: "s3", bucket: "aws", basePath: "repo", region: "us-east-1" };
const OPS = { by: "person" as const, who: "ops" };
const START_MS = 600_000;
const POLL_MS = 100;

/** Waits until `look` gives something. */
async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

describe("a repository of 5.5.3 whose chunks were named again, copied twice", () => {
  let real: ClusterFixture;
  let world: TestWorld;
  let source: string;
  let destination: string;

  const snapshot = async (name: string): Promise<void> => {
    await real.cluster.createSnapshot("r", name, { indices: ["movies"], metadata: {} });
    await until(async () => (await real.cluster.getSnapshot("r", name))?.state === "SUCCESS");
  };
  const restore = async (repository: string, name: string, as: string) => {
    await real.cluster.restore({ repository, snapshot: name, index: "movies", as, indexSettings: {}, ignoreIndexSettings: [] });
    await until(async () => (await real.cluster.health(as))?.primariesActive === 1);
  };
  const copy = async () => {
    await askCopy(await world.open(), "move", OPS);
    for (let round = 0; round < 10; round += 1) {
      await advanceJobs(await world.open());
      await world.runTasks();
      world.advance(MINUTE_MS);
    }
  };
  const verdicts = async () => {
    const { proofs } = await proveChosen(directoryBlobStore({ directory: destination }), { snapshot: "all", level: "contents" });
    return proofs.map(({ name, verdict }) => `${name} ${verdict}`).sort();
  };

  beforeAll(async () => {
    real = await openReal("5.5.3");
    const repository = real.newRepository("r", { chunk_size: "1kb", compress: false });
    source = String(repository.settings.location);
    destination = join(dirname(source), "copied");
    await mkdir(destination, { recursive: true });
    await real.cluster.putRepository(repository, { verify: true });
    const config = testConfig((made) => {
      made.backups = {};
      made.watches = {};
      made.repositories.aws = { cluster: "source", register: { type: "s3", settings: { bucket: "aws", base_path: "repo" } }, blobs: AWS };
      made.copies.move = { from: "aws", to: MOVED, snapshots: "all" };
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

  it("ends whole at level contents, and restores with every document", async () => {
    await real.createIndex("movies", 1);
    await real.writeDocuments("movies", [1], { bytes: 200 });
    await snapshot("snap-1");
    await real.writeDocuments("movies", [2], { bytes: 3000 });
    await snapshot("snap-2");
    await copy();
    expect(await verdicts()).toEqual(["snap-1 whole", "snap-2 whole"]);

    await real.cluster.deleteSnapshots("r", ["snap-2"]);
    await real.cluster.deleteIndex("movies");
    await restore("r", "snap-1", "movies");
    await real.writeDocuments("movies", [2], { bytes: 3000 });
    await snapshot("snap-3");
    await copy();
    expect(await verdicts()).toEqual(["snap-1 whole", "snap-3 whole"]);

    await makeServerDirectories([destination]);
    await real.cluster.putRepository({ name: "c", type: "fs", settings: { location: destination, readonly: true } }, { verify: false });
    await restore("c", "snap-3", "again");
    expect(await real.cluster.countDocuments("again")).toBe(2);
  });
});
