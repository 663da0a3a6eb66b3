import type { InvocationResult } from "./instance.ts";

/** Event counts of one function since the host started. */
export interface FunctionCounters {
  coldStarts: number;
  invocations: number;
  succeeded: number;
  failed: number;
  timedOut: number;
  exited: number;
  enqueued: number;
  retried: number;
  lost: number;
  doubled: number;
  delayed: number;
  killed: number;
  expired: number;
}

export function createCounters(): FunctionCounters {
  return {
    coldStarts: 0,
    invocations: 0,
    succeeded: 0,
    failed: 0,
    timedOut: 0,
    exited: 0,
    enqueued: 0,
    retried: 0,
    lost: 0,
    doubled: 0,
    delayed: 0,
    killed: 0,
    expired: 0,
  };
}

export function countResult(counters: FunctionCounters, result: InvocationResult): void {
  if (result.ok) counters.succeeded += 1;
  else counters.failed += 1;
  if (!result.ok && result.kind === "timeout") counters.timedOut += 1;
  if (!result.ok && result.kind === "exit") counters.exited += 1;
}
