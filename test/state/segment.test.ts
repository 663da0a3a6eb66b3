import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keyText, lenientTextOf, segmentOf, segmentsOf, textOf, textOfSegments } from "../../shared/state/segment.ts";

/** Halves of characters included. */
const anyText = fc.oneof(
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 400 }).map((units) => String.fromCharCode(...units)),
  fc.string({ unit: "grapheme", maxLength: 300 }),
  fc.constantFrom("", ".", "..", "%zz", "x\ud800", "a/../b", "~".repeat(300), "😀".repeat(80)),
);

describe("a segment of a key", () => {
  it("is made of any text, has a bounded length and no folder in it", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const segment = segmentOf(text);
        expect(segment).toMatch(/^[\w.!~*'()%-]{0,240}$/);
        expect([".", ".."]).not.toContain(segment);
        expect(textOf(segment)).toBe(keyText(text));
        expect(segmentOf(keyText(text))).toBe(segment);
      }),
    );
  });

  it("keeps a text that it can hold, so that keys of earlier versions stay as they are", () => {
    for (const text of ["late:nightly/ü", "verify-failed:backups/snap-1/footers", "x".repeat(240)]) {
      expect(segmentOf(text)).toBe(encodeURIComponent(text));
      expect(keyText(text)).toBe(text);
    }
  });

  it("tells two texts apart that begin alike, or differ in half of a character", () => {
    const texts = ["x".repeat(241), "x".repeat(242), `${"x".repeat(240)}y`, "x\ud800", "x\ud801", "x\ufffd"];
    expect(new Set(texts.map(segmentOf)).size).toBe(texts.length);
  });

  it.each(["%zz", "%E0%A4%A", "%2f", "a b", "x".repeat(241)])("that ossnap never writes is a stranger's: %s", (segment) => {
    expect(textOf(segment)).toBeUndefined();
  });

  it("of a person is read like its own", () => {
    expect(["my snap+1", "my%20snap%2B1", "%zz"].map(lenientTextOf)).toEqual(["my snap+1", "my snap+1", undefined]);
  });

  it("is followed by others where nothing of a text may be lost", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 900 }), (text) => {
        const segments = segmentsOf(text);
        expect(textOfSegments(segments)).toBe(text);
        for (const segment of segments.split("/")) expect(segment.length).toBeLessThanOrEqual(240);
      }),
    );
    expect([textOfSegments("%zz"), segmentsOf("x\ud800")]).toEqual([undefined, "x%EF%BF%BD"]);
  });
});
