import { describe, expect, it } from "vitest";
import { decodeSmile } from "../../../shared/format/encoding/smile.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { fc, test } from "../propertyTest.ts";
import { encodeSmile, septets } from "./encodeSmile.ts";

const HEADER = [0x3a, 0x29, 0x0a, 0x07];

function decodeBytes(...bytes: number[]): unknown {
  return decodeSmile(Uint8Array.from([...HEADER, ...bytes]), "doc");
}

function faultOf(...bytes: number[]): unknown {
  try {
    return decodeBytes(...bytes);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { code: error.code, offset: error.reason?.params.offset };
  }
}

const name = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 90 }),
  fc.constantFrom("a", "length", "ż".repeat(28), "x".repeat(64), "x".repeat(65)),
);
const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 90 }),
  fc.constantFrom("", "same", "ł".repeat(32), "y".repeat(64), "y".repeat(65)),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.integer(),
    fc.maxSafeInteger(),
    fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }).filter((integer) => !Number.isSafeInteger(Number(integer))),
    fc.double({ noNaN: true }),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie("value"), { maxLength: 12 }),
    fc.array(fc.tuple(name, tie("value")), { maxLength: 12 }).map((entries) => Object.fromEntries(entries)),
  ),
}));

/** Decoded objects have no prototype and binary values are views; this form compares both by content. */
function plain(item: unknown): unknown {
  if (item instanceof Uint8Array) return { bytes: [...item] };
  if (Array.isArray(item)) return item.map(plain);
  if (typeof item !== "object" || item === null) return item;
  return new Map(Object.entries(item).map(([key, field]) => [key, plain(field)]));
}

describe("decodeSmile", () => {
  for (const sharedNames of [true, false]) {
    for (const sharedValues of [true, false]) {
      for (const rawBinary of [true, false]) {
        test(`decodes what was encoded (${JSON.stringify({ sharedNames, sharedValues, rawBinary })})`, [value], (item) => {
          expect(plain(decodeSmile(encodeSmile(item, { sharedNames, sharedValues, rawBinary }), "doc"))).toEqual(plain(item));
        });
      }
    }
  }

  it("starts a new name table after 1024 names and resolves long references into it", () => {
    const fields = Object.fromEntries(Array.from({ length: 1500 }, (_, index) => [`name-${index}`, index]));
    const document = [fields, fields, { "name-1499": "last" }];
    expect(plain(decodeSmile(encodeSmile(document), "doc"))).toEqual(plain(document));
  });

  it("starts a new shared value table after 1024 values", () => {
    const list = Array.from({ length: 3000 }, (_, index) => `value-${index % 1300}`);
    const encoded = encodeSmile(list, { sharedNames: true, sharedValues: true, rawBinary: true });
    expect(decodeSmile(encoded, "doc")).toEqual(list);
  });

  it("resolves references to each of a thousand values and names", () => {
    const values = Array.from({ length: 1_000 }, (_, index) => `value-${index}`);
    const encoded = encodeSmile([...values, ...values], { sharedNames: true, sharedValues: true, rawBinary: true });
    expect(decodeSmile(encoded, "doc")).toEqual([...values, ...values]);
    const fields = Object.fromEntries(values.map((value, index) => [value, index]));
    expect(plain(decodeSmile(encodeSmile([fields, fields]), "doc"))).toEqual(plain([fields, fields]));
  });

  it("keeps a field named __proto__ as an ordinary field", () => {
    const decoded = decodeSmile(encodeSmile(JSON.parse('{"__proto__":{"a":1}}')), "doc") as Record<string, unknown>;
    expect(Object.keys(decoded)).toEqual(["__proto__"]);
    expect(decoded.a).toBeUndefined();
  });

  it("keeps a byte order mark inside a string", () => {
    expect(decodeSmile(encodeSmile("\ufeffé"), "doc")).toBe("\ufeffé");
  });

  it("reads float32 and decimals, which Elasticsearch writes only for mappings", () => {
    const bits = new DataView(new ArrayBuffer(4));
    bits.setFloat32(0, 1.5);
    expect(decodeBytes(0x28, ...septets(BigInt(bits.getUint32(0)), 5))).toBe(1.5);
    expect(decodeBytes(0x2a, 0x84, 0x81, 123 >> 1, 123 & 1)).toBe(1.23);
  });

  it("accepts the end marker and rejects anything after the document", () => {
    expect(decodeBytes(0x21, 0xff)).toBe(null);
    expect(faultOf(0x21, 0x21)).toEqual({ code: "invalid", offset: 5 });
    expect(faultOf(0x21, 0xff, 0x00)).toMatchObject({ code: "invalid" });
  });

  it.each([
    ["a reserved value token", [0x27], 4],
    ["a value token that is a marker", [0xf9], 4],
    ["a reserved name token", [0xfa, 0x21, 0x21, 0xfb], 5],
    ["a dangling short name reference", [0xfa, 0x40, 0x21, 0xfb], 5],
    ["a dangling long name reference", [0xfa, 0x30, 0x10, 0x21, 0xfb], 6],
    ["a dangling value reference", [0x01], 4],
    ["text that is not ASCII where ASCII is promised", [0x40, 0xc3], 5],
    ["text with the first byte beyond ASCII", [0x41, 0x61, 0x80], 6],
    ["a long text that is not ASCII", [0xe0, 0x61, 0x80, 0xfc], 6],
    ["a float with a byte of 8 bits", [0x28, 0, 0x80, 0, 0, 0], 6],
    ["a number with a reserved bit", [0x24, 1, 0xc0], 6],
    ["text that is not UTF-8", [0x80, 0xc3, 0x28], 5],
    ["a long text without end", [0xe0, 0x61, 0x62], 5],
    ["a number without end", [0x24, 1, 1, 1, 1, 1], 9],
    ["a long number without end", [0x25, ...Array<number>(11).fill(1)], 14],
    ["an object that ends early", [0xfa, 0x80, 0x61], 7],
    ["a binary longer than the blob", [0xfd, 0x7f, 0xbf, 0], 6],
  ])("rejects %s and reports the offset", (_, bytes, offset) => {
    expect(faultOf(...bytes)).toEqual({ code: "invalid", offset });
  });

  it("rejects raw binary that the header rules out, unknown versions and a missing header", () => {
    expect(() => decodeSmile(Uint8Array.from([0x3a, 0x29, 0x0a, 0x01, 0xfd, 0x80]), "doc")).toThrow("rules it out");
    expect(() => decodeSmile(Uint8Array.from([0x3a, 0x29, 0x0a, 0x11, 0x21]), "doc")).toThrow("unknown");
    for (const header of [
      [0x3a, 0x29],
      [0x3a, 0x29, 0x0a],
      [0x3b, 0x29, 0x0a, 0],
      [0x3a, 0x28, 0x0a, 0],
      [0x3a, 0x29, 0x0b, 0],
    ])
      expect(() => decodeSmile(Uint8Array.from(header.length < 4 ? header : [...header, 0x21]), "doc")).toThrow(
        "no SMILE header at byte 0",
      );
  });

  it("rejects references that the header rules out", () => {
    const [values, names] = [
      [0xf8, 0x41, 0x61, 0x62, 0x01, 0xf9],
      [0xfa, 0x80, 0x61, 0x21, 0x40, 0x21, 0xfb],
    ];
    const read = (flags: number, bytes: number[]) => decodeSmile(Uint8Array.from([0x3a, 0x29, 0x0a, flags, ...bytes]), "doc");
    expect(read(2, values)).toEqual(["ab", "ab"]);
    expect(() => read(5, values)).toThrow("reference to text 0 of 0");
    expect(read(1, names)).toEqual({ a: null });
    expect(() => read(6, names)).toThrow("reference to text 0 of 0");
  });

  it("counts what objects, fields, lists and texts take before it is taken", () => {
    const takes = (item: unknown, bytes: number) => {
      const encoded = encodeSmile(Array.from({ length: 100 }, () => item));
      expect(() => decodeSmile(encoded, "doc", { weightMax: 100 * bytes })).toThrow("doc: its values would take more than");
    };
    takes({}, 200);
    takes({ a: 1 }, 250);
    takes({ a: 1, b: 1 }, 310);
    takes([], 200);
    takes("x".repeat(1_000), 1_040);
    takes(new Uint8Array(1_000), 1_200);
    takes(2n ** 400n, 280);
    const weights: number[] = [];
    const limit = { weightMax: 100 * 330 + 300, onWeight: (bytes: number) => void weights.push(bytes) };
    expect(decodeSmile(encodeSmile(Array.from({ length: 100 }, () => ({ a: 1 }))), "doc", limit)).toHaveLength(100);
    expect(() => decodeSmile(encodeSmile(Array(2_000).fill({})), "doc", limit)).toThrow("doc: its values would take more than");
    expect(weights[0]).toBeGreaterThan(100 * 250);
    expect(weights[1]).toBeGreaterThan(limit.weightMax);
  });

  it("rejects documents nested beyond the limit instead of exhausting the stack", () => {
    const nested = Uint8Array.from([...HEADER, ...Array<number>(100_000).fill(0xf8)]);
    expect(() => decodeSmile(nested, "doc")).toThrow("nested deeper than 1000 at byte 1004");
  });
});
