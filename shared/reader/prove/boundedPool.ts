/** A pool that runs a few tasks concurrently. */
export interface BoundedPool {
  /** Starts the task as soon as there is capacity. @throws the first error of an earlier task, and then starts nothing. */
  start(task: () => Promise<void>): Promise<void>;
  /** Resolves when all started tasks have ended. @throws the first error among them. */
  drain(): Promise<void>;
}

export function boundedPool(atOnce: number): BoundedPool {
  const running = new Set<Promise<void>>();
  let failure: { error: unknown } | undefined;
  return {
    async start(task) {
      while (running.size >= atOnce) await Promise.race(running);
      if (failure !== undefined) throw failure.error;
      const run = task()
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => running.delete(run));
      running.add(run);
    },
    async drain() {
      await Promise.all(running);
      if (failure !== undefined) throw failure.error;
    },
  };
}
