/**
 * Gives each item with what `load` made of it, in order, while the next ones are already being loaded: at most `ahead` at a time.
 * A failed load throws when its item's turn comes; whoever stops early waits for the loads under way.
 */
export async function* readAhead<T, R>(
  items: Iterable<T>,
  ahead: number,
  load: (item: T) => Promise<R>,
): AsyncGenerator<{ item: T; loaded: R }, void, undefined> {
  const iterator = items[Symbol.iterator]();
  const under: { item: T; loading: Promise<R> }[] = [];
  const fill = (): void => {
    while (under.length < ahead) {
      const step = iterator.next();
      if (step.done === true) return;
      const loading = load(step.value);
      // Its error is thrown at its turn; without a listener until then the process would end.
      loading.catch(() => undefined);
      under.push({ item: step.value, loading });
    }
  };
  try {
    for (fill(); under.length > 0; fill()) {
      const { item, loading } = under[0] as { item: T; loading: Promise<R> };
      const loaded = await loading;
      under.shift();
      yield { item, loaded };
    }
  } finally {
    await Promise.allSettled(under.map(({ loading }) => loading));
  }
}
