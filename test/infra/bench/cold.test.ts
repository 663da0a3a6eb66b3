import { expect, it } from "vitest";
import { benchCold } from "../../../infra/bench/cold/coldBench.ts";

it("the cold bench loads a bundle, what its first requests load, and the peer in the same run", async () => {
  const nodeOf = async () => ({ node: process.execPath, version: process.versions.node });
  const { peer, functions, ...run } = await benchCold(() => undefined, { processes: 1, nodeOf, names: ["advanceJobs"] });
  expect(run).toEqual({ node: process.versions.node, processes: 1 });
  expect([peer.name, peer.milliseconds > 0]).toEqual(["ali-oss", true]);
  expect(Object.keys(functions)).toEqual(["advanceJobs"]);
  for (const { start, state, cluster, restore } of Object.values(functions))
    for (const { milliseconds, toPeer } of [start, state, cluster, restore]) {
      expect(milliseconds).toBeGreaterThan(0);
      expect(toPeer).toBeCloseTo(milliseconds / peer.milliseconds, 0);
    }
}, 120_000);
