import { describe, expect, it } from "vitest";
import type { ClosureIndex } from "../../shared/model/repository.ts";
import { rateChecks } from "../../shared/plan/disks/restoreRate.ts";

const MB = 1024 ** 2;
const index = (megabytes: number, shards: number) => ({ name: "movies", bytes: megabytes * MB, shards }) as ClosureIndex;
const told = (rates: Parameters<typeof rateChecks>[0], version: string, indices = [index(1200, 3)]) =>
  rateChecks(rates, version, indices).map(({ result, reason: { params } }) => [result, params.setting, params.seconds, params.nodes]);

describe("the least time that a restore takes", () => {
  it("is that of the repository's rate, before 7.9 alone and from then on beside the cluster's", () => {
    const rates = { nodes: 1, recovery: "20mb", repository: 40 * MB };
    expect(told(rates, "6.7.0")).toEqual([["ok", "max_restore_bytes_per_sec", 30, 1]]);
    expect(told(rates, "7.9.0")).toEqual([["ok", "indices.recovery.max_bytes_per_sec", 60, 1]]);
    expect(told({ ...rates, repository: 10 * MB }, "8.17.0")).toEqual([["ok", "max_restore_bytes_per_sec", 120, 1]]);
  });

  it("is shared by the nodes, of which no more work than there are shards", () => {
    const rates = { nodes: 10, recovery: "40mb", repository: null };
    expect(told(rates, "8.17.0")).toEqual([["ok", "indices.recovery.max_bytes_per_sec", 10, 3]]);
    expect(told(rates, "8.17.0", [index(600, 1), index(600, 1)])).toEqual([["ok", "indices.recovery.max_bytes_per_sec", 15, 2]]);
  });

  it("is not told where nothing limits it, or nothing is known", () => {
    expect(told({ nodes: 1, recovery: "0b", repository: null }, "8.17.0")).toEqual([]);
    expect(told({ nodes: 1, recovery: "40mb", repository: null }, "7.8.0")).toEqual([]);
    expect(told({ nodes: 1, recovery: undefined, repository: undefined }, "8.17.0")).toEqual([]);
    expect(told(undefined, "8.17.0")).toEqual([]);
  });
});
