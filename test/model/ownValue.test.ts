import { describe, expect, it } from "vitest";
import { ownValue } from "../../shared/model/tables/ownValue.ts";

describe("a table that is asked for a text from outside", () => {
  it.each(["constructor", "__proto__", "toString", "hasOwnProperty"])("has no %s, which every object inherits", (key) => {
    expect(ownValue({ days: 1 }, key)).toBeUndefined();
    expect(ownValue({ [key]: 1 }, "days")).toBeUndefined();
  });
});
