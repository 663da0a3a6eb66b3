import { describe, expect, it } from "vitest";
import type { ClusterSnapshot } from "../../../shared/model/cluster.ts";
import { stillExists } from "../../../shared/verbs/prune/gather.ts";

const listed = (uuid: string | undefined, startTime: string): ClusterSnapshot => ({
  name: "nightly-1",
  uuid,
  state: "SUCCESS",
  version: "5.5.3",
  indices: ["movies"],
  startTime: new Date(startTime),
  endTime: new Date(startTime),
  shards: { total: 1, failed: 0, successful: 1 },
  failures: [],
  metadata: undefined,
});
const START = "2026-11-28T01:00:00.000Z";

describe("a snapshot of a plan", () => {
  it("is another one when only its name is the same: by uuid, and on 2.x by its start", () => {
    const target = { name: "nightly-1", uuid: "a", startTime: START };
    expect([stillExists(target, [listed("a", START)]), stillExists(target, [listed("b", START)])]).toEqual([true, false]);
    const old = { ...target, uuid: undefined };
    expect([stillExists(old, [listed(undefined, START)]), stillExists(old, [listed(undefined, "2026-11-28T02:00:00Z")])]).toEqual([
      true,
      false,
    ]);
  });
});
