import { describe, expect, it } from "vitest";
import { readAhead } from "../../../shared/reader/prove/readAhead.ts";

async function taken<T, R>(source: AsyncIterable<{ item: T; loaded: R }>): Promise<[T, R][]> {
  const all: [T, R][] = [];
  for await (const { item, loaded } of source) all.push([item, loaded]);
  return all;
}

describe("readAhead", () => {
  it("yields everything in order, whichever load finishes first, and never exceeds its limit", async () => {
    let [now, most] = [0, 0];
    const load = async (item: number): Promise<number> => {
      now += 1;
      most = Math.max(most, now);
      for (let turn = 0; turn < 5 - item; turn += 1) await Promise.resolve();
      now -= 1;
      return item * 10;
    };
    expect(await taken(readAhead([1, 2, 3, 4, 5], 3, load))).toEqual([1, 2, 3, 4, 5].map((item) => [item, item * 10]));
    expect(most).toBe(3);
  });

  it("throws a failed load in its turn, after the items before it", async () => {
    const seen: number[] = [];
    const load = async (item: number): Promise<number> => (item === 3 ? Promise.reject(new Error("no third")) : item);
    const walk = async (): Promise<void> => {
      for await (const { item } of readAhead([1, 2, 3, 4], 4, load)) seen.push(item);
    };
    await expect(walk()).rejects.toThrow("no third");
    expect(seen).toEqual([1, 2]);
  });
});
