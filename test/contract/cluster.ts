import { afterAll, beforeAll, describe } from "vitest";
import { aliasRows } from "./clusterAliasRows.ts";
import { blockRows } from "./clusterBlockRows.ts";
import { closingRows } from "./clusterClosingRows.ts";
import { contentRows } from "./clusterContentRows.ts";
import { diskRows } from "./clusterDiskRows.ts";
import type { ClusterFixture } from "./clusterFixture.ts";
import { aliasTests, indexTests } from "./clusterIndices.ts";
import { jobTests } from "./clusterJobs.ts";
import { listingRows } from "./clusterListingRows.ts";
import { naturalKeyTests } from "./clusterNaturalKeys.ts";
import { placementRows } from "./clusterPlacementRows.ts";
import { repositoryTests } from "./clusterRepositories.ts";
import { restoreRows } from "./clusterRestoreRows.ts";
import { restoreTests } from "./clusterRestores.ts";
import { rootRows } from "./clusterRootRows.ts";
import { runningTests } from "./clusterRunning.ts";
import { runningRows } from "./clusterRunningRows.ts";
import { settingRows } from "./clusterSettingRows.ts";
import { snapshotTests } from "./clusterSnapshots.ts";
import { appliesTo, rowTests } from "./clusterStage.ts";
import { stateRows } from "./clusterStateRows.ts";
import { versionRows } from "./clusterVersionRows.ts";

export type { ClusterFixture } from "./clusterFixture.ts";

/** The contract of the `Cluster` port on one empty cluster; the tests build on each other. */
export function clusterContract(
  name: string,
  version: string,
  open: () => Promise<ClusterFixture>,
  { closes = true }: { closes?: boolean } = {},
): void {
  describe(name, () => {
    const world: { fixture?: ClusterFixture } = {};
    const fixture = () => {
      if (world.fixture === undefined) throw new Error("the cluster did not start");
      return world.fixture;
    };
    beforeAll(async () => {
      world.fixture = await open();
    });
    afterAll(async () => {
      await world.fixture?.close();
    });
    describe("repositories", () => repositoryTests(fixture));
    describe("indices", () => indexTests(fixture));
    describe("snapshots", () => snapshotTests(fixture));
    describe("running work", () => runningTests(fixture));
    describe("restores", () => restoreTests(fixture));
    describe("aliases", () => aliasTests(fixture));
    describe("natural keys", () => naturalKeyTests(fixture));
    describe("jobs", () => jobTests(fixture));
    describe("repositories of other versions, as measured", () => rowTests(fixture, version, "versions", versionRows(version)));
    describe("contents as measured", () => rowTests(fixture, version, "contents", contentRows));
    describe("restores as measured", () => rowTests(fixture, version, "restores", restoreRows));
    describe.runIf(stateRows.some((row) => appliesTo(row, version)))("states as measured", () =>
      rowTests(fixture, version, "states", stateRows),
    );
    describe("aliases as measured", () => rowTests(fixture, version, "aliases", aliasRows));
    describe("blocks as measured", () => rowTests(fixture, version, "blocks", blockRows));
    describe.runIf(closes)("closing as measured", () => rowTests(fixture, version, "closing", closingRows));
    describe("settings as measured", () => rowTests(fixture, version, "settings", settingRows));
    describe("disks as measured", () => rowTests(fixture, version, "disks", diskRows));
    describe.runIf(placementRows.some((row) => appliesTo(row, version)))("places as measured", () =>
      rowTests(fixture, version, "places", placementRows),
    );
    describe("running work as measured", () => rowTests(fixture, version, "running", runningRows));
    describe("incomplete copies as measured", () => rowTests(fixture, version, "copies", listingRows));
    describe("damaged repositories as measured", () => rowTests(fixture, version, "roots", rootRows));
  });
}
