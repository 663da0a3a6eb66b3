import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jobId, kindOf } from "../../shared/model/jobId.ts";
import {
  isSameStem,
  parseRestoredIndexName,
  restoredIndexName,
  restoredIndexPattern,
  timeDigits,
} from "../../shared/model/restoredName.ts";
import { slotOf } from "../../shared/model/slot.ts";
import { parseSnapshotName, snapshotMark, snapshotName } from "../../shared/model/snapshotName.ts";

const times = fc.integer({ min: 0, max: 4_102_444_799_999 }).map((ms) => new Date(ms));
const policies = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,40}$/);
// Names that Elasticsearch accepts: lower case, up to 255 bytes, in any script.
const indices = fc
  .string({ unit: fc.constantFrom("a", "z", "0", "-", ".", "_", "+", "ü", "本", "🎬"), minLength: 1, maxLength: 120 })
  .filter((name) => Buffer.byteLength(name) <= 255 && /[^._+-]/.test(name));

describe("snapshot name", () => {
  it("parses back into its parts, even when the policy itself looks like a snapshot name", () => {
    fc.assert(
      fc.property(policies, times, fc.integer({ min: 1, max: 99 }), fc.stringMatching(/^[0-9a-f]{5}$/), (policy, time, attempt, mark) => {
        const parts = { policy, slot: slotOf(time), attempt, mark };
        expect(parseSnapshotName(snapshotName(parts))).toEqual(parts);
        const nested = { ...parts, policy: snapshotName(parts) };
        expect(parseSnapshotName(snapshotName(nested))).toEqual(nested);
      }),
    );
  });

  it("is lower case and differs by cluster and by policy", () => {
    const mark = snapshotMark("fYhuz4ZYQe6rft7fpoJyHg", "nightly");
    expect(mark).toMatch(/^[0-9a-f]{5}$/);
    expect(snapshotMark("LWBSnGpaQgikNFcvbH97-w", "nightly")).not.toBe(mark);
    expect(snapshotMark("fYhuz4ZYQe6rft7fpoJyHg", "weekly")).not.toBe(mark);
  });

  it.each([
    "nightly",
    "nightly-20261121t013000z-1",
    "nightly-20261341t013000z-1-abcde",
    "nightly-20261121t013000z-1-ABCDE",
    "snap-2026.11.21",
  ])("is foreign if it is %j", (name) => {
    expect(parseSnapshotName(name)).toBeUndefined();
  });
});

describe("name of a restored index", () => {
  const input = (index: string, snapshotStart: Date) => ({
    index,
    snapshotUuid: "u",
    snapshotStart,
    purpose: "a",
    attempt: 1,
    targetMajor: 5,
  });

  it("fits 255 bytes, starts with an allowed character, and contains its snapshot's time", () => {
    fc.assert(
      fc.property(indices, times, (index, time) => {
        const name = restoredIndexName(input(index, time));
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
        expect(name).not.toMatch(/^[._+-]/);
        expect(parseRestoredIndexName(name)?.snapshotDigits).toBe(timeDigits(time));
        // The truncation does not split a surrogate pair.
        expect(Buffer.from(name).toString()).toBe(name);
      }),
    );
  });

  it("sorts by the snapshot's time, so that a swap to an older snapshot is visible", () => {
    fc.assert(
      fc.property(indices, times, times, (index, a, b) => {
        fc.pre(a.getTime() !== b.getTime());
        expect(restoredIndexName(input(index, a)) < restoredIndexName(input(index, b))).toBe(a < b);
      }),
    );
  });

  it("matches the pattern of its index, however long the index name is", () => {
    fc.assert(
      fc.property(indices, times, (index, time) => {
        const pattern = restoredIndexPattern(restoredIndexName(input(index, new Date(0))));
        expect(pattern.endsWith("-*")).toBe(true);
        expect(restoredIndexName(input(index, time)).startsWith(pattern.slice(0, -1))).toBe(true);
      }),
    );
  });

  it("has no colon from 7 on, where servers refuse it, and is known again after an upgrade", () => {
    const [before, after] = [6, 7].map((targetMajor) => restoredIndexName({ ...input("a:b", new Date(0)), targetMajor }));
    expect([before?.slice(0, 4), after?.slice(0, 4)]).toEqual(["a:b-", "a_b-"]);
    expect(isSameStem(before ?? "", after ?? "")).toBe(true);
    expect([isSameStem(before ?? "", restoredIndexName(input("a", new Date(0)))), isSameStem("a:b", "a:b")]).toEqual([false, false]);
  });

  it.each([
    ["the snapshot", { snapshotUuid: "v" }],
    ["the alias", { purpose: "b" }],
    ["the attempt", { attempt: 2 }],
  ])("differs with %s", (_, change) => {
    const time = new Date(0);
    expect(restoredIndexName({ ...input("movies", time), ...change })).not.toBe(restoredIndexName(input("movies", time)));
  });
});

describe("job id", () => {
  it("contains the job's kind", () => {
    const restore = { snapshotUuid: "u", cluster: "target", indices: ["b", "a"], purpose: "movies" };
    const ids = [
      jobId.backup("nightly", "s"),
      jobId.prune("nightly", "s"),
      jobId.arrival("w", "u"),
      jobId.copy("c", "h", ["u"]),
      jobId.restore(restore),
      jobId.retire("r", "u"),
      jobId.byKey("verification", "k"),
    ];
    expect(ids.map(kindOf)).toEqual(["backup", "prune", "arrival", "copy", "restore", "retire", "verification"]);
    expect(kindOf("nobody-knows")).toBeUndefined();
    expect(jobId.restore({ ...restore, indices: ["a", "b"] })).toBe(jobId.restore(restore));
    expect(jobId.restore({ ...restore, purpose: "other" })).not.toBe(jobId.restore(restore));
  });

  it("is stable for an idempotency key and differs by kind", () => {
    expect(jobId.byKey("backup", "k")).toBe(jobId.byKey("backup", "k"));
    expect(jobId.byKey("restore", "k").slice("restore-".length)).not.toBe(jobId.byKey("backup", "k").slice("backup-".length));
  });
});
