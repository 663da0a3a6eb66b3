/** Enough to hide the latency of an object store, few enough for a function's sockets and memory. */
export const READS_AT_ONCE = 8;

/**
 * Runs `run` for every item, at most `concurrency` at a time. After the first error nothing new starts, and it is thrown once all have ended.
 * Returns false if `stop` ended it early.
 */
export async function forEachBounded<T>(
  items: Iterable<T>,
  concurrency: number,
  run: (item: T) => Promise<void>,
  stop: () => boolean = () => false,
): Promise<boolean> {
  const iterator = items[Symbol.iterator]();
  let stopped = false;
  let failed = false;
  const worker = async (): Promise<void> => {
    while (!failed) {
      const step = iterator.next();
      if (step.done === true) return;
      stopped ||= stop();
      if (stopped) return;
      await run(step.value).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: concurrency }, worker));
  const fault = outcomes.find((outcome) => outcome.status === "rejected");
  if (fault !== undefined) throw fault.reason;
  return !stopped;
}

/** The results of all promises once all have ended; otherwise the first error in their order, whichever came first in time. */
export async function allEnded<T extends readonly unknown[]>(promises: readonly [...{ [K in keyof T]: Promise<T[K]> }]): Promise<T> {
  const outcomes: PromiseSettledResult<unknown>[] = await Promise.allSettled(promises);
  return outcomes.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  }) as unknown as T;
}
