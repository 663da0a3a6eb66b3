import { describe, expect, it } from "vitest";
import { isReadableIncompatible } from "../../shared/format/incompatibleSnapshots.ts";

describe("the list of incompatible snapshots", () => {
  it.each([
    ['{"incompatible-snapshots":[]}', true],
    ['{"incompatible-snapshots":["old"]}\0', true],
    ['{"incompatible-snapshots":["old"]}\0\0\0', true],
    ['{"incompatible-snapshots":\0["old"]}', false],
    ['{"incompatible-snapshots":["old"]}\0}', false],
    ['{"incompatible-snapshots":{}}', false],
    ["", false],
    ['{"incompatible-snapshots":[', false],
    ['{"incompatible-snapshoxs":[]}', false],
    ["null", false],
  ])("%j is readable: %s, as on real 5.5 and 6.7", (text, readable) => {
    expect(isReadableIncompatible(Buffer.from(text))).toBe(readable);
  });
});
