import { describe, expect, it } from "vitest";
import type { NodeAttributes, PlacementSettings } from "../../shared/model/placement/placement.ts";
import { placementChecks } from "../../shared/plan/placement/forbidden.ts";
import { say } from "../../shared/words/say.ts";
import { held, inputOf, proofOf } from "./preflightProof.ts";

const ALLOCATION = "cluster.routing.allocation";
const HOT: NodeAttributes = { _name: "n-1", _id: "a", _ip: "10.0.0.1", _host: "h-1", box: "hot" };
const WARM: NodeAttributes = { _name: "n-2", _id: "b", _ip: "10.0.0.2", _host: "h-2", box: "warm" };
const input = (change: Parameters<typeof inputOf>[0]) => inputOf({ proof: proofOf([held("movies")]), ...change });
const told = (settings: PlacementSettings, nodes: readonly NodeAttributes[] | null = [HOT, WARM]) =>
  placementChecks(input({ placement: { settings, nodes: nodes ?? undefined } })).map(({ result, reason }) => [
    `${result} ${reason.code}`,
    reason.params.setting,
  ]);
const refusedFor = (setting: string) => [["refuse placement.forbids", setting]];

describe("settings of the cluster that keep every shard away", () => {
  it.each([
    [`${ALLOCATION}.enable`, "none"],
    ["cluster.blocks.read_only", "true"],
    ["cluster.blocks.read_only_allow_delete", "true"],
    [`${ALLOCATION}.exclude._name`, "n-*"],
    [`${ALLOCATION}.exclude._ip`, "10.0.0.1, 10.0.0.2"],
    [`${ALLOCATION}.require.box`, "cold"],
    [`${ALLOCATION}.require.zone`, "z"],
    [`${ALLOCATION}.include._host`, "h-3,h-4"],
  ])("%s: %s is refused", (setting, value) => {
    expect(told({ [setting]: value })).toEqual(refusedFor(setting));
  });

  it.each([
    [`${ALLOCATION}.enable`, "all"],
    [`${ALLOCATION}.enable`, "primaries"],
    [`${ALLOCATION}.enable`, "new_primaries"],
    ["cluster.blocks.read_only", "false"],
    [`${ALLOCATION}.exclude._name`, "n-1"],
    [`${ALLOCATION}.exclude._name`, ""],
    [`${ALLOCATION}.exclude.zone`, "z"],
    [`${ALLOCATION}.require.box`, "warm"],
    [`${ALLOCATION}.include._host`, "h-3,h-2"],
    [`${ALLOCATION}.include._tier_preference`, "data_hot"],
    [`${ALLOCATION}.exclude._ip`, "10.0.0.0/8"],
  ])("%s: %s leaves a node", (setting, value) => {
    expect(told({ [setting]: value })).toEqual([]);
  });

  it("filters count together: what one leaves, another may take away", () => {
    const both = { [`${ALLOCATION}.require.box`]: "hot", [`${ALLOCATION}.exclude._name`]: "n-1" };
    expect(told(both)).toEqual(refusedFor(`${ALLOCATION}.exclude._name`));
    expect(told({ [`${ALLOCATION}.include.box`]: "cold", [`${ALLOCATION}.include._name`]: "n-2" })).toEqual([]);
  });

  it("of a cluster that hides its nodes only what holds for all of them is known", () => {
    expect(told({ [`${ALLOCATION}.exclude._name`]: "*" }, null)).toEqual([]);
    expect(told({ [`${ALLOCATION}.enable`]: "none" }, null)).toEqual(refusedFor(`${ALLOCATION}.enable`));
  });

  it("the way out is the request that takes the setting back", () => {
    const [check] = placementChecks(input({ placement: { settings: { [`${ALLOCATION}.enable`]: "none" }, nodes: [] } }));
    expect(check?.wayOut && say(check.wayOut)).toContain('{"persistent":{"cluster.routing.allocation.enable":null}');
  });
});

describe("settings that a restored global state brings", () => {
  const placement = { settings: {}, nodes: [HOT] };
  const statePlacement = { [`${ALLOCATION}.require.box`]: "warm" };

  it("are refused if the target has no node for them", () => {
    const found = placementChecks(input({ placement, statePlacement, withState: true }));
    expect(found.map(({ result, reason }) => `${result} ${reason.code}`)).toEqual(["refuse placement.stateForbids"]);
  });

  it("do not matter without it", () => {
    expect(placementChecks(input({ placement, statePlacement }))).toEqual([]);
  });
});
