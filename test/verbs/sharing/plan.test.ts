import { describe, expect, it } from "vitest";
import type { Instance } from "../../../shared/model/instances/instances.ts";
import { planAddition, planRemoval } from "../../../shared/verbs/sharing/plan.ts";
import type { SharingSeen } from "../../../shared/verbs/sharing/types.ts";
import { say } from "../../../shared/words/say.ts";

type Change = Partial<Omit<SharingSeen, "target" | "source">> & { target?: Partial<Instance> | null; source?: Partial<Instance> | null };

/** Two active instances of one version, nothing shared yet; `null` is an instance that the account does not have. */
function seenOf({ target = {}, source = {}, ...more }: Change = {}): SharingSeen {
  const instance = (id: string, change: Partial<Instance> | null): Instance | undefined =>
    change === null ? undefined : { id, version: "6.8", status: "active", ...change };
  return {
    cluster: "target",
    target: { id: "es-cn-t", seen: instance("es-cn-t", target) },
    source: { id: "es-cn-s", seen: instance("es-cn-s", source) },
    shared: [],
    alternatives: ["es-cn-s"],
    readers: [],
    namedBy: [],
    ...more,
  };
}

const codes = ({ refusals, warnings }: { refusals: { code: string }[]; warnings: { code: string }[] }) => [
  ...refusals.map(({ code }) => `no: ${code}`),
  ...warnings.map(({ code }) => code),
];
const SHARED = [{ instance: "es-cn-s", repository: "aliyun_snapshot_from_es-cn-s", available: true }];

describe("planAddition", () => {
  it.each<[string, Change, string[]]>([
    ["two of one version are free to share", {}, []],
    ["an earlier patch version", { source: { version: "6.8.6" }, target: { version: "6.8.23" } }, []],
    ["a later patch version is refused", { source: { version: "6.8.23" }, target: { version: "6.8.6" } }, ["no: sharing.newer"]],
    [
      "a later minor version is refused, compared as numbers",
      { source: { version: "7.10" }, target: { version: "7.7" } },
      ["no: sharing.newer"],
    ],
    ["an unreadable source version is refused rather than trusted", { source: { version: "vector" } }, ["no: sharing.newer"]],
    ["an instance of another account or region", { source: null }, ["no: sharing.unknown"]],
    ["the same where there is no other", { source: null, alternatives: [] }, ["no: sharing.unknownAlone"]],
    ["a cluster whose instance id is wrong", { target: null, alternatives: [] }, ["no: sharing.unknownTarget"]],
    ["a target at work", { target: { status: "activating" } }, ["no: sharing.notActive"]],
    ["a target in a state that this version does not know", { target: { status: "unknown" } }, ["no: sharing.notActive"]],
    ["a source at work is only told", { source: { status: "activating" } }, ["sharing.sourceNotActive"]],
    ["6.7 beside 6.7 has a rule about kernels", { source: { version: "6.7" }, target: { version: "6.7" } }, ["sharing.kernel"]],
    ["6.7 before 7.10 has none", { source: { version: "6.7" }, target: { version: "7.10" } }, []],
    ["5.5.3 before 7.10 can be shared and not restored", { source: { version: "5.5.3" }, target: { version: "7.10" } }, ["sharing.tooOld"]],
    ["6.8 before 7.1 can be shared and not restored", { target: { version: "7.1" } }, ["sharing.sixEight"]],
    ["one that the platform does not offer", { alternatives: [] }, ["sharing.notOffered"]],
  ])("%s", (_what, change, expected) => {
    expect(codes(planAddition(seenOf(change)))).toEqual(expected);
  });

  it("has nothing to do where it is shared already, whatever else is in the way", () => {
    const plan = planAddition(seenOf({ shared: SHARED, target: { status: "activating" }, alternatives: [] }));
    expect(plan).toMatchObject({ already: true, refusals: [], warnings: [], repository: "aliyun_snapshot_from_es-cn-s" });
  });

  it("says that a repository which is shared already is unavailable", () => {
    const shared = SHARED.map((one) => ({ ...one, available: false }));
    expect(codes(planAddition(seenOf({ shared })))).toEqual(["sharing.unavailable"]);
  });

  it("refuses the cluster's own instance", () => {
    const { target } = seenOf();
    expect(codes(planAddition({ ...seenOf(), source: target }))).toEqual(["no: sharing.itself"]);
  });

  it("names at most ten alternatives to an unknown instance", () => {
    const alternatives = Array.from({ length: 30 }, (_, at) => `es-cn-${at}`);
    const [why] = planAddition(seenOf({ source: null, alternatives })).refusals;
    expect(why && say(why)).toContain("may use es-cn-0, es-cn-1");
    expect(why?.params.others).toHaveLength(10);
  });
});

describe("planRemoval", () => {
  it.each<[string, Change, string[]]>([
    ["what is shared can be taken off", { shared: SHARED }, []],
    ["also when its instance is gone", { shared: SHARED, source: null }, []],
    ["another one is shared", { shared: [{ ...SHARED[0], instance: "es-cn-x" }] as typeof SHARED }, ["no: sharing.notShared"]],
    ["nothing is shared", {}, ["no: sharing.nothing"]],
    ["a restore reads from it", { shared: SHARED, readers: ["restore-1", "restore-2"] }, ["no: sharing.read"]],
    ["the target is at work", { shared: SHARED, target: { status: "activating" } }, ["no: sharing.notActive"]],
    ["ossnap.yaml names the repository", { shared: SHARED, namedBy: ["repositories.x"] }, ["sharing.named"]],
  ])("%s", (_what, change, expected) => {
    expect(codes(planRemoval(seenOf(change)))).toEqual(expected);
  });
});
