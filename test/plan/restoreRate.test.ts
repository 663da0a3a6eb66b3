import { describe, expect, it } from "vitest";
import { reason } from "../../shared/model/reason.ts";
import type { ClosureIndex } from "../../shared/model/repository.ts";
import { rateChecks } from "../../shared/plan/disks/restoreRate.ts";
import type { RestoreRates, Throttle } from "../../shared/plan/preflightTypes.ts";

const MB = 1024 ** 2;
const index = (megabytes: number, shards: number) => ({ name: "movies", bytes: megabytes * MB, shards }) as ClosureIndex;
const told = (rates: RestoreRates | undefined, version: string, indices = [index(1200, 3)]) =>
  rateChecks({ rates, targetVersion: version }, indices).map(({ result, reason: { params } }) => [
    result,
    params.setting,
    params.seconds,
    params.nodes,
  ]);

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

  it("names the other limit beside the lower one", () => {
    const rates = { nodes: 1, recovery: "20mb", repository: 40 * MB };
    const [{ reason: why } = {}] = rateChecks({ rates, targetVersion: "8.17.0" }, [index(1200, 3)]);
    expect(why).toMatchObject({ code: "restore.rateOfTwo", params: { other: "max_restore_bytes_per_sec", otherPerSecond: 40 * MB } });
  });

  it("is not told where nothing limits it, or nothing is known", () => {
    expect(told({ nodes: 1, recovery: "0b", repository: null }, "8.17.0")).toEqual([]);
    expect(told({ nodes: 1, recovery: "40mb", repository: null }, "7.8.0")).toEqual([]);
    expect(told({ nodes: 1, recovery: undefined, repository: undefined }, "8.17.0")).toEqual([]);
    expect(told(undefined, "8.17.0")).toEqual([]);
  });
});

describe("a rate that a restore asks for", () => {
  const asked = (version: string, recovery: string, throttle: Partial<Throttle> = { sets: "" }) =>
    rateChecks(
      {
        rates: { nodes: 1, recovery, repository: 80 * MB },
        throttle: { repository: "moved", rate: "80mb", ...throttle },
        targetVersion: version,
      },
      [index(1200, 3)],
    );
  const codes = (checks: ReturnType<typeof asked>) => checks.map(({ result, reason: { code } }) => `${result} ${code}`);

  it("is told with what it changes, and not where the registration has it already", () => {
    expect(codes(asked("6.7.0", "40mb"))).toEqual(["ok rate.sets", "ok restore.rate"]);
    expect(codes(asked("6.7.0", "40mb", {}))).toEqual(["ok restore.rate"]);
  });

  it("is of no use where the cluster's own rate is lower, which counts from 7.9 on", () => {
    expect(codes(asked("7.10.2", "40mb"))).toEqual(["ok rate.sets", "warn rate.bound", "ok restore.rateOfTwo"]);
    expect(codes(asked("7.10.2", "100mb"))).toEqual(["ok rate.sets", "ok restore.rateOfTwo"]);
  });

  it("is refused for a registration that is not ossnap's own", () => {
    const foreign = { why: reason("rate.others"), wayOut: reason("wayOut.rateOthers") };
    expect(codes(asked("8.17.0", "40mb", { foreign }))).toEqual(["refuse rate.others"]);
  });
});
