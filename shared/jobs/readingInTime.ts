import type { BlobStore } from "../model/blobStore.ts";
import { AppError } from "../model/errors.ts";
import { reason } from "../model/reason.ts";
import type { World } from "./world.ts";

/** What is left of an invocation for its record and its answer when a read is cut. */
export const READ_RESERVE_MS = 8_000;
/** Timers take no longer times. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export interface ReadLimit {
  remainingMs: () => number;
  /** A read is cut when less than this is left. */
  reserveMs: number;
  onCut?: () => void;
}

export const OUT_OF_TIME = "read.outOfTime";

/**
 * Cuts reads that would outlast the invocation: a slow store must not end it, because an invocation that ends counts as killed by what it
 * read. Writes are not limited.
 * @throws AppError `transient` with reason `read.outOfTime`; the request itself continues, and its result is ignored.
 */
export function readingInTime(store: BlobStore, limit: ReadLimit): BlobStore {
  const leftMs = () => limit.remainingMs() - limit.reserveMs;

  function cut(key: string): AppError {
    limit.onCut?.();
    const what = key || "its keys";
    return new AppError(
      "transient",
      `${store.url}: no time left to read ${what}: there is more to read than this invocation has time for, or the store is slow`,
      {
        reason: reason("read.outOfTime", { url: store.url, key: what }),
      },
    );
  }

  async function inTime<T>(key: string, read: () => Promise<T>): Promise<T> {
    const ms = leftMs();
    if (ms <= 0) throw cut(key);
    if (ms > TIMER_MS_MAX) return read();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(cut(key)), ms);
      // A process that has nothing else to do ends.
      timer.unref?.();
    });
    try {
      return await Promise.race([read(), timeout]);
    } finally {
      clearTimeout(timer);
    }
  }

  async function* each<T>(key: string, items: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
    const iterator = items[Symbol.asyncIterator]();
    let isOver = false;
    try {
      for (;;) {
        const step = await inTime(key, () => iterator.next());
        isOver = step.done === true;
        if (step.done === true) return;
        yield step.value;
      }
    } finally {
      // Not awaited: a generator that hangs in a request returns after it only.
      if (!isOver) iterator.return?.().catch(() => undefined);
    }
  }

  const members: Pick<BlobStore, "list" | "head" | "get" | "open"> = {
    list: (prefix, options) => each(prefix, store.list(prefix, options)),
    head: (key) => inTime(key, () => store.head(key)),
    get: (key, range) => inTime(key, () => store.get(key, range)),
    async open(key, range) {
      const body = await inTime(key, () => store.open(key, range));
      return body && each(key, body);
    },
  };
  // Not a spread copy, which would lose the members of a prototype.
  return Object.assign(Object.create(store) as BlobStore, members);
}

/** A look stops this long before its deadline to leave time for its record; with less time left, none starts. */
const LOOK_RESERVE_MS = 15_000;

export function isTimeUp(world: World): boolean {
  return world.remainingMs() < LOOK_RESERVE_MS;
}
