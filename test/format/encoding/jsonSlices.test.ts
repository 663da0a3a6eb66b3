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

  it("takes deep nesting without recursion, up to a limit that it names", () => {
    const nested = (depth: number) => jsonSlices(Buffer.from(`{"x":${"[".repeat(depth)}${"]".repeat(depth)}}`), "document");
    expect(Array.from(nested(1_000_000).members(nested(1).whole))).toHaveLength(1);
    expect(() => nested(2_000_000)).toThrow("nested deeper than 1048576");
  });

  it("finds a name twice among a million, and refuses more than it can compare", () => {
    const withNames = (count: number, more: string) =>
      jsonSlices(Buffer.from(`{"x":{${Array.from({ length: count }, (_, index) => `"n${index}":0`).join()}${more}}}`), "document");
    expect(withNames(100_000, "").whole.start).toBe(0);
    expect(() => withNames(100_000, ',"n5":1')).toThrow('the member "n5" is there twice');
    expect(() => withNames(1_100_000, "")).toThrow("more than 1048576 member names");
  });
});
