/**
 * Yields each item with its loaded value, in order, while up to `ahead` further items are being loaded.
 * A failed load throws when its item is due; stopping early waits for the loads in progress.
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
      // The error is thrown when the item is due; without a handler until then the process would exit.
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
