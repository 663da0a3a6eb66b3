import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { benchCost } from "../../../infra/bench/cost/costBench.ts";
import { requestClasses } from "../../../infra/bench/cost/requestClasses.ts";
import { computeUnits, idleMonth, monthlyCost } from "../../../infra/deploy/cost/monthlyCost.ts";
import { SOURCE_LOOK_MINUTES } from "../../../shared/verbs/copy/look.ts";

const WORKER = { vcpu: 1, memoryMegabytes: 2048, diskMegabytes: 512 };

describe("the cost of a month", () => {
  it("is the platform's own example: a worker of 1 vCPU and 2 GB for an hour is 4,770 CU beside its invocation", () => {
    expect(computeUnits({ ...WORKER, invocations: 0, milliseconds: 3_600_000 })).toBeCloseTo(4_770, 6);
    expect(computeUnits({ ...WORKER, invocations: 10_000, milliseconds: 0 })).toBe(75);
  });

  it("adds requests, of which listings and deletions are billed as Put, and storage", () => {
    const billed = { ListObjectsV2: 60_000, PutObject: 30_000, DeleteMultipleObjects: 10_000, GetObject: 200_000, HeadObject: 100_000 };
    const { put, get } = requestClasses(billed);
    expect([put, get]).toEqual([100_000, 300_000]);
    const { cny } = monthlyCost({ functions: {}, oss: { putRequests: put, getRequests: get, storedBytes: 100 * 1024 ** 3 } });
    expect(cny).toEqual({ functions: 0, requests: 0.4, storage: 12, total: 12.4 });
  });

  it("is below CNY 1 where nothing happens, for one watch and one copy", () => {
    const copies = { move: { after: "nightly" }, other: {} } as unknown as Parameters<typeof idleMonth>[0]["copies"];
    const use = idleMonth({ watches: { moved: {} } as unknown as Parameters<typeof idleMonth>[0]["watches"], copies });
    expect(use.oss.putRequests).toBe(43_200 * 2 + 43_200 / SOURCE_LOOK_MINUTES);
    expect(monthlyCost(use).cny.total).toBeLessThan(1);
  });

  it("counts the tick as s.yaml deploys it", () => {
    const text = readFileSync("s.yaml", "utf8");
    const [, memory, cpu, disk] = /functionName: ossnap-advance-jobs[\s\S]*?memorySize: (\d+)\s+cpu: ([\d.]+)/.exec(text) ?? [];
    expect(disk).toBeUndefined();
    const { advanceJobs } = idleMonth({ watches: {}, copies: {} }).functions;
    expect([advanceJobs?.memoryMegabytes, advanceJobs?.vcpu]).toEqual([Number(memory), Number(cpu)]);
  });
});

it("the cost bench plays idle minutes by the real client: one listing of the state and one of each watch, and the source's every ten minutes", async () => {
  const { idleDay, plannedIdleMonth, idleMonth: month } = await benchCost(() => undefined, { minutes: 30, withStory: false });
  expect(idleDay).toMatchObject({ invocations: 30, elasticsearch: 0, billed: { ListObjectsV2: 63 }, oss: { put: 63, get: 0 } });
  expect(month.cny.requests).toBe(plannedIdleMonth.cny.requests);
}, 120_000);
