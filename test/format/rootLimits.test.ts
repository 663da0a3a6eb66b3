import { describe, expect, it } from "vitest";
import { decodeRoot } from "../../shared/format/root.ts";

const decodeJson = (json: unknown) => decodeRoot("index-1", Buffer.from(JSON.stringify(json)));

describe("an entry of a root with a value that nothing has", () => {
  const entry = (fields: object) =>
    decodeJson({ snapshots: [{ name: "s", uuid: "u", state: 1, ...fields }, "good"], indices: {} }).snapshots;

  it.each([
    [Number.MAX_SAFE_INTEGER, "is after the year 9998"],
    [1e15, "is after the year 9998"],
    [Date.UTC(9999, 0, 1), "is after the year 9998"],
    [-1, "a whole number from 0 expected"],
    [1e300, "a whole number from 0 expected"],
  ])("is faulty with start time %d, and the others are read", (ms, text) => {
    const [bad, good] = entry({ start_time_millis: ms });
    expect(bad).toMatchObject({ name: "s", uuid: "u", state: undefined, startTime: undefined });
    expect(bad?.fault).toContain("index-1: snapshots[0].start_time_millis: ");
    expect(bad?.fault).toContain(text);
    expect(good?.fault).toBeUndefined();
  });

  it("keeps the last time that fits, and 1970", () => {
    for (const ms of [0, Date.UTC(9999, 0, 1) - 1]) expect(entry({ start_time_millis: ms })[0]?.startTime).toEqual(new Date(ms));
  });

  it.each([
    ["name", { name: "n".repeat(5_000_000) }],
    ["uuid", { uuid: "u".repeat(5_000_000) }],
    ["version", { version: "7".repeat(5_000_000) }],
  ])("is faulty with a %s of megabytes, which is shown cut and with its length", (_, fields) => {
    const [bad] = entry(fields);
    expect(bad?.fault).toMatch(/5000000 characters|cannot be part of a key/);
    expect(JSON.stringify(bad).length).toBeLessThan(1_000);
    if ("name" in fields) expect(bad?.name).toMatch(/^n{100}… \(5000000 characters\)$/);
  });

  it("is faulty as an index with a name or an id of megabytes", () => {
    const long = "i".repeat(5_000_000);
    const { indices } = decodeJson({ snapshots: [], indices: { [long]: { id: "a", snapshots: [] }, b: { id: long, snapshots: [] } } });
    expect(indices.map(({ fault }) => fault === undefined)).toEqual([false, false]);
    expect(JSON.stringify(indices).length).toBeLessThan(2_000);
  });
});
