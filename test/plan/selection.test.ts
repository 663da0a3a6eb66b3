import { describe, expect, it } from "vitest";
import { JOB_MARKER_KEY } from "../../shared/model/restoredName.ts";
import { type SelectableIndex, selectIndices, selectNames } from "../../shared/plan/selection.ts";
import { say } from "../../shared/words/say.ts";

const EXISTING: SelectableIndex[] = [
  { name: "movies", state: "open", aliases: ["films"] },
  { name: "movies-old", state: "open", aliases: ["films"] },
  { name: "movies-shut", state: "close", aliases: [] },
  { name: ".kibana", state: "open", aliases: [] },
  { name: "a.b+c", state: "open", aliases: [] },
];

describe("index selection", () => {
  it.each([
    [["*"], [".kibana", "a.b+c", "movies", "movies-old"]],
    [
      ["*", "-.*"],
      ["a.b+c", "movies", "movies-old"],
    ],
    [["movies*", "-*-old"], ["movies"]],
    [
      ["*", "-movies"],
      [".kibana", "a.b+c", "movies-old"],
    ],
    // Patterns apply from left to right, so an excluded index can be included again.
    [["*", "-*", "movies"], ["movies"]],
    [["-movies", "movies"], ["movies"]],
    [["films"], ["movies", "movies-old"]],
    [["a.b+c"], ["a.b+c"]],
    // A dot and a plus are literals.
    [["a.*"], ["a.b+c"]],
    [
      ["movies", "movies*", "movies"],
      ["movies", "movies-old"],
    ],
  ])("selects with %j the indices %j", (patterns, indices) => {
    expect(selectIndices(patterns, EXISTING)).toEqual({ indices });
  });

  it.each([
    [["nomatch-*"], "selection.empty"],
    [["*", "-*"], "selection.empty"],
    [[], "selection.empty"],
    [["movie"], "selection.absent"],
    [["movies", "typo"], "selection.absent"],
    [["movies-shut"], "selection.closed"],
  ])("rejects %j as %s, because Elasticsearch would answer SUCCESS", (patterns, code) => {
    expect(selectIndices(patterns, EXISTING)).toMatchObject({ fault: { code } });
  });

  it("suggests a name that was probably meant", () => {
    const of = (name: string) => {
      const selection = selectIndices([name], EXISTING);
      return "fault" in selection ? say(selection.fault) : "";
    };
    expect(of("movie")).toBe("index movie does not exist; perhaps movies is meant");
    expect(of("movabc")).toBe("index movabc does not exist; perhaps movies is meant");
    expect(of("mobile")).toBe("index mobile does not exist");
    expect(of("movies-shut")).toBe("index movies-shut is closed");
    expect(of("series-*")).toBe("none of 5 indices matches series-*");
  });

  it("matches the contents of a snapshot by name alone", () => {
    expect(selectNames(["m*", "-*2"], ["m1", "m2", "n"])).toEqual({ indices: ["m1"] });
  });
});

describe("what the patterns name and do not select", () => {
  const index = (name: string, job?: string): SelectableIndex => ({
    name,
    state: "open",
    aliases: name.startsWith("movies-2") ? ["movies"] : [],
    settings: job === undefined ? {} : { [JOB_MARKER_KEY]: job },
  });
  const STREAM = [".ds-logs-app-2026.01.01-000001", ".ds-logs-app-2026.01.02-000002", ".ds-metrics-000001"];
  const RESTORED = "movies-20261121013000000-0123abcd";
  const there = [index("movies-old"), index(RESTORED, "restore-1"), ...STREAM.map((name) => index(name))];

  it.each([
    [
      ["*", "-.*"],
      ["logs-app", "metrics"],
    ],
    [["movies-old", "logs-*"], ["logs-app"]],
    [["*", "-.*", ".ds-logs-*"], ["metrics"]],
    [["*"], []],
    [["movies*"], []],
    [
      ["*", "-.*", "-*.ds-*"],
      ["logs-app", "metrics"],
    ],
    [["*", "-.*", "-logs-*", "-metrics"], []],
  ])("data streams left out by %j: %j", (patterns, streams) => {
    const found = selectIndices(patterns, there);
    expect("leftOut" in found ? found.leftOut?.streams : []).toEqual(streams);
  });

  it("is named once, sorted, and only if an index of it has a backing index's name", () => {
    const names = [".ds-x-000002", ".ds-b-2026.01.02-000001", ".ds-x-000001", ".ds-a-000001", "my.ds-c-000001", ".ds-d-000001-old"];
    const more = [".ds-e-00001", ".ds--000001", ".ds-f-2026.1.2-000001"];
    const found = selectIndices(
      ["*", "-*ds-*"],
      [...names, ...more, "movies"].map((name) => index(name)),
    );
    expect(found).toEqual({ indices: ["movies"], leftOut: { streams: ["a", "b", "f-2026.1.2", "x"], restored: [] } });
  });

  it("names restored copies sorted", () => {
    const copies = ["stars-20261121013000000-0123abcd", RESTORED].map((name) => index(name, "restore-1"));
    expect(selectIndices(["*"], [...copies, index("films")])).toMatchObject({
      leftOut: { restored: [RESTORED, "stars-20261121013000000-0123abcd"] },
    });
  });

  it.each([
    [["*", "-.*"], false, [RESTORED]],
    [["movies-old", "**"], false, [RESTORED]],
    [["movies*"], true, []],
    [["*-0123abcd"], true, []],
    [["*", RESTORED], true, []],
    [["*", "movies"], true, []],
    [["*", "-movies-2*"], false, []],
  ])("copies that ossnap restored are taken when they are named: %j: %s", (patterns, isTaken, restored) => {
    const found = selectIndices(patterns, there);
    expect("indices" in found && found.indices.includes(RESTORED)).toBe(isTaken);
    expect("leftOut" in found ? found.leftOut?.restored : []).toEqual(restored);
  });
});
