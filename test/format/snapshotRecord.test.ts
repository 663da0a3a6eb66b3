import { describe, expect, it } from "vitest";
import { decodeSnapshotRecord } from "../../shared/format/snapshotRecord.ts";
import { encodeContainer } from "./encoding/encodeContainer.ts";

const FIELDS = {
  name: "snap-1",
  uuid: "uuid-1",
  version_id: 8_170_099,
  indices: [".tasks", "movies"],
  state: "SUCCESS",
  start_time: 1,
  end_time: 2,
  total_shards: 2,
  successful_shards: 2,
  failures: [],
};
const decode = (more: Record<string, unknown>) =>
  decodeSnapshotRecord(encodeContainer("snapshot", { snapshot: { ...FIELDS, ...more } }), "snap");

describe("decodeSnapshotRecord", () => {
  it("returns the features whose indices the snapshot contains", () => {
    const states = [{ feature_name: "tasks", indices: [".tasks"] }];
    expect(decode({ feature_states: states }).featureStates).toEqual([{ feature: "tasks", indices: [".tasks"] }]);
  });

  it.each([{}, { feature_states: [] }, { feature_states: null }])("has none for %o", (more) => {
    expect(decode(more)).not.toHaveProperty("featureStates");
  });

  it("tells a snapshot of OpenSearch that has its segments elsewhere", () => {
    expect(decode({ remote_store_index_shallow_copy: true }).isShallow).toBe(true);
    for (const other of [false, "true", null]) expect(decode({ remote_store_index_shallow_copy: other })).not.toHaveProperty("isShallow");
  });

  it("names the place of a feature or a failure that is none", () => {
    expect(() => decode({ feature_states: [{ feature_name: "t" }, 7] })).toThrow("snap: feature_states[1]: an object expected");
    expect(() => decode({ failures: [7] })).toThrow("snap: failures[0]: an object expected");
    expect(() => decode({ failures: [{ index: "i", shard_id: 0, reason: 7 }] })).toThrow("snap: failures[0].reason: a text expected");
  });

  it.each([{ feature_states: "tasks" }, { feature_states: [{ indices: [] }] }, { feature_states: [{ feature_name: "t", indices: [1] }] }])(
    "rejects %o",
    (more) => {
      expect(() => decode(more)).toThrow(expect.objectContaining({ code: "invalid" }));
    },
  );
});

describe("a value that no snapshot has", () => {
  it.each([
    ["start_time", Number.MAX_SAFE_INTEGER],
    ["start_time", 1e15],
    ["end_time", Date.UTC(9999, 0, 1)],
  ])("is a fault that names %s", (field, ms) => {
    expect(() => decode({ [field]: ms })).toThrow(`snap: ${field}: ${ms} ms since 1970 is after the year 9998`);
  });

  it.each([{ name: "n".repeat(2_000) }, { indices: ["i".repeat(2_000)] }, { uuid: "u".repeat(2_000) }, { state: "S".repeat(50_000) }])(
    "is a fault that does not quote all of a long text (%#)",
    (more) => {
      const thrown = (() => {
        try {
          return decode(more);
        } catch (error) {
          return error as Error;
        }
      })();
      expect(thrown).toMatchObject({ code: "invalid" });
      expect((thrown as Error).message.length).toBeLessThan(500);
    },
  );
});

describe("reasons of failures", () => {
  it("are kept up to a thousand characters: one with a stack trace has pages, and each shard may have one", () => {
    const failures = [{ index: "i", shard_id: 0, reason: "x".repeat(5_000) }];
    const record = decode({ failures, reason: "y".repeat(5_000) });
    expect([record.failures[0]?.reason.length, record.failureReason?.length]).toEqual([1000, 1000]);
  });
});

describe("the state of a snapshot", () => {
  it.each(["IN_PROGRESS", "SUCCESS", "PARTIAL", "FAILED", "INCOMPATIBLE"])("may be %s", (state) => {
    expect(decode({ state }).state).toBe(state);
  });

  it("is no other, and has no time of its end while it has none", () => {
    for (const state of ["success", "", "OK"]) expect(() => decode({ state })).toThrow(`snap: state: state "${state}" is unknown`);
    expect([decode({ end_time: 0 }).endTime, decode({ end_time: null }).endTime, decode({}).endTime]).toEqual([
      ...[undefined, undefined, new Date(2)],
    ]);
  });

  it("has the failures of its shards, with a reason if it is known", () => {
    const failures = [
      { index: "i", shard_id: 3, reason: "full" },
      { index: "j", shard_id: 0 },
    ];
    expect(decode({ failures }).failures).toEqual([
      { index: "i", shard: 3, reason: "full" },
      { index: "j", shard: 0, reason: "" },
    ]);
    expect(decode({ failures: null, reason: null })).toMatchObject({ failures: [], failureReason: undefined });
  });
});

describe("the name of a snapshot", () => {
  it.each(["sesc\u001b[8mhidden", "bell\u0007", "备份"])("is data where the uuid names its blobs: %j", (name) => {
    expect(decode({ name })).toMatchObject({ name, uuid: "uuid-1" });
  });

  it("must be a part of a key where it stands for the uuid, as in 2.x", () => {
    expect(() => decode({ name: "a/b", uuid: null })).toThrow("cannot be part of a key");
  });
});
