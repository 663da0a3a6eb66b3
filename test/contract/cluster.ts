import { afterAll, beforeAll, describe } from "vitest";
import type { ClusterFixture } from "./clusterFixture.ts";
import { aliasTests, indexTests } from "./clusterIndices.ts";
import { repositoryTests } from "./clusterRepositories.ts";
import { restoreTests } from "./clusterRestores.ts";
import { runningTests } from "./clusterRunning.ts";
import { snapshotTests } from "./clusterSnapshots.ts";

export type { ClusterFixture } from "./clusterFixture.ts";

/** The Cluster port's contract on one empty cluster; the tests build on each other. */
export function clusterContract(name: string, open: () => Promise<ClusterFixture>): void {
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
  });
}
