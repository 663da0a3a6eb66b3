import { describe, expect, it } from "vitest";
import { didYouMean, meantText, nearNames } from "../../shared/repository/fault.ts";

const NAMES = ["nightly-3", "nightly-2", "nightly-1", "nightly-0", "before-upgrade"];

describe("names that were probably meant", () => {
  it.each([
    ["nightly", ["nightly-3", "nightly-2", "nightly-1"]],
    ["Nightly", ["nightly-3", "nightly-2", "nightly-1"]],
    ["UPGRADE", ["before-upgrade"]],
    ["upgrade", ["before-upgrade"]],
    ["BEFORE-UPGARDE", ["before-upgrade"]],
    ["Before-upgarde", ["before-upgrade"]],
    ["nightly-9", ["nightly-3"]],
    ["zzz", []],
  ])("for %s are those that begin with it, contain it or are spelled nearly like it", (word, near) => {
    expect(nearNames(word, NAMES)).toEqual(near);
  });

  it.each([
    ["before-upgarde", ["BEFORE-UPGRADE"], 'did you mean "BEFORE-UPGRADE"?'],
    ["gc", ["gs"], 'did you mean "gs"?'],
    ["gc", ["fs"], "use one of fs"],
    ["abcde", ["abxyz"], "use one of abxyz"],
    ["abcde", ["abcyz"], 'did you mean "abcyz"?'],
    ["zzz", ["oss", "fs"], "use one of oss, fs"],
    ["zzz", [], "remove it"],
  ])("for %s among %j: %s", (word, known, text) => {
    expect(didYouMean(word, known)).toBe(text);
  });

  it("are found in whatever case they are written", () => {
    const names = ["Nightly-1", "BEFORE-UPGRADE"];
    expect(["night", "GHTLY", "upgrade", "before-upgarde"].map((word) => nearNames(word, names))).toEqual([
      ...[["Nightly-1"], ["Nightly-1"], ["BEFORE-UPGRADE"], ["BEFORE-UPGRADE"]],
    ]);
    expect(nearNames("night", ["my-night", "Nightly-1"])).toEqual(["Nightly-1"]);
    expect(didYouMean("FS", ["gs", "fs"])).toBe('did you mean "fs"?');
  });

  it("are none without names", () => {
    expect([nearNames("a", []), meantText([])]).toEqual([[], ""]);
  });

  it("are proposed with commas and an or", () => {
    expect([meantText(["a"]), meantText(["a", "b", "c"])]).toEqual(["; perhaps a is meant", "; perhaps a, b or c is meant"]);
  });
});
