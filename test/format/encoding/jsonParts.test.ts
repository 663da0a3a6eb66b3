import { describe, expect, it } from "vitest";
import { jsonParts } from "../../../shared/format/encoding/jsonParts.ts";
import { jsonSlices } from "../../../shared/format/encoding/jsonSlices.ts";
import { decodeRoot, rootDecoder } from "../../../shared/format/root.ts";
import { rootSubset, subsetRoot } from "../../../shared/format/rootSubset.ts";
import { fixtureRepositories } from "../fixtureRepositories.ts";
import { fc, test } from "../propertyTest.ts";

/** The document rebuilt from its parts, which arrive in pieces of this size. */
function rebuilt(bytes: Uint8Array, pieceBytes: number): unknown {
  const built: Record<string, unknown> = {};
  /** As JSON.parse does, also for `__proto__`. */
  const put = (to: unknown, name: string, value: unknown) =>
    void Object.defineProperty(to, name, { value, enumerable: true, writable: true, configurable: true });
  let other: { value: unknown } | undefined;
  const parse = (part: { bytes: Uint8Array; start: number }) => {
    expect(Buffer.from(bytes.subarray(part.start, part.start + part.bytes.length)).equals(part.bytes)).toBe(true);
    const json = jsonSlices(part.bytes, "document", part.start);
    return json.parse(json.whole);
  };
  const parts = jsonParts("document", {
    isSplit: (member) => member.startsWith("s"),
    opened(member, kind) {
      put(built, member, kind === "list" ? [] : {});
    },
    member(member, part) {
      put(built, member, parse(part));
    },
    entry(member, name, part) {
      if (name === undefined) (built[member] as unknown[]).push(parse(part));
      else put(built[member], name, parse(part));
    },
    other: (part) => {
      other = { value: parse(part) };
    },
  });
  for (let at = 0; at < bytes.length; at += pieceBytes) parts.push(bytes.slice(at, at + pieceBytes));
  parts.end();
  return other ? other.value : built;
}

function outcome(read: () => unknown): unknown {
  try {
    return { value: read() };
  } catch (error) {
    return (error as { code?: string }).code ?? "invalid";
  }
}

const PIECES = fc.integer({ min: 1, max: 40 });
const DOCUMENTS = fc.record({ split: fc.jsonValue(), s2: fc.array(fc.jsonValue()), whole: fc.jsonValue() }, { requiredKeys: [] });

describe("jsonParts", () => {
  test(
    "returns what JSON.parse returns, however the bytes are cut into pieces",
    [DOCUMENTS, fc.constantFrom(0, 1, "\t\n"), PIECES],
    (value, space, pieceBytes) => {
      const text = ` ${JSON.stringify(value, null, space)}\r\n`;
      expect(rebuilt(Buffer.from(text), pieceBytes)).toEqual(JSON.parse(text));
    },
  );

  /** How many names all objects have; fewer after a change means that one is there twice, which JSON.parse accepts. */
  const namesIn = (value: unknown): number =>
    typeof value === "object" && value !== null
      ? (Array.isArray(value) ? 0 : Object.keys(value).length) + Object.values(value).reduce((sum, one) => sum + namesIn(one), 0)
      : 0;
  const hasTwice = (spoilt: string, text: string) => namesIn(JSON.parse(spoilt)) < namesIn(JSON.parse(text));

  test(
    "rejects what JSON.parse rejects, and a name twice",
    [fc.jsonValue(), fc.nat(), fc.constantFrom("", "[", "]", "{", "}", '"', "\\", ",", ":", "x", "1", " "), PIECES],
    (value, position, put, pieceBytes) => {
      const text = JSON.stringify({ s: value, whole: [1, "two", {}], s2: [1, "two", {}] });
      const at = position % (text.length + 1);
      const spoilt = text.slice(0, at) + put + text.slice(at + 1);
      const parsed = outcome(() => JSON.parse(spoilt));
      const isTwice = parsed !== "invalid" && hasTwice(spoilt, text);
      expect(outcome(() => rebuilt(Buffer.from(spoilt), pieceBytes))).toEqual(isTwice ? "invalid" : parsed);
    },
  );

  it.each([
    "",
    " ",
    "{",
    '{"s":[',
    '{"s":[1',
    '{"a":1,}',
    '{"s":[1,]}',
    '{"s":{"a":1,}}',
    '{"a" 1}',
    "{1:2}",
    '{"a":1}x',
    "7",
    '{"s":[1}}',
  ])("reads %j like JSON.parse", (text) => {
    for (const pieceBytes of [1, 100])
      expect(outcome(() => rebuilt(Buffer.from(text), pieceBytes))).toEqual(outcome(() => JSON.parse(text)));
  });

  it.each([
    ['{"a":1,"b" 2}', 11],
    ['{"s":[1,2}', 9],
    ['{"s":{"a":1,2}}', 12],
    ['{"a":1} x', 8],
    ['  {"a":1', 8],
    ['{"s":[1,', 8],
    ["\ufeff[", undefined],
  ])("says at the same place what is wrong with %j, however it is cut into pieces", (text, offset) => {
    const bytes = Buffer.from(text);
    const messages = [1, 2, 3, 100].map((pieceBytes) => {
      try {
        return rebuilt(bytes, pieceBytes);
      } catch (error) {
        return (error as Error).message;
      }
    });
    expect(new Set(messages).size).toBe(1);
    expect(messages[0]).toMatch(offset === undefined ? /at byte \d$/ : new RegExp(`^document: no JSON, it may be cut at byte ${offset}$`));
  });

  it("takes a whole byte order mark only", () => {
    const [mark, json] = [[0xef, 0xbb, 0xbf], Buffer.from('{"a":1}')];
    for (const pieceBytes of [1, 100]) {
      expect(rebuilt(Buffer.from([...mark, ...json]), pieceBytes)).toEqual({ a: 1 });
      for (const size of [1, 2]) expect(() => rebuilt(Buffer.from([...mark.slice(0, size), ...json]), pieceBytes)).toThrow("no JSON");
    }
  });

  it("refuses a value that is larger than any that Elasticsearch writes, before all of it is there", () => {
    const parts = jsonParts("root", { isSplit: () => false, member: () => undefined, entry: () => undefined, other: () => undefined });
    parts.push(Buffer.from('{"x":"'));
    const piece = Buffer.alloc(8 * 1024 * 1024, " ");
    expect(() => {
      for (let count = 0; count < 6; count += 1) parts.push(piece);
    }).toThrow("root: a value of more than 32 MB at byte 5");
  });
});

describe("a root in pieces", () => {
  const roots = fixtureRepositories().flatMap(({ name, blobs }) =>
    [...blobs].flatMap(([key, bytes]) => (/^index-\d+$/.test(key) ? [{ name, key, bytes }] : [])),
  );
  it.each(roots)("$name $key is the same as in one piece", ({ key, bytes }) => {
    const whole = decodeRoot(key, bytes);
    const uuids = whole.snapshots.slice(0, 1).map(({ uuid }) => uuid);
    for (const pieceBytes of [1, 7, 1000]) {
      const [decoder, subset] = [rootDecoder(key), rootSubset(uuids, { empty: true })];
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        decoder.push(bytes.slice(at, at + pieceBytes));
        subset.push(bytes.slice(at, at + pieceBytes));
      }
      expect(decoder.end()).toEqual(whole);
      expect(Buffer.from(subset.end()).equals(Buffer.from(subsetRoot(bytes, uuids, { empty: true })))).toBe(true);
    }
  });

  it("takes metadata identifiers before the snapshots that name them", () => {
    const identifiers = '"index_metadata_identifiers":{"x":"b","y":"c"}';
    const snapshots = '"snapshots":[{"name":"a","uuid":"a","index_metadata_lookup":{"i":"x"}}]';
    const indices = '"indices":{"i":{"id":"i","snapshots":["a"]}}';
    const bytes = Buffer.from(`{${identifiers},${snapshots},${indices}}`);
    expect(decodeRoot("index-1", bytes).indexMetadata).toEqual({ a: { i: "b" } });
    expect(Buffer.from(subsetRoot(bytes, ["a"])).toString()).toBe(`{${snapshots},${indices},"index_metadata_identifiers":{"x":"b"}}`);
  });
});
