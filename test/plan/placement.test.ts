import { describe, expect, it } from "vitest";
import type { NodeAttributes, PlacementLayers, PlacementSettings } from "../../shared/model/placement/placement.ts";
import { placementChecks } from "../../shared/plan/placement/forbidden.ts";
import type { PreflightInput } from "../../shared/plan/preflightTypes.ts";
import { say } from "../../shared/words/say.ts";
import { existing, held, inputOf, proofOf } from "./preflightProof.ts";

const ALLOCATION = "cluster.routing.allocation";
const HOT: NodeAttributes = { _name: "n-1", _id: "abc", _ip: "10.0.0.1", _host: "h-1", box: "hot", zone_ip: "a", path: "eu/west" };
const WARM: NodeAttributes = { _name: "n-2", _id: "bcd", _ip: "10.0.0.2", _host: "h-2", box: "warm", zone_ip: "b", path: "eu/west" };
const input = (change: Partial<PreflightInput>) => inputOf({ proof: proofOf([held("movies")]), ...change });
const MOVIES = [{ name: "movies" }];
const seen = (layers: Partial<PlacementLayers>, nodes: readonly NodeAttributes[] | undefined = [HOT, WARM]) => ({
  layers: { defaults: {}, persistent: {}, transient: {}, ...layers },
  nodes,
  dataNodes: 2,
});
const codes = (change: Partial<PreflightInput>) =>
  placementChecks(input(change), MOVIES).map(({ result, reason }) => [`${result} ${reason.code}`, reason.params.setting]);
const told = (persistent: PlacementSettings, targetVersion = "5.5.3") => codes({ placement: seen({ persistent }), targetVersion });
const refusedFor = (setting: string) => [["refuse placement.forbids", setting]];
const OLD = ["5.5.3", "7.10.2"];
const ALL = [...OLD, "8.17.0"];

describe("settings of the cluster that keep every shard away", () => {
  // Measured on 5.5.3, 7.10.2 and 8.17.0.
  it.each<[string, string, string[]]>([
    [`${ALLOCATION}.enable`, "none", ALL],
    [`${ALLOCATION}.enable`, "NONE", ALL],
    [`${ALLOCATION}.node_initial_primaries_recoveries`, "0", ALL],
    ["cluster.blocks.read_only", "true", ALL],
    ["cluster.blocks.read_only", "on", ["5.5.3"]],
    ["cluster.blocks.read_only", "yes", ["5.5.3"]],
    ["cluster.blocks.read_only", "1", ["5.5.3"]],
    ["cluster.blocks.read_only_allow_delete", "true", ALL],
    [`${ALLOCATION}.exclude._name`, "n-*", ALL],
    [`${ALLOCATION}.exclude.name`, "n-*", ALL],
    [`${ALLOCATION}.exclude._ip`, "10.0.0.1, 10.0.0.2", ALL],
    [`${ALLOCATION}.exclude._host_ip`, "10.0.0.*", ALL],
    [`${ALLOCATION}.exclude._host`, "10.0.0.1,h-2", ALL],
    [`${ALLOCATION}.exclude.zone_ip`, "a,b", ALL],
    [`${ALLOCATION}.exclude.path`, "eu/west", ALL],
    [`${ALLOCATION}.require.path`, "eu/east", ALL],
    [`${ALLOCATION}.require.box`, "cold", ALL],
    [`${ALLOCATION}.require.box`, "hot,warm", ALL],
    [`${ALLOCATION}.require._name`, "n-1,n-2", ALL],
    [`${ALLOCATION}.require.zone`, "z", ALL],
    [`${ALLOCATION}.require._id`, "ab*", ALL],
    [`${ALLOCATION}.include._host`, "h-3,h-4", ALL],
    [`${ALLOCATION}.require._tier`, "data_cold", ["5.5.3", "8.17.0"]],
    [`${ALLOCATION}.include._tier`, "data_frozen", ["5.5.3", "8.17.0"]],
    [`${ALLOCATION}.include._tier_preference`, "data_hot", ["5.5.3"]],
    [`${ALLOCATION}.awareness.attributes`, "zone_id", ALL],
    [`${ALLOCATION}.awareness.attributes`, "box,zone_id", ALL],
    [`${ALLOCATION}.awareness.attributes`, "_name", ALL],
    [`${ALLOCATION}.awareness.attributes`, "name", ALL],
    [`${ALLOCATION}.awareness.attributes`, ",box", ["6.8.23", "7.10.2", "8.17.0"]],
    [`${ALLOCATION}.awareness.attributes`, " , ", ["7.10.2", "8.17.0"]],
    [`${ALLOCATION}.awareness.attributes`, '["box","zone_id"]', ["7.10.2", "8.17.0"]],
    [`${ALLOCATION}.include._name`, " , ", ["8.17.0"]],
    [`${ALLOCATION}.require._name`, " , n-1 ", ["8.17.0"]],
    [`${ALLOCATION}.exclude._name`, '["n-1","n-2"]', ["8.17.0"]],
    [`${ALLOCATION}.require._name`, '["n-1"]', OLD],
    [`${ALLOCATION}.require._name`, '["n-1","n-2"]', ALL],
  ])("%s: %s is refused on %j", (setting, value, versions) => {
    for (const version of versions) expect(told({ [setting]: value }, version), version).toEqual(refusedFor(setting));
  });

  it.each<[string, string, string[]]>([
    [`${ALLOCATION}.enable`, "all", ALL],
    [`${ALLOCATION}.enable`, "primaries", ALL],
    [`${ALLOCATION}.enable`, "new_primaries", ALL],
    [`${ALLOCATION}.node_initial_primaries_recoveries`, "4", ALL],
    [`${ALLOCATION}.node_concurrent_recoveries`, "0", ALL],
    ["cluster.blocks.read_only", "false", ALL],
    [`${ALLOCATION}.awareness.attributes`, "", ALL],
    [`${ALLOCATION}.awareness.attributes`, "box", ALL],
    [`${ALLOCATION}.awareness.attributes`, " box ", ALL],
    [`${ALLOCATION}.awareness.attributes`, "box,", ALL],
    [`${ALLOCATION}.awareness.attributes`, ",box", ["5.5.3"]],
    [`${ALLOCATION}.awareness.attributes`, " , ", ["5.5.3"]],
    [`${ALLOCATION}.awareness.attributes`, "[]", ["7.10.2", "8.17.0"]],
    [`${ALLOCATION}.awareness.attributes`, '["box"]', ["7.10.2", "8.17.0"]],
    [`${ALLOCATION}.exclude._name`, "n-1", ALL],
    [`${ALLOCATION}.exclude._name`, "n-?", ALL],
    [`${ALLOCATION}.exclude._name`, "", ALL],
    [`${ALLOCATION}.exclude._name`, "zz,, ", ALL],
    [`${ALLOCATION}.require._name`, ",", ALL],
    [`${ALLOCATION}.include._name`, " , ", OLD],
    [`${ALLOCATION}.require._name`, " , n-1 ", OLD],
    [`${ALLOCATION}.exclude._id`, "*", ALL],
    [`${ALLOCATION}.exclude.zone`, "z", ALL],
    [`${ALLOCATION}.require.zone_ip`, "a", ALL],
    [`${ALLOCATION}.require.box`, "warm", ALL],
    [`${ALLOCATION}.require.box`, "warm,*", ALL],
    [`${ALLOCATION}.require._host`, "h-1,10.0.0.1", ALL],
    [`${ALLOCATION}.require._ip`, "10.0.0.1,10.0.0.9", ALL],
    [`${ALLOCATION}.include._publish_ip`, "10.0.0.2", ALL],
    [`${ALLOCATION}.include._host`, "h-3,h-2", ALL],
    [`${ALLOCATION}.require._tier`, "data_cold", ["7.10.2"]],
    [`${ALLOCATION}.include._tier_preference`, "data_hot", ["7.10.2", "8.17.0"]],
    [`${ALLOCATION}.exclude._name`, '["n-1","n-2"]', OLD],
    [`${ALLOCATION}.exclude._name`, '["*"]', OLD],
    [`${ALLOCATION}.require._name`, '["n-1"]', ["8.17.0"]],
  ])("%s: %s leaves a node on %j", (setting, value, versions) => {
    for (const version of versions) expect(told({ [setting]: value }, version), version).toEqual([]);
  });

  it("filters count together: what one leaves, another may take away", () => {
    const both = { [`${ALLOCATION}.require.box`]: "hot", [`${ALLOCATION}.exclude._name`]: "n-1" };
    expect(told(both)).toEqual(refusedFor(`${ALLOCATION}.exclude._name`));
    expect(told({ [`${ALLOCATION}.include.box`]: "cold", [`${ALLOCATION}.include._name`]: "n-2" })).toEqual([]);
  });

  it("awareness counts with the filters: a node that they leave needs every attribute", () => {
    const rack: NodeAttributes = { ...WARM, rack: "a" };
    const aware = { [`${ALLOCATION}.awareness.attributes`]: "rack" };
    const left = (more: PlacementSettings) => codes({ placement: seen({ persistent: { ...aware, ...more } }, [HOT, rack]) });
    expect(left({})).toEqual([]);
    expect(left({ [`${ALLOCATION}.require.box`]: "hot" })).toEqual(refusedFor(`${ALLOCATION}.awareness.attributes`));
    expect(left({ [`${ALLOCATION}.include.box`]: "hot" })).toEqual(refusedFor(`${ALLOCATION}.awareness.attributes`));
  });

  it("of a cluster that hides its nodes only what holds for all of them is known", () => {
    const hidden = (persistent: PlacementSettings) => codes({ placement: { ...seen({ persistent }), nodes: undefined } });
    expect(hidden({ [`${ALLOCATION}.exclude._name`]: "*" })).toEqual([]);
    expect(hidden({ [`${ALLOCATION}.enable`]: "none" })).toEqual(refusedFor(`${ALLOCATION}.enable`));
  });

  it("a transient setting goes before a persistent one, and that before what a node's file says", () => {
    const [none, all] = [{ [`${ALLOCATION}.enable`]: "none" }, { [`${ALLOCATION}.enable`]: "all" }];
    expect(codes({ placement: seen({ persistent: none, transient: all }) })).toEqual([]);
    expect(codes({ placement: seen({ defaults: none, persistent: all }) })).toEqual([]);
    expect(codes({ placement: seen({ defaults: all, persistent: all, transient: none }) })).toHaveLength(1);
  });

  it.each([
    ["7.10.2", "none", '{"persistent":{"cluster.routing.allocation.require.zone":null}'],
    // Measured on 5.5.3: without the wildcard it answers 200 and keeps the list.
    ["5.5.3", '["a","b"]', '{"persistent":{"cluster.routing.allocation.require.zone.*":null}'],
  ])("the way out on %s for %s is the request that takes the setting back", (targetVersion, value, body) => {
    const placement = seen({ persistent: { [`${ALLOCATION}.require.zone`]: value } });
    const [check] = placementChecks(input({ placement, targetVersion }), MOVIES);
    expect(check?.wayOut && say(check.wayOut)).toContain(body);
  });
});

describe("settings that a restored global state brings", () => {
  const require = { [`${ALLOCATION}.require.box`]: "warm" };
  const none = { [`${ALLOCATION}.enable`]: "none" };
  const blocked = { "cluster.blocks.read_only": "true" };
  const then = (layers: Partial<PlacementLayers>, statePlacement: PlacementSettings) =>
    codes({ placement: seen(layers, [HOT]), statePlacement, withState: true }).map(([code]) => code);

  it.each<[string, Partial<PlacementLayers>, PlacementSettings, string[]]>([
    ["are refused if the target has no node for them", {}, require, ["refuse placement.stateForbids"]],
    ["do not hold where a transient setting goes before them", { transient: { [`${ALLOCATION}.enable`]: "all" } }, none, []],
    [
      "and an include, of which one is enough, is widened by a transient one",
      { transient: { [`${ALLOCATION}.include._name`]: "n-1" } },
      { [`${ALLOCATION}.include.box`]: "warm" },
      [],
    ],
    ["take the place of the target's persistent ones", { persistent: none }, {}, []],
    ["and not of its transient ones", { transient: none }, {}, ["refuse placement.forbids"]],
    ["come by a request that the target's block refuses", { persistent: blocked }, {}, ["refuse placement.forbids"]],
    ["a transient block is told once", { transient: blocked }, {}, ["refuse placement.forbids"]],
    ["and may be a block", {}, blocked, ["refuse placement.stateForbids"]],
    ["or an attribute that no node has", {}, { [`${ALLOCATION}.awareness.attributes`]: "zone_id" }, ["refuse placement.stateForbids"]],
  ])("%s", (_what, layers, state, expected) => {
    expect(then(layers, state)).toEqual(expected);
  });

  it("do not matter without it", () => {
    expect(codes({ placement: seen({}, [HOT]), statePlacement: require })).toEqual([]);
  });
});

describe("a restore over an index, which the cluster starts where a copy of it is", () => {
  const health = (primariesActive: number) => ({ primariesActive, shards: 2, unassigned: 2 - primariesActive });
  const over = (persistent: PlacementSettings, names = ["movies"], healths = new Map([["movies", health(2)]])) => {
    const change = { existing: names.map((name) => existing(name)), overwrites: new Map(), nameFor: (index: string) => index };
    return codes({ placement: { ...seen({ persistent }), healths }, ...change });
  };
  const away: PlacementSettings[] = [
    { [`${ALLOCATION}.enable`]: "none" },
    { [`${ALLOCATION}.exclude._name`]: "*" },
    { [`${ALLOCATION}.require.zone`]: "x" },
    { [`${ALLOCATION}.awareness.attributes`]: "zone_id" },
  ];

  // Measured on 5.5.3, 7.10.2 and 8.17.0.
  it.each(away)("is not refused for %j, only its replicas are told", (setting) => {
    expect(over(setting)).toEqual([["warn placement.forced", Object.keys(setting)[0]]]);
    expect(over(setting, []).map(([code]) => code)).toEqual(["refuse placement.forbids"]);
  });

  // Measured on 5.5.3, 7.10.2 and 8.17.0.
  it.each(away)("is refused for %j where a primary is on no node, or nobody can tell", (setting) => {
    const refused = [["refuse placement.uncopied", Object.keys(setting)[0]]];
    expect(over(setting, ["movies"], new Map([["movies", health(1)]]))).toEqual(refused);
    expect(over(setting, ["movies"], new Map())).toEqual(refused);
    expect(over({}, ["movies"], new Map([["movies", health(1)]]))).toEqual([]);
  });

  it.each<[string, string]>([
    [`${ALLOCATION}.node_initial_primaries_recoveries`, "0"],
    ["cluster.blocks.read_only", "true"],
  ])("is refused for %s: %s", (setting, value) => {
    expect(over({ [setting]: value })).toEqual(refusedFor(setting));
  });

  it("is refused where the cluster closes no index", () => {
    expect(over({ "cluster.indices.close.enable": "false" })).toEqual([["refuse over.unclosable", "cluster.indices.close.enable"]]);
  });

  it("needs no close where nothing is there, or is closed already", () => {
    const closed = { overwrites: new Map(), nameFor: (index: string) => index, existing: [existing("movies", { state: "close" })] };
    expect(codes({ placement: seen({ persistent: { "cluster.indices.close.enable": "false" } }), ...closed })).toEqual([]);
    expect(over({ "cluster.indices.close.enable": "false" }, [])).toEqual([]);
  });
});
