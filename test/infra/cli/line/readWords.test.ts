import { describe, expect, it } from "vitest";
import { readWords } from "../../../../infra/cli/line/readWords.ts";

const VALUED = new Set(["--snapshot", "--repository"]);
const UUID = "-aB3_defghijklmnopqrst";
const LONG = "--B3_defghijklmnopqrst";

describe("the words of a line", () => {
  it.each([
    [
      ["restore", UUID, "--repository", "r"],
      ["restore", "--repository", "r", "--", UUID],
    ],
    [
      ["restore", LONG, "--start"],
      ["restore", "--start", "--", LONG],
    ],
    [
      ["restore", "--start", "--", UUID],
      ["restore", "--start", "--", UUID],
    ],
    [
      ["verify", "place", "--snapshot", LONG],
      ["verify", "place", "--snapshot", LONG],
    ],
    [
      ["verify", "place", "--snapshot", UUID, "--wait", "2h"],
      ["verify", "place", "--snapshot", UUID, "--wait=2h"],
    ],
  ])("%j take a uuid that begins with a hyphen for what it is", (given, words) => {
    expect(readWords(given, VALUED)).toEqual(words);
  });

  it("still reject a mistyped option, and an option without its value", () => {
    expect(readWords(["restore", "--a-mistyped-option-xy"], VALUED)).toEqual(["restore", "--a-mistyped-option-xy"]);
    expect(() => readWords(["verify", "--snapshot", "--repository", "r"], VALUED)).toThrow("argument missing");
  });
});
