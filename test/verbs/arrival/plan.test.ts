import { describe, expect, it } from "vitest";
import type { RootSnapshot } from "../../../shared/model/repository.ts";
import { digitsTime, timeDigits } from "../../../shared/model/restoredName.ts";
import { newestGoodFirst } from "../../../shared/reader/rootSnapshots.ts";
import { type ArrivalsInput, planArrivals } from "../../../shared/verbs/arrival/plan.ts";

const NOW = new Date("2026-11-21T12:00:00Z");
const at = (uuid: string, time: string | undefined): RootSnapshot => ({
  name: uuid,
  uuid,
  state: "SUCCESS",
  version: undefined,
  startTime: time === undefined ? undefined : new Date(time),
});
const served = (uuid: string, time: string) => ({ uuid, digits: timeDigits(new Date(time)) });

function plan(dated: RootSnapshot[], change: Partial<ArrivalsInput> = {}) {
  const input = { good: newestGoodFirst(dated, NOW), before: undefined, position: undefined, open: [], now: NOW, ...change };
  const { wanted, undated, passedOver, tooFar, lied, isAhead } = planArrivals(input);
  return {
    wanted: wanted.map(({ uuid, startTime, isOrderTime }) => [uuid, startTime?.toISOString(), isOrderTime === true]),
    undated: undated.map(({ uuid }) => uuid),
    passedOver: passedOver.map(({ uuid }) => uuid),
    tooFar: tooFar.map(({ uuid }) => uuid),
    lied: lied.map(({ uuid }) => uuid),
    isAhead,
  };
}

describe("what a watch brings in", () => {
  it("is everything on the first check, newest first", () => {
    expect(plan([at("a", "2026-11-19T01:00:00Z"), at("b", "2026-11-20T01:00:00Z")]).wanted.map(([uuid]) => uuid)).toEqual(["b", "a"]);
  });

  it("is what started after the snapshot that is served", () => {
    const dated = [at("a", "2026-11-19T01:00:00Z"), at("b", "2026-11-20T01:00:00Z"), at("c", "2026-11-21T01:00:00Z")];
    const found = plan(dated, { position: served("b", "2026-11-20T01:00:00Z"), before: new Set(["a", "b"]) });
    expect(found).toMatchObject({ wanted: [["c", "2026-11-21T01:00:00.000Z", false]], passedOver: [], isAhead: false });
  });

  it("is what the root newly lists while the served snapshot lies in the future, in the order of its own times", () => {
    const dated = [at("ahead", "2027-01-01T01:00:00Z"), at("old", "2026-11-19T01:00:00Z")];
    const nights = [at("n1", "2026-11-20T01:00:00Z"), at("n2", "2026-11-21T01:00:00Z")];
    const position = served("ahead", "2027-01-01T01:00:00Z");
    const before = new Set(["ahead", "old"]);
    expect(plan([...dated, ...nights], { position, before })).toEqual({
      tooFar: [],
      lied: [],
      wanted: [
        ["n2", "2027-01-01T01:00:02.000Z", true],
        ["n1", "2027-01-01T01:00:01.000Z", true],
      ],
      undated: [],
      passedOver: [],
      isAhead: true,
    });
    const open = ["2027-01-01T01:00:07.000Z", ""];
    expect(plan([...dated, nights[1] as RootSnapshot], { position, before, open }).wanted).toEqual([
      ["n2", "2027-01-01T01:00:08.000Z", true],
    ]);
  });

  it("is not an older one that the root newly lists while the served snapshot lies in the future", () => {
    const slot = (day: number) => `nightly-202611${day}t010000z-1-abcde`;
    const named = (day: number, time: string) => at(slot(day), time);
    const dated = [named(19, "2027-01-01T01:00:00Z"), named(18, "2026-11-18T01:00:00Z"), named(20, "2026-11-20T01:00:00Z")];
    const position = served(slot(19), "2027-01-01T01:00:00Z");
    const found = plan(dated, { position, before: new Set([slot(19)]) });
    expect(found).toMatchObject({ wanted: [[slot(20), "2027-01-01T01:00:01.000Z", true]], passedOver: [slot(18)], isAhead: true });
    const foreign = [at("ahead", "2027-01-01T01:00:00Z"), at("old", "2026-11-19T01:00:00Z"), at("older", "2026-11-18T01:00:00Z")];
    const before = new Set(["ahead", "old"]);
    // What was listed before counts although it is gone.
    const gone = { position: served("x", "2027-01-01T01:00:00Z"), before: new Set(["x"]), knownMs: Date.parse("2026-11-20T01:00:00Z") };
    expect(plan([named(18, "2026-11-18T01:00:00Z")], gone)).toMatchObject({ wanted: [], passedOver: [slot(18)] });
    const sane = { position: served("x", "2026-11-20T01:00:00Z"), before: new Set(["x"]) };
    expect(plan([named(19, "2027-01-01T01:00:00Z")], sane)).toMatchObject({ wanted: [], passedOver: [slot(19)] });
    expect(plan(foreign, { position: served("ahead", "2027-01-01T01:00:00Z"), before })).toMatchObject({
      wanted: [],
      passedOver: ["older"],
    });
  });

  it("is not one whose time lies in the future although its slot is older than what is served", () => {
    const [older, newer] = ["nightly-20261119t010000z-1-abcde", "nightly-20261120t010000z-1-abcde"];
    const dated = [at(older, "2027-01-01T01:00:00Z"), at(newer, "2026-11-20T01:00:00Z")];
    expect(plan(dated)).toMatchObject({ wanted: [[newer, "2026-11-20T01:00:00.000Z", false]], tooFar: [older] });
    const position = served(newer, "2026-11-20T01:00:00Z");
    expect(plan(dated, { position, before: new Set([newer]) })).toMatchObject({ wanted: [], passedOver: [older], isAhead: false });
  });

  it("does not wait for the time of one that starts within 10 minutes, and refuses a later one until then", () => {
    const dated = [at("a", "2026-11-21T12:00:00Z"), at("b", "2026-11-21T12:10:00Z"), at("c", "2026-11-21T12:10:01Z")];
    const position = served("x", "2026-11-20T01:00:00Z");
    const found = plan(dated, { position, before: new Set(["x"]) });
    expect([found.wanted.map(([uuid]) => uuid), found.tooFar]).toEqual([["b", "a"], ["c"]]);
  });

  it("is not one whose time has come after another snapshot was served", () => {
    const dated = [at("a", "2026-11-21T11:00:00Z")];
    const position = served("x", "2026-11-20T01:00:00Z");
    expect(plan(dated, { position, ahead: [{ uuid: "a", served: "x" }] })).toMatchObject({
      wanted: [["a", dated[0]?.startTime?.toISOString(), false]],
      lied: [],
    });
    expect(plan(dated, { position, ahead: [{ uuid: "a", served: "w" }] })).toMatchObject({ wanted: [], lied: ["a"] });
  });

  it("is one with a slot that lies further in the future than what is served there", () => {
    const dated = [at("nightly-20261121t010000z-1-abcde", "2027-02-01T01:00:00Z"), at("foreign", "2027-02-01T02:00:00Z")];
    const found = plan(dated, { position: served("x", "2027-01-01T01:00:00Z"), before: new Set(["x"]) });
    expect([found.wanted.map(([uuid]) => uuid), found.tooFar]).toEqual([["nightly-20261121t010000z-1-abcde"], ["foreign"]]);
  });

  it("does not move back to an older snapshot that a subset newly lists, but names it", () => {
    const dated = [at("b", "2026-11-20T01:00:00Z"), at("a", "2026-11-19T01:00:00Z")];
    const found = plan(dated, { position: served("b", "2026-11-20T01:00:00Z"), before: new Set(["b"]) });
    expect(found).toMatchObject({ wanted: [], passedOver: ["a"], isAhead: false });
  });

  it("includes a snapshot whose time is unknown only while it may be the newest", () => {
    const dated = [at("x", undefined), at("b", "2026-11-20T01:00:00Z")];
    const position = served("b", "2026-11-20T01:00:00Z");
    expect(plan(dated).undated).toEqual(["x"]);
    expect(plan(dated, { position, before: new Set(["b"]) }).undated).toEqual(["x"]);
    expect(plan(dated, { position, before: new Set(["b", "x"]) }).undated).toEqual([]);
    const slot = at("es-cn-nightly-20261119t010000z-abcdef", undefined);
    expect(plan([slot, at("b", "2026-11-20T01:00:00Z")], { position: served("x", "2026-11-18T01:00:00Z") }).undated).toHaveLength(1);
  });
});

describe("the digits of a time", () => {
  it("are the time again", () => {
    expect(digitsTime(timeDigits(NOW))).toEqual(NOW);
  });
});
