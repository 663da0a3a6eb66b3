import { describe, expect, it } from "vitest";
import { type BackupChoice, type ChoosableIndex, chooseIndices, namedThings } from "../../../shared/plan/backup/choice.ts";
import { leftOutGroups } from "../../../shared/plan/backup/leftOut.ts";

const AT = new Date("2026-11-28T01:30:00Z");
const open = (name: string, more: Partial<ChoosableIndex> = {}): ChoosableIndex => ({ name, state: "open", aliases: [], ...more });
const EXISTING: ChoosableIndex[] = [
  open("movies"),
  open("logs-2026.11.28"),
  open("shut", { state: "close" }),
  open(".apps"),
  open(".tasks", { system: true }),
  open(".ds-app-2026.11.27-000001", { dataStream: "app" }),
  open(".ds-app-2026.11.28-000002", { dataStream: "app" }),
];
const choose = (indices: string[], version = "8.17.0", featureStates?: string[]) =>
  chooseIndices({ indices, featureStates }, EXISTING, { version, at: AT, features: featureStates && ["tasks", "security"] });

describe("the contents of a backup", () => {
  it("takes a data stream by its name when a pattern matches it, and all its backing indices with it", () => {
    expect(choose(["*"])).toMatchObject({
      request: ["app", "logs-2026.11.28", "movies"],
      indices: [".ds-app-2026.11.27-000001", ".ds-app-2026.11.28-000002", "logs-2026.11.28", "movies"],
      streams: ["app"],
      leftOut: { dots: [".apps"] },
    });
  });

  it("takes the stream whatever -.* excludes, and leaves it out by its own name", () => {
    expect(choose(["*", "-.*"])).toMatchObject({ streams: ["app"] });
    expect(choose(["*", "-app"])).toMatchObject({ request: ["logs-2026.11.28", "movies"], streams: [] });
  });

  it("takes backing indices alone only for a pattern that begins with .ds-", () => {
    expect(choose([".ds-app-*2"])).toMatchObject({ request: [".ds-app-2026.11.28-000002"], streams: [] });
    expect(choose(["app", ".ds-app-*"])).toMatchObject({ request: ["app"], streams: ["app"] });
  });

  it.each([[[".*"]], [[".d*"]]])("takes no backing index alone for %j", (patterns) => {
    const { indices = [], streams = [] } = choose(patterns) as Partial<BackupChoice>;
    expect([indices.filter((name) => name.startsWith(".ds-")), streams]).toEqual([[], []]);
  });

  it("names the stream of which only backing indices are there, which a pattern matches and does not take", () => {
    const orphan = open(".ds-lost-2026.11.27-000001");
    const choice = chooseIndices({ indices: ["*", ".*"] }, [...EXISTING, orphan], { version: "8.17.0", at: AT });
    expect(choice).toMatchObject({ leftOut: { streams: ["lost"] } });
  });

  it("knows no data streams before 7.9", () => {
    expect(choose(["app*"], "7.8.1")).toMatchObject({ fault: { code: "selection.empty" } });
  });

  it("resolves date math at the slot's time", () => {
    expect(choose(["<logs-{now/d}>"])).toMatchObject({ request: ["logs-2026.11.28"], patterns: ["logs-2026.11.28"] });
  });

  it.each([
    ["a closed index by name before 7.7", ["shut"], "6.7.0", undefined, "selection.closed"],
    ["a system index by name from 8.0 on", [".tasks"], "8.17.0", undefined, "selection.systemNamed"],
    ["feature states before 7.12", ["movies"], "7.10.2", ["tasks"], "selection.noFeatures"],
    ["an unknown feature", ["movies"], "8.17.0", ["kibana"], "selection.unknownFeature"],
    ["none beside a feature", ["movies"], "8.17.0", ["none", "tasks"], "selection.noneBeside"],
    ["none before 7.12", ["movies"], "7.10.2", ["none"], "selection.noFeatures"],
    ["date math that cannot be read", ["<l-{now/q}>"], "8.17.0", undefined, "selection.dateMath"],
  ])("refuses %s", (_, indices, version, features, code) => {
    expect(choose(indices, version, features)).toMatchObject({ fault: { code } });
  });

  it("takes none alone as what leaves all features out", () => {
    expect(choose(["movies"], "8.17.0", ["none"])).toMatchObject({ request: ["movies"] });
  });

  it("takes a closed index by name from 7.7 on, and a system index by name before 8.0", () => {
    expect(choose(["shut", "movies"], "7.10.2")).toMatchObject({ request: ["movies", "shut"] });
    expect(choose([".tasks"], "7.10.2")).toMatchObject({ request: [".tasks"] });
  });

  it("names everything that is left out once, under one reason", () => {
    const patterns = ["*", "-logs-*"];
    const choice = choose(patterns);
    if ("fault" in choice) throw new Error("a choice is expected");
    const groups = leftOutGroups(namedThings(EXISTING, "8.17.0"), {
      policy: "nightly",
      patterns,
      chosen: [...choice.request, ...choice.indices],
      leftOut: choice.leftOut,
      system: [".tasks"],
    });
    expect(groups.map(({ reason: { code }, names }) => [code, names])).toEqual([
      ["selection.outClosed", ["shut"]],
      ["selection.outExcluded", ["logs-2026.11.28"]],
      ["selection.outSystem", [".tasks"]],
      ["selection.systemLeftOut", [".apps"]],
    ]);
  });
});
