/** Rows for a reader: the newest first by sortable time, equal ones in reverse order of their names so that the order never varies. */
export function newestFirst<T>(rows: readonly T[], keyOf: (row: T) => { time: string; name: string }): T[] {
  return [...rows].sort((one, other) => {
    const [left, right] = [keyOf(one), keyOf(other)];
    return compare(right.time, left.time) || compare(right.name, left.name);
  });
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
