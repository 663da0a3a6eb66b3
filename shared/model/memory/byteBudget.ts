/** Bytes that may be held at once, shared by workers that take turns in order of arrival. */
export interface ByteBudget {
  /** Waits until so many bytes are free; more than the whole budget waits until nothing is held. */
  take(bytes: number): Promise<void>;
  /** What was taken is no longer held. */
  give(bytes: number): void;
}

export function byteBudget(bytesMax: number): ByteBudget {
  let heldBytes = 0;
  const waiting: { bytes: number; go: () => void }[] = [];
  const fits = (bytes: number) => heldBytes === 0 || heldBytes + bytes <= bytesMax;
  return {
    take(bytes) {
      if (waiting.length === 0 && fits(bytes)) {
        heldBytes += bytes;
        return Promise.resolve();
      }
      return new Promise((resolve) => waiting.push({ bytes, go: resolve }));
    },
    give(bytes) {
      heldBytes -= bytes;
      for (let next = waiting[0]; next !== undefined && fits(next.bytes); next = waiting[0]) {
        waiting.shift();
        heldBytes += next.bytes;
        next.go();
      }
    },
  };
}
