/** Collects faults; of more than `max` an even selection is kept, which always includes the first. `more`: the blobs that a fault stands for besides. */
export interface FaultList<T> {
  add(faults: readonly T[]): void;
  readonly kept: readonly T[];
  /** How many faults `kept` leaves out, and how many those of `kept` stand for besides themselves. */
  readonly unnamed: number;
}

export function faultList<T>(max: number, more: (fault: T) => number = () => 0): FaultList<T> {
  let kept: T[] = [];
  let [every, seen, counted] = [1, 0, 0];
  return {
    add(faults) {
      for (const fault of faults) {
        if (seen % every === 0) kept.push(fault);
        seen += 1;
        counted += more(fault);
        if (kept.length <= max) continue;
        kept = kept.filter((_, at) => at % 2 === 0);
        every *= 2;
      }
    },
    get kept() {
      return kept;
    },
    get unnamed() {
      return seen + counted - kept.length;
    },
  };
}
