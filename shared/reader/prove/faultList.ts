/** Collects faults; of more than `max` an even selection is kept, which always includes the first. */
export interface FaultList<T> {
  add(faults: readonly T[]): void;
  readonly kept: readonly T[];
}

export function faultList<T>(max: number): FaultList<T> {
  let kept: T[] = [];
  let [every, seen] = [1, 0];
  return {
    add(faults) {
      for (const fault of faults) {
        if (seen % every === 0) kept.push(fault);
        seen += 1;
        if (kept.length <= max) continue;
        kept = kept.filter((_, at) => at % 2 === 0);
        every *= 2;
      }
    },
    get kept() {
      return kept;
    },
  };
}
