import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { baseOf, compareKeys } from "../../../shared/adapters/blobs/keys.ts";

describe("keys below a base path", () => {
  it("round-trip, and keys outside the base are not mistaken for its own", () => {
    const key = fc
      .string({ minLength: 1, maxLength: 20, unit: "grapheme" })
      .filter((text) => !/^[/\\]|\0/.test(text) && !text.split("/").some((part) => part === "." || part === ".."));
    fc.assert(
      fc.property(key, fc.constantFrom("", "base", "deep/er"), (text, basePath) => {
        const base = baseOf(basePath, "memory://bucket");
        expect(base.relative(base.full(text))).toBe(text);
        if (basePath !== "") expect(base.relative(`${basePath}2/${text}`)).toBeUndefined();
      }),
    );
  });

  it("compare in UTF-8 byte order, which is the order of code points", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 6 }), fc.string({ unit: "grapheme", maxLength: 6 }), (a, b) => {
        const points = (text: string) => Array.from(text, (character) => character.codePointAt(0) ?? 0);
        const [left, right] = [points(a), points(b)];
        const at = left.findIndex((point, index) => point !== right[index]);
        const expected = at === -1 ? left.length - right.length : (left[at] ?? 0) - (right[at] ?? -1);
        expect(Math.sign(compareKeys(a, b))).toBe(Math.sign(expected));
      }),
    );
  });
});
