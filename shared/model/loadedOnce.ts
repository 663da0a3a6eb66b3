const all = new Set<() => Promise<unknown>>();

/**
 * A module that is loaded when it is first needed. Afterwards it is there at once: an `import()` takes turns of the event loop each time, during which
 * a simulated clock would go on. What loading it throws, its caller gets; the next call tries again.
 */
export function loadedOnce<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  const once = (): Promise<T> => {
    loaded ??= load().catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
    return loaded;
  };
  all.add(once);
  return once;
}

/** Loads all of them. */
export async function loadAll(): Promise<void> {
  const before = all.size;
  await Promise.all([...all].map((load) => load()));
  // A module may bring others along.
  if (all.size > before) await loadAll();
}
