import { deployedName } from "../../shared/model/deployment/deployedName.ts";

/** The resources that each function needs, defined once for the check of s.yaml, the bundles and the smoke run. */
export interface FunctionLimits {
  /** The deployed name; `[A-Za-z_][A-Za-z0-9_-]*`, at most 64 characters. */
  functionName: string;
  timeoutSeconds: number;
  memoryMegabytes: number;
  /** Absent for the function that is never invoked asynchronously. */
  async?: { retries: number; eventAgeSeconds: number; task: boolean };
  /** 1 makes the platform delay a second tick while one runs. */
  reservedConcurrency?: number;
}

/**
 * Retries are 0 where the next tick or the job log compensates for a lost event (a repeated half hour is billed again); an event older than
 * its maximum age is useless, because something newer has replaced it.
 */
export const FUNCTION_LIMITS = {
  createSnapshots: {
    functionName: "ossnap-create-snapshots",
    timeoutSeconds: 60,
    memoryMegabytes: 512,
    async: { retries: 2, eventAgeSeconds: 3600, task: false },
  },
  pruneSnapshots: {
    functionName: "ossnap-prune-snapshots",
    timeoutSeconds: 120,
    memoryMegabytes: 512,
    async: { retries: 0, eventAgeSeconds: 600, task: false },
  },
  onCopiedBlob: {
    functionName: "ossnap-on-copied-blob",
    timeoutSeconds: 300,
    memoryMegabytes: 1024,
    async: { retries: 3, eventAgeSeconds: 3600, task: false },
  },
  copyBlobs: {
    functionName: "ossnap-copy-blobs",
    timeoutSeconds: 1800,
    memoryMegabytes: 1024,
    async: { retries: 0, eventAgeSeconds: 3600, task: true },
  },
  continueJob: {
    functionName: "ossnap-continue-job",
    timeoutSeconds: 3600,
    memoryMegabytes: 1024,
    async: { retries: 0, eventAgeSeconds: 3600, task: true },
  },
  advanceJobs: {
    functionName: "ossnap-advance-jobs",
    timeoutSeconds: 120,
    memoryMegabytes: 512,
    async: { retries: 0, eventAgeSeconds: 60, task: false },
    reservedConcurrency: 1,
  },
  http: { functionName: "ossnap-http", timeoutSeconds: 60, memoryMegabytes: 512 },
} as const satisfies Record<string, FunctionLimits>;

export type FunctionName = keyof typeof FUNCTION_LIMITS;

export const FUNCTION_NAMES = Object.keys(FUNCTION_LIMITS) as FunctionName[];

/** The name under which a deployment's function is deployed. */
export function functionNameOf(name: FunctionName, deployment: string | undefined): string {
  return deployedName(FUNCTION_LIMITS[name].functionName, deployment);
}

/** The figures under their common type, for code that iterates over all of them. */
export function limitsOf(name: FunctionName): FunctionLimits {
  return FUNCTION_LIMITS[name];
}
