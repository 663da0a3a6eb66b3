import { describe, expect, it } from "vitest";
import { asCount, asFields, asKeySegment, asList, asText, asTexts, isKeySegment, optional } from "../../shared/format/fields.ts";
import { hasCode } from "../../shared/model/errors.ts";

const faultOf = (read: () => unknown): unknown => {
  try {
    return read();
  } catch (error) {
    return hasCode(error, "invalid") && error.message;
  }
};

describe("a field of another kind", () => {
  it.each([
    [undefined, "nothing"],
    [null, "null"],
    [7, "number"],
    [true, "boolean"],
    [new Uint8Array(2), "object"],
  ])("is refused, with its place and what was found: %j", (value, found) => {
    expect(faultOf(() => asText(value, "blob: name"))).toBe(`blob: name: a text expected, ${found} found`);
    expect(faultOf(() => asList(value, "blob: files"))).toBe(`blob: files: a list expected, ${found} found`);
    expect(faultOf(() => asFields(value, "blob: file"))).toBe(`blob: file: an object expected, ${found} found`);
  });

  it("is a list where an object or a text is expected, and the other way round", () => {
    expect(faultOf(() => asFields([], "x"))).toBe("x: an object expected, a list found");
    expect(faultOf(() => asTexts(["a", ["b"]], "x"))).toBe("x: a text expected, a list found");
    expect(faultOf(() => asTexts({}, "x"))).toBe("x: a list expected, object found");
  });

  it("has a reason with its place; there is no offset where none is known", () => {
    let reason: unknown;
    try {
      asCount(-1, "x: size");
    } catch (error) {
      if (hasCode(error, "invalid")) reason = error.reason;
    }
    const params = { subject: "x: size", problem: "a whole number from 0 expected, number found", offset: null };
    expect(reason).toEqual({ code: "format.invalid", params });
  });
});

describe("a field that may be absent", () => {
  it("is absent as null too, and must be right if it is there", () => {
    expect([undefined, null, "", "a"].map((value) => optional(value, "x", asText))).toEqual([undefined, undefined, "", "a"]);
    expect(faultOf(() => optional(0, "x", asText))).toBe("x: a text expected, number found");
  });
});

describe("a whole number", () => {
  it("is one from 0 that a double represents exactly", () => {
    for (const value of [0, 1, Number.MAX_SAFE_INTEGER]) expect(asCount(value, "x")).toBe(value);
    for (const value of [-1, 0.5, Number.NaN, 2 ** 53, "1", 1n])
      expect(() => asCount(value, "x")).toThrow("a whole number from 0 expected");
  });
});

describe("a text that becomes a part of a key", () => {
  it.each(["a", "...", ".a", "a b", "备份", "x".repeat(1024)])("may be %j", (text) => {
    expect(asKeySegment(text, "x")).toBe(text);
  });

  it.each(["", ".", "..", "a/b", "a\\b", "a\u0000", "\u001f", "x".repeat(1025)])("is never %j", (text) => {
    expect(isKeySegment(text)).toBe(false);
    expect(() => asKeySegment(text, "x")).toThrow("cannot be part of a key");
  });
});
