import { describe, expect, it } from "vitest";
import { FAULT_NAMES } from "./faults.ts";
import { runSeed, runSeeds } from "./runs.ts";

/** Each seed is a separate virtual night with several hundred invocations. `npm run test:long` plays a hundred, `npm run sim` any number. */
const SEEDS = 6;
/** Rare faults may take more of them. */
const SEEDS_MAX = 40;

describe("the engine under every platform fault", () => {
  it(`keeps every invariant through ${SEEDS} seeds and more until each fault fired, with every kind of fault injected`, async () => {
    const { violations, faultsFired, crashes } = await runSeeds(SEEDS_MAX, { enough: SEEDS });
    expect(violations).toEqual([]);
    expect(crashes).toBeGreaterThan(SEEDS);
    expect(FAULT_NAMES.filter((fault) => faultsFired[fault] === 0)).toEqual([]);
  }, 120_000);

  it("replays the same seed identically, line by line", async () => {
    const traceOf = async (seed: number) => {
      const lines: string[] = [];
      await runSeed(seed, (line) => void lines.push(line));
      return lines;
    };
    const [first, again] = [await traceOf(3), await traceOf(3)];
    expect(first.length).toBeGreaterThan(1000);
    expect(again).toEqual(first);
  }, 60_000);
});
