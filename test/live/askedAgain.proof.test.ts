import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { directoryBlobStore } from "../../shared/adapters/directory/blobStore.ts";
import type { World } from "../../shared/jobs/world.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import type { ClusterFixture } from "../contract/clusterFixture.ts";
import { MINUTE_MS, MOVED, type TestWorld, testConfig, testWorld } from "../world/world.ts";
import { openReal } from "./realCluster.ts";

const INDICES = ["ten", "logs"];

/** Ticks of a world in memory whose target, and whose watched place, are real. */
describe.each((process.env.OSSNAP_ES_VERSIONS ?? "5.5.3 7.10.2").split(" "))("a watch on Elasticsearch %s", (version) => {
  let fixture: ClusterFixture;
  let world: TestWorld;
  let location: string;

  beforeAll(async () => {
    fixture = await openReal(version);
    const { cluster } = fixture;
    const repository = fixture.newRepository("backups");
    location = String(repository.settings.location);
    await cluster.putRepository(repository, { verify: false });
    for (const index of INDICES) {
      await fixture.createIndex(index, 1);
      await fixture.writeDocuments(index, [1, 2]);
      await take(`${index}-1`, index);
    }
    await fixture.createIndex("others", 1);
    await fixture.putAlias("serving", "others", {});
    const config = testConfig((made) => {
      made.backups = {};
      const { moved } = made.watches;
      if (moved) moved.register = { name: "moved", type: "fs", settings: { location } };
      if (moved) moved.restore = { ...moved.restore, indices: ["ten"], alias: "serving" };
    });
    world = await testWorld({ config, start: new Date().toISOString() });
  }, 240_000);
  afterAll(() => fixture?.close());

  async function take(snapshot: string, index: string): Promise<void> {
    await fixture.cluster.createSnapshot("backups", snapshot, { indices: [index], metadata: {} });
    for (let looks = 0; looks < 100 && (await fixture.cluster.runningSnapshots()).length > 0; looks += 1) await wait(200);
  }

  async function ticks(): Promise<void> {
    for (let tick = 0; tick < 20; tick += 1) {
      const opened: World = await world.open();
      const blobs: World["blobs"] = (place) =>
        place.bucket === MOVED.bucket ? directoryBlobStore({ directory: location, basePath: "" }) : opened.blobs(place);
      await advanceJobs({ ...opened, blobs, cluster: () => fixture.cluster });
      await wait(300);
      world.advance(1_000);
    }
  }

  const told = () => world.notices.map(({ code, status }) => `${code} ${status}`);

  it("passes over a newer snapshot without its index, and asks again for what a foreign alias refused", async () => {
    await ticks();
    expect(told()).toEqual(["watch.lacking firing", "restore.failed firing"]);
    await fixture.cluster.deleteIndex("others");
    world.advance(15 * MINUTE_MS);
    await ticks();
    const serving = (await fixture.cluster.listIndices()).filter(({ aliases }) => aliases.includes("serving"));
    expect(serving).toMatchObject([{ name: expect.stringMatching(/^ten-\d{17}-/) }]);
    expect(await fixture.cluster.countDocuments(serving[0]?.name ?? "")).toBe(2);
    expect(told()).toEqual(["watch.lacking firing", "restore.failed firing", "restore.failed resolved"]);
  });
});

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
