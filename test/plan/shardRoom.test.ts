import { describe, expect, it } from "vitest";
import type { PlacementLayers } from "../../shared/model/placement/placement.ts";
import { shardChecks, totalChecks } from "../../shared/plan/placement/shardRoom.ts";
import type { PreflightInput } from "../../shared/plan/preflightTypes.ts";
import { held, inputOf, proofOf } from "./preflightProof.ts";

const MAX = "cluster.max_shards_per_node";
const TOTAL = "cluster.routing.allocation.total_shards_per_node";
const indices = [held("movies", { shards: 1 }), held(".ds-logs-1", { shards: 4 })];
const there = (shards: number, replicas = 0, state: "open" | "close" = "open") => ({
  ...{ name: `${state}-${shards}`, uuid: "a", state, aliases: [], shards, replicas, createdVersion: "7.10.2", settings: {} },
});
/** By a version that keeps it on the nodes. */
const closed = (shards: number) => ({ ...there(shards, 0, "close"), settings: { verified_before_close: "true" } });
const named = (name: string) => ({ ...there(1), name });
const OVER = { overwrites: new Map(), nameFor: (index: string) => index };
const input = (layers: Partial<PlacementLayers>, change: Partial<PreflightInput>) =>
  inputOf({
    proof: proofOf(indices),
    targetVersion: "8.17.0",
    placement: { layers: { defaults: {}, persistent: {}, transient: {}, ...layers }, nodes: undefined, dataNodes: 2 },
    ...change,
  });
/** With an index of which so many primaries are on nodes. */
const placed = (layers: Partial<PlacementLayers>, primariesActive: number) => ({
  ...{ layers: { defaults: {}, persistent: {}, transient: {}, ...layers }, nodes: undefined, dataNodes: 2 },
  healths: new Map([".ds-logs-1", "movies"].map((name) => [name, { primariesActive, shards: 1, unassigned: 0 }])),
});
const codes = (checks: ReturnType<typeof shardChecks>) => checks.map(({ result, reason }) => `${result} ${reason.code}`);

describe("how many shards a cluster accepts once the global state of a snapshot is restored", () => {
  // Two data nodes: twice the limit, of which 6 are open; 1 comes with the state, and 4 after it.
  const state = { existing: [there(6)], withState: true, carrier: "movies", shardsMax: 2000 };
  it.each<[string, Partial<PlacementLayers>, Record<string, string>, number, string[]]>([
    ["the state's limit is too small", {}, { [MAX]: "5" }, 2000, ["refuse shards.stateFull"]],
    ["the state's limit is enough", {}, { [MAX]: "6" }, 2000, ["ok shards.fits"]],
    [
      "the state's is too small, over which a transient one remains",
      { transient: { [MAX]: "9" } },
      { [MAX]: "5" },
      2000,
      ["ok shards.fits"],
    ],
    ["the state raises the limit that the target has", { persistent: { [MAX]: "5" } }, { [MAX]: "9" }, 10, ["ok shards.fits"]],
    ["the state has none, and the default takes the place", { persistent: { [MAX]: "5" } }, {}, 10, ["ok shards.fits"]],
    ["a node's file has one, which the state uncovers", { defaults: { [MAX]: "5" } }, {}, 2000, ["refuse shards.stateFull"]],
    ["the request that brings it meets the old limit", { persistent: { [MAX]: "3" } }, { [MAX]: "9" }, 6, ["refuse shards.full"]],
  ])("%s", (_what, layers, statePlacement, shardsMax, expected) => {
    expect(codes(shardChecks(input(layers, { ...state, statePlacement, shardsMax }), indices))).toEqual(expected);
  });

  it("counts the indices of features to the request that brings it", () => {
    const asked = { ...state, shardsMax: 10, statePlacement: { [MAX]: "9" } };
    expect(codes(shardChecks(input({}, asked), indices))).toEqual(["ok shards.fits"]);
    expect(codes(shardChecks(input({}, { ...asked, ofFeatures: new Map([[".ds-logs-1", "f"]]) }), indices))).toEqual([
      "refuse shards.full",
    ]);
  });
});

describe("how many shards the data nodes take", () => {
  const limit = (value: string) => ({ persistent: { [TOTAL]: value } });
  it.each<[string, Partial<PlacementLayers>, Partial<PreflightInput>, string[]]>([
    ["no limit is set", limit("-1"), { existing: [there(90)] }, []],
    ["the primaries fit", limit("3"), { existing: [there(1), there(9, 0, "close")], replicas: 0 }, []],
    ["one primary is too much", limit("3"), { existing: [there(2)], replicas: 0 }, ["refuse placement.total"]],
    ["replicas are too much", limit("3"), { existing: [there(1)], replicas: 1 }, ["warn placement.totalFewer"]],
    ["replicas that are on nodes leave too little", limit("3"), { existing: [there(1, 1)], replicas: 0 }, ["refuse placement.total"]],
    ["of a shard no node has two copies", limit("4"), { existing: [there(1, 9)], replicas: 0 }, ["warn placement.totalFewer"]],
    ["closed indices are on nodes", limit("3"), { existing: [closed(2)], replicas: 0 }, ["refuse placement.total"]],
    [
      "over copies nothing is new",
      limit("1"),
      { ...OVER, existing: [named("movies"), named(".ds-logs-1")], placement: placed(limit("1"), 1) },
      ["warn placement.totalFewer"],
    ],
    [
      "over what no node has it is",
      limit("1"),
      { ...OVER, existing: [named("movies"), named(".ds-logs-1")], placement: placed(limit("1"), 0) },
      ["refuse placement.total"],
    ],
    ["over some, and others are new", limit("2"), { ...OVER, existing: [named("movies")], replicas: 0 }, ["refuse placement.total"]],
    ["a state takes the limit away", limit("3"), { existing: [there(2)], withState: true, statePlacement: {} }, []],
    ["a state brings one", {}, { existing: [there(2)], withState: true, statePlacement: { [TOTAL]: "3" } }, ["refuse placement.total"]],
  ])("%s", (_what, layers, change, expected) => {
    expect(codes(totalChecks(input(layers, { replicas: 0, ...change }), indices))).toEqual(expected);
  });

  it("replicas that are on no node take up no place", () => {
    const placement = { layers: { defaults: {}, persistent: limit("3").persistent, transient: {} }, nodes: undefined, dataNodes: 2 };
    const checks = (unassigned: number) =>
      codes(
        totalChecks(
          input(
            {},
            {
              existing: [there(1, 1)],
              replicas: 0,
              placement: { ...placement, healths: new Map([["open-1", { primariesActive: 1, shards: 1, unassigned }]]) },
            },
          ),
          indices,
        ),
      );
    expect(checks(1)).toEqual(["warn placement.totalFewer"]);
    expect(checks(0)).toEqual(["refuse placement.total"]);
  });

  it("the way out of a state's limit is to leave the state out", () => {
    const wayOut = (layers: Partial<PlacementLayers>, change: Partial<PreflightInput>) =>
      totalChecks(input(layers, { existing: [there(2)], replicas: 0, ...change }), indices).map((check) => check.wayOut?.code);
    expect(wayOut(limit("3"), {})).toEqual(["wayOut.placement"]);
    expect(wayOut({}, { withState: true, statePlacement: { [TOTAL]: "3" } })).toEqual(["wayOut.noStates"]);
  });
});
