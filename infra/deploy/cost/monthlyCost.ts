import type { Config } from "../../../shared/model/config.ts";
import { OSS_CNY } from "../../../shared/plan/cost/prices.ts";

/** What one function did. */
export interface FunctionUse {
  invocations: number;
  /** Of all invocations together, from the request to its answer: waiting is billed too. */
  milliseconds: number;
  vcpu: number;
  memoryMegabytes: number;
  diskMegabytes: number;
}

export interface Use {
  functions: Readonly<Record<string, FunctionUse>>;
  oss: { putRequests: number; getRequests: number; storedBytes: number };
}

export interface Cost {
  /** Compute units of Function Compute. */
  cu: number;
  cny: { functions: number; requests: number; storage: number; total: number };
}

/**
 * Function Compute, China, pay-as-you-go: "Pay-as-you-go billing methods" of help.aliyun.com/en/functioncompute, in force since 2024-08-27. The
 * first tier; run time is metered by the millisecond. Whether the first 512 MB of disk are free is not known, so they are counted.
 */
const CU = { perInvocation: 75 / 10_000, perVcpuSecond: 1, perGigabyteSecond: 0.15, perDiskGigabyteSecond: 0.05 };
const CNY_PER_CU = 0.00011;

const GIGABYTE = 1024 ** 3;

/** What this use of one month costs. Traffic within a region is free; logs, internet traffic and the clusters are not part of it. */
export function monthlyCost({ functions, oss }: Use): Cost {
  const cu = Object.values(functions).reduce((sum, one) => sum + computeUnits(one), 0);
  const requests = (oss.putRequests * OSS_CNY.per10000Put + oss.getRequests * OSS_CNY.per10000Get) / 10_000;
  const storage = (oss.storedBytes / GIGABYTE) * OSS_CNY.perGigabyteMonth;
  const compute = cu * CNY_PER_CU;
  return { cu, cny: { functions: compute, requests, storage, total: compute + requests + storage } };
}

export function computeUnits({ invocations, milliseconds, vcpu, memoryMegabytes, diskMegabytes }: FunctionUse): number {
  const seconds = milliseconds / 1000;
  const perSecond =
    vcpu * CU.perVcpuSecond + (memoryMegabytes / 1024) * CU.perGigabyteSecond + (diskMegabytes / 1024) * CU.perDiskGigabyteSecond;
  return invocations * CU.perInvocation + seconds * perSecond;
}

const MINUTES_PER_MONTH = 30 * 24 * 60;
/** `SOURCE_LOOK_MINUTES` of `verbs/copy/look.ts`: how often a copy after a policy lists its source. */
const SOURCE_LOOKS_PER_MONTH = MINUTES_PER_MONTH / 10;
/** Of one idle tick: two listings in a row within the region, and the work between; as `npm run bench -- cost` measured on a busy machine. */
const TICK_MILLISECONDS = 100;

/** `advanceJobs` as s.yaml deploys it. */
const TICK_SIZE = { vcpu: 0.5, memoryMegabytes: 512, diskMegabytes: 512 };

/** A month in which nothing happens: the minutely tick, its listings, and those of copies. A starting point for what a deployment will cost. */
export function idleMonth({ watches, copies }: Pick<Config, "watches" | "copies">): Use {
  const following = Object.values(copies).filter(({ after }) => after !== undefined).length;
  const ticks = MINUTES_PER_MONTH;
  return {
    functions: { advanceJobs: { ...TICK_SIZE, invocations: ticks, milliseconds: ticks * TICK_MILLISECONDS } },
    oss: { putRequests: ticks * (1 + Object.keys(watches).length) + following * SOURCE_LOOKS_PER_MONTH, getRequests: 0, storedBytes: 0 },
  };
}
