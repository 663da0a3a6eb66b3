import { describe, expect, it } from "vitest";
import { preflightRestore } from "../../../../shared/verbs/restore/askByHand.ts";
import { freshWorld, world } from "../../../world/moved.ts";
import { given, NAME, wanted } from "./overWorld.ts";

const FILTER = "cluster.routing.allocation.exclude._name";
const REQUESTS_MAX = 12;

const placed = async () => {
  const { checks } = await preflightRestore(await world.open(), wanted({ loseOld: true }));
  return checks.filter(({ check }) => check === "placement").map(({ result, reason, wayOut }) => [result, reason.code, wayOut?.code]);
};

describe("a restore while every data node is about to leave", () => {
  freshWorld();

  it("is refused, but over what a node has", async () => {
    await given();
    const beside = async () => {
      const { over: _, ...request } = wanted();
      const { checks } = await preflightRestore(await world.open(), request);
      return checks.filter(({ check }) => check === "placement").map(({ result, reason }) => [result, reason.code, reason.params.nodes]);
    };
    const [node = ""] = (await world.target.disks()).map((disk) => disk.node);
    world.target.shutDown(["another"]);
    expect(await beside()).toEqual([]);
    world.target.shutDown([node]);
    expect(await beside()).toEqual([["refuse", "placement.leaving", [node]]]);
    expect(await placed()).toEqual([["warn", "placement.leaving", undefined]]);
    world.target.loseShards(NAME);
    expect(await placed()).toEqual([["refuse", "placement.leaving", "wayOut.leaving"]]);
  });
});

describe("a restore over an index while a filter keeps every new shard away", () => {
  freshWorld();

  it("passes where a node has its shards, and is refused where none has", async () => {
    await given();
    world.target.putClusterSettings({ [FILTER]: "*" });
    expect(await placed()).toEqual([["warn", "placement.forced", undefined]]);
    world.target.loseShards(NAME);
    expect(await placed()).toEqual([["refuse", "placement.uncopied", "wayOut.placement"]]);
    world.target.putClusterSettings({ [FILTER]: null });
    expect(await placed()).toEqual([]);
  });

  it("is refused for a closed index of which an old cluster tells nothing", async () => {
    await given();
    world.target.putClusterSettings({ [FILTER]: "*" });
    world.target.closeIndex(NAME);
    expect(await placed()).toEqual([["refuse", "placement.uncopied", "wayOut.placement"]]);
  });

  it(`asks the cluster at most ${REQUESTS_MAX} times`, async () => {
    await given();
    let requests = 0;
    for (const [name, call] of Object.entries(world.target)) {
      if (typeof call !== "function") continue;
      Object.assign(world.target, {
        [name]: (...args: unknown[]) => {
          // Version, state and health.
          requests += name === "info" ? 3 : 1;
          return (call as (...args: unknown[]) => unknown)(...args);
        },
      });
    }
    await preflightRestore(await world.open(), wanted());
    expect(requests).toBeLessThanOrEqual(REQUESTS_MAX);
    expect(requests).toBeGreaterThan(6);
  });
});
