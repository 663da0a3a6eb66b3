import { describe, expect, it } from "vitest";
import { besideUnread, disproves, type Evidence, outlasting } from "../../shared/proof/evidence/evidenceRules.ts";

const evidence = (part: Partial<Evidence>): Evidence => ({
  ...{ name: "s", uuid: "u", url: "", digest: "d", generation: 1, blobs: 1, bytes: 1, version: "1" },
  ...{ verdict: "damaged", level: "contents", since: "2026-11-28T12:00:00.000Z", at: "2026-11-28T12:01:00.000Z" },
  ...part,
});
const wholeAt = (level: Evidence["level"]) =>
  evidence({ verdict: "whole", level, since: "2026-11-28T13:00:00.000Z", at: "2026-11-28T13:01:00.000Z" });

describe("damage found after other damage", () => {
  const traced = (marks?: string[]) => evidence({ traced: true, ...(marks && { marks }) });

  it("is traced only if both were: more blobs than are marked stay to be found", () => {
    expect(outlasting(traced(["a"]), traced(["b"]))).toMatchObject({ traced: true, marks: ["a", "b"] });
    for (const both of [outlasting(evidence({}), traced(["b"])), outlasting(traced(["a"]), evidence({}))]) {
      expect(both).not.toHaveProperty("traced");
      expect(both).not.toHaveProperty("marks");
      expect(disproves(wholeAt("footers"), both)).toBe(false);
      expect(disproves(wholeAt("contents"), both)).toBe(true);
    }
  });

  it("has no list of all marks if something else was at fault before", () => {
    expect(outlasting(traced(), traced(["b"]))).not.toHaveProperty("marks");
    expect(outlasting(traced(["a"]), traced())).not.toHaveProperty("marks");
  });

  it("is seen by a proof that sees both", () => {
    const missing = evidence({ verdict: "incomplete", level: "contents", visibleAt: "names" });
    expect(disproves(wholeAt("names"), outlasting(missing, missing))).toBe(true);
    const both = outlasting(evidence({ level: "footers", visibleAt: "footers" }), missing);
    expect(both).toMatchObject({ verdict: "incomplete", level: "contents", visibleAt: "footers" });
    expect(disproves(wholeAt("metadata"), both)).toBe(false);
    expect(disproves(wholeAt("footers"), both)).toBe(true);
  });
});

describe("damage found where a record cannot be read", () => {
  it("ends with the deepest proof only, whatever marks it has", () => {
    const found = besideUnread(evidence({ verdict: "incomplete", level: "names", visibleAt: "names", traced: true, marks: ["a"] }));
    expect(found).not.toHaveProperty("traced");
    expect(found).not.toHaveProperty("marks");
    expect(disproves(wholeAt("footers"), found)).toBe(false);
    expect(disproves(wholeAt("contents"), found)).toBe(true);
  });

  it("is nothing where the snapshot is whole", () => {
    expect(besideUnread(wholeAt("contents"))).toEqual(wholeAt("contents"));
  });
});
