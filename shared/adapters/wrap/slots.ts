/** Runs a bounded number of calls concurrently; the others wait in order of arrival. */
export interface Slots {
  /** Waits for a slot, runs the work in it and releases it. */
  in<T>(work: () => Promise<T>): Promise<T>;
  /** Releases the caller's slot while the work runs, for work that may itself need slots. */
  outside<T>(work: () => Promise<T>): Promise<T>;
}

export function slots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];
  async function take(): Promise<void> {
    if (free > 0) {
      free--;
      return;
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
  function giveBack(): void {
    const next = waiting.shift();
    if (next === undefined) free++;
    else next();
  }
  return {
    async in(work) {
      await take();
      try {
        return await work();
      } finally {
        giveBack();
      }
    },
    async outside(work) {
      giveBack();
      try {
        return await work();
      } finally {
        await take();
      }
    },
  };
}
