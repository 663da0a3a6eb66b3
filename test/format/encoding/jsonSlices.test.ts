import { describe, expect, it } from "vitest";
import { jsonSlices } from "../../../shared/format/encoding/jsonSlices.ts";
import { fc, test } from "../propertyTest.ts";

/** The document rebuilt from its outermost slices. */
function rebuilt(text: string): unknown {
  const json = jsonSlices(Buffer.from(text), "document");
  if (json.isObject(json.whole))
    return Object.fromEntries(Array.from(json.members(json.whole), ([name, value]) => [name, json.parse(value)]));
  if (json.isList(json.whole)) return Array.from(json.elements(json.whole), json.parse);
  return json.parse(json.whole);
}

function outcome(read: () => unknown): unknown {
  try {
    return { value: read() };
  } catch (error) {
    return (error as { code?: string }).code ?? "invalid";
  }
}

describe("jsonSlices", () => {
  test("returns what JSON.parse returns, with any white space", [fc.jsonValue(), fc.constantFrom(0, 1, "\t\n")], (value, space) => {
    const text = ` ${JSON.stringify(value, null, space)}\r\n`;
    expect(rebuilt(text)).toEqual(JSON.parse(text));
  });

  test(
    "rejects what JSON.parse rejects",
    [fc.jsonValue(), fc.nat(), fc.constantFrom("", "[", "]", "{", "}", '"', "\\", ",", ":", "x", "1", " ")],
    (value, position, put) => {
      const text = JSON.stringify({ value, list: [1, "two", {}] });
      const at = position % (text.length + 1);
      const spoilt = text.slice(0, at) + put + text.slice(at + 1);
      expect(outcome(() => rebuilt(spoilt))).toEqual(outcome(() => JSON.parse(spoilt)));
    },
  );

  it.each(["", " ", "{", '{"a":1', '{"a":1,}', "[1,]", "[1 2]", '{"a" 1}', "{1:2}", '{"a":1}x', "[1}", '{"a":[1}]', '"cut'])(
    "rejects %j",
    (text) => {
      expect(outcome(() => rebuilt(text))).toBe("invalid");
    },
  );

  it.each([
    [6, ["1e", "1E+", "-", "+1", ".5", "1.", "tRue", "nul"]],
    // The escape, and what follows a whole number.
    [7, ['"\\u00g0"', '"\\u00G0"', '"\\u004"', '"\\x"', '"\\', "1d5", "1D5", "1F5", "0x1", "01"]],
  ])("rejects what is no value also where nobody reads it, at byte %i: %j", (offset, texts) => {
    for (const text of texts)
      expect(() => jsonSlices(Buffer.from(`{"x":[${text}]}`), "document")).toThrow(`document: no JSON, it may be cut at byte ${offset}`);
  });

  it.each(["1E5", "1e-5", "-0.10E+05", "0", "-0", '"\\u00fF"', '"\\uABCD\\/\\b"', "[]", "{}", "null"])("takes %s", (text) => {
    const json = jsonSlices(Buffer.from(`\ufeff [${text}] `), "document");
    expect(json.parse(json.whole)).toEqual([JSON.parse(text)]);
  });

  it("says where text is not UTF-8, wherever it begins", () => {
    for (const before of [0, 1, 4_094, 4_095, 4_096, 9_000]) {
      const bytes = Buffer.concat([Buffer.alloc(before, " "), Buffer.from([0xe2, 0x82, 0x41]), Buffer.alloc(9_000, " ")]);
      expect(() => jsonSlices(bytes, "document", 100)).toThrow(`document: text is not UTF-8 at byte ${100 + before}`);
    }
  });

  it("has members of an object and elements of a list only", () => {
    const [object, list] = [jsonSlices(Buffer.from(' {"a":1}'), "document", 10), jsonSlices(Buffer.from("  [1]"), "document", 10)];
    expect(() => [...object.elements(object.whole)]).toThrow("document: no JSON, it may be cut at byte 11");
    expect(() => [...list.members(list.whole)]).toThrow("document: no JSON, it may be cut at byte 12");
    expect([list.pick(list.whole, new Set(["a"])), object.pick(object.whole, new Set(["b"]))]).toEqual([[1], {}]);
  });

  it("takes deep nesting without recursion, up to a limit that it names", () => {
    const nested = (depth: number) => jsonSlices(Buffer.from(`{"x":${"[".repeat(depth)}${"]".repeat(depth)}}`), "document");
    expect(Array.from(nested(1_000_000).members(nested(1).whole))).toHaveLength(1);
    expect(() => nested(2_000_000)).toThrow("nested deeper than 1048576");
  });

  it("finds each name that is there twice, however many there are, and none of an object beside or within", () => {
    for (const count of [1, 2, 15, 16, 17, 31, 32, 33, 70]) {
      const names = Array.from({ length: count }, (_, index) => `n${index}`);
      const members = names.map((name) => `"${name}":0`).join();
      const inner = `{${members},"o":{${members},"o":{${members}}},"p":[{${members}},{${members}}]}`;
      expect(() => jsonSlices(Buffer.from(`{"a":${inner},"b":${inner},${members}}`), "document")).not.toThrow();
      for (const name of names)
        expect(() => jsonSlices(Buffer.from(`{"a":${inner},${members},"b":${inner},"${name}":1}`), "document")).toThrow(
          `the member "${name}" is there twice`,
        );
    }
  });

  it("finds a name twice among a million, and refuses more than it can compare", () => {
    const withNames = (count: number, more: string) =>
      jsonSlices(Buffer.from(`{"x":{${Array.from({ length: count }, (_, index) => `"n${index}":0`).join()}${more}}}`), "document");
    expect(withNames(100_000, "").whole.start).toBe(0);
    expect(() => withNames(100_000, ',"n5":1')).toThrow('the member "n5" is there twice');
    expect(() => withNames(1_100_000, "")).toThrow("more than 1048576 member names");
  });
});
