import { describe, expect, it } from "vitest";
import { type StatesAsked, type StatesSeen, stateChecks } from "../../shared/plan/states/stateChecks.ts";
import { say } from "../../shared/words/say.ts";

const SEEN: StatesSeen = {
  state: { settings: ["indices.recovery.max_bytes_per_sec"], templates: ["logs"], pipelines: [] },
  features: { tasks: [".tasks"] },
  streams: ["logs-app"],
  names: new Map([["logs-app", "restored-logs-app"]]),
  carrier: "movies",
};
const told = (asked: StatesAsked, targetVersion: string, { seen = SEEN, loseOld }: { seen?: StatesSeen | null; loseOld?: boolean } = {}) =>
  stateChecks(asked, { repository: "moved", snapshot: "snap-1", cluster: "target", targetVersion, loseOld }, seen ?? undefined).map(
    ({ result, reason, wayOut }) => [`${result} ${reason.code}`, wayOut ? say(wayOut) : ""],
  );
describe("what is asked for beside indices", () => {
  it("is nothing by default", () => {
    expect(told({}, "8.17.0")).toEqual([]);
  });

  it("the global state needs a snapshot that has one, and the consent of a person", () => {
    expect(told({ globalState: true }, "5.5.3")).toEqual([["refuse state.global", expect.stringContaining("--lose-old")]]);
    expect(told({ globalState: true }, "8.17.0", { loseOld: true })).toEqual([["warn state.global", ""]]);
    const without = { ...SEEN, state: undefined };
    expect(told({ globalState: true }, "7.10.2", { seen: without, loseOld: true })).toEqual([
      ["refuse state.noGlobal", expect.stringContaining("globalState: true")],
    ]);
  });

  it("states of features need 7.12 and a snapshot that has them", () => {
    expect(told({ featureStates: ["tasks"] }, "7.10.2")).toEqual([["refuse state.noFeatures", "leave it out"]]);
    expect(told({ featureStates: ["kibana", "tasks"] }, "8.17.0")[0]?.[0]).toBe("refuse state.featuresAbsent");
    expect(told({ featureStates: ["tasks"] }, "8.17.0")).toEqual([]);
  });

  it("data streams need 7.9 and a snapshot that has them", () => {
    expect(told({ dataStreams: ["logs-app"] }, "7.8.1")[0]?.[0]).toBe("refuse state.noStreams");
    expect(told({ dataStreams: ["logs-web"] }, "8.17.0")[0]?.[0]).toBe("refuse state.streamsAbsent");
    expect(told({ dataStreams: ["logs-app"] }, "7.10.2")).toEqual([["warn state.stream", ""]]);
  });

  it("what cannot be read is refused, and nothing is said of it", () => {
    const asked = { globalState: true, dataStreams: ["logs-app"] };
    const unreadable = { ...SEEN, state: "unreadable" as const, carrier: undefined };
    expect(told(asked, "8.17.0", { seen: unreadable }).map(([code]) => code)).toEqual([
      "refuse state.unreadable",
      "refuse state.unreadable",
    ]);
  });

  it("where nothing carries the request, it is refused with the request that a person can send", () => {
    const without = { ...SEEN, carrier: undefined };
    expect(told({ globalState: true }, "5.5.3", { seen: without, loseOld: true })).toEqual([
      ["warn state.global", ""],
      ["refuse state.noCarrier", expect.stringContaining('/_snapshot/moved/snap-1/_restore {"indices":"-*","include_global_state":true}')],
    ]);
    expect(told({ featureStates: ["tasks"] }, "8.17.0", { seen: without })[0]?.[1]).toContain('"feature_states":["tasks"]');
  });

  it("of a bucket that only the cluster reads each is refused in the same way", () => {
    expect(told({ globalState: true, dataStreams: ["logs-app"] }, "8.17.0", { seen: null })).toEqual([
      ["refuse state.unread", expect.stringContaining('"feature_states":["none"]')],
      ["refuse state.unread", expect.stringContaining('"indices":"logs-app"')],
    ]);
  });
});
