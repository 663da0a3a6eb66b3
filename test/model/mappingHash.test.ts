import { describe, expect, it } from "vitest";
import { mappingHash } from "../../shared/model/mappings/mappingHash.ts";

const FIELDS = { properties: { title: { type: "text" }, year: { type: "long", null_value: 1 } } };

describe("the hash of a mapping", () => {
  it("has 16 hex digits and is the same in any order of the members", () => {
    const turned = { properties: { year: { null_value: 1, type: "long" }, title: { type: "text" } } };
    expect(mappingHash({ movie: FIELDS })).toMatch(/^[0-9a-f]{16}$/);
    expect(mappingHash({ movie: turned })).toBe(mappingHash({ movie: FIELDS }));
  });

  it("leaves out the name of an only type, and takes several with theirs", () => {
    expect(mappingHash({ _doc: FIELDS })).toBe(mappingHash({ movie: FIELDS }));
    expect(mappingHash({ movie: FIELDS, series: {} })).not.toBe(mappingHash({ movie: FIELDS }));
    expect(mappingHash({ movie: FIELDS, series: {} })).not.toBe(mappingHash({ movie: FIELDS, show: {} }));
    expect(mappingHash({ _doc: {} })).toBe(mappingHash({}));
  });

  it.each([
    ["a type", { ...FIELDS, properties: { ...FIELDS.properties, title: { type: "keyword" } } }],
    ["a value", { ...FIELDS, properties: { ...FIELDS.properties, year: { type: "long", null_value: 2 } } }],
    ["a text for a number", { ...FIELDS, properties: { ...FIELDS.properties, year: { type: "long", null_value: "1" } } }],
    ["the order of a list", { ...FIELDS, dynamic_templates: [{ b: {} }, { a: {} }] }],
    ["a member more", { ...FIELDS, dynamic: false }],
  ])("differs with %s", (_what, other) => {
    expect(mappingHash({ movie: other })).not.toBe(mappingHash({ movie: { ...FIELDS, dynamic_templates: [{ a: {} }, { b: {} }] } }));
    expect(mappingHash({ movie: other })).not.toBe(mappingHash({ movie: FIELDS }));
  });

  it("leaves out the default of 5.x that 6.x writes down", () => {
    expect(mappingHash({ movie: { _all: { enabled: true }, ...FIELDS } })).toBe(mappingHash({ movie: FIELDS }));
    expect(mappingHash({ movie: { _all: { enabled: false }, ...FIELDS } })).not.toBe(mappingHash({ movie: FIELDS }));
  });

  it("takes a large number as JSON.parse does", () => {
    const of = (value: unknown) => mappingHash({ movie: { properties: { id: { type: "long", null_value: value } } } });
    expect(of(9_223_372_036_854_775_807n)).toBe(of(JSON.parse("9223372036854775807")));
  });
});
