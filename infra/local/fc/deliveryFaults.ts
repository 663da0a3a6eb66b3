/** Faults as data: planned faults for the next events or invocations of a function. Each is used up when it fires. */
export interface DeliveryFaults {
  /** The next asynchronous events are accepted and never delivered; a task lost this way is unknown to look-ups. */
  lose(functionName: string, count?: number): void;
  /** The next asynchronous events are delivered twice, concurrently. */
  double(functionName: string, count?: number): void;
  /** The next asynchronous events stay in the queue at least this long. */
  delay(functionName: string, delayMs: number, count?: number): void;
  /** The instance of the next invocations, including synchronous ones, is terminated this long after the request reached it. */
  killAfter(functionName: string, afterMs: number, count?: number): void;
  /** Planned faults that have not fired yet; a test should end by asserting that this is empty. */
  pending(): { functionName: string; fault: FaultName; count: number }[];
  clear(): void;
}

type FaultName = "lose" | "double" | "delay" | "kill";

interface PlannedFault {
  functionName: string;
  fault: FaultName;
  count: number;
  durationMs: number;
}

export interface FaultPlan extends DeliveryFaults {
  /** Uses up one planned fault of this kind; its duration in milliseconds (0 if it has none), or `undefined` when none is planned. */
  take(functionName: string, fault: FaultName): number | undefined;
}

export function createFaultPlan(): FaultPlan {
  let planned: PlannedFault[] = [];
  const add = (functionName: string, fault: FaultName, count: number, durationMs = 0) => {
    planned.push({ functionName, fault, count, durationMs });
  };
  return {
    lose: (functionName, count = 1) => add(functionName, "lose", count),
    double: (functionName, count = 1) => add(functionName, "double", count),
    delay: (functionName, delayMs, count = 1) => add(functionName, "delay", count, delayMs),
    killAfter: (functionName, afterMs, count = 1) => add(functionName, "kill", count, afterMs),
    pending: () => planned.map(({ functionName, fault, count }) => ({ functionName, fault, count })),
    clear() {
      planned = [];
    },
    take(functionName, fault) {
      const found = planned.find((entry) => entry.functionName === functionName && entry.fault === fault);
      if (found === undefined) return undefined;
      found.count -= 1;
      planned = planned.filter((entry) => entry.count > 0);
      return found.durationMs;
    },
  };
}
