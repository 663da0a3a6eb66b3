import { expect, it } from "vitest";
import { FAULT_NAMES } from "./faults.ts";
import { runSeed, runSeeds } from "./runs.ts";

const SEEDS = 50;

it(`the engine keeps every invariant through ${SEEDS} seeds, with every kind of fault injected`, async () => {
  const { violations, faultsFired, crashes } = await runSeeds(SEEDS);
  expect(violations).toEqual([]);
  expect(crashes).toBeGreaterThan(SEEDS);
  expect(FAULT_NAMES.filter((fault) => faultsFired[fault] === 0)).toEqual([]);
}, 1_200_000);

it("another seed is another night", async () => {
  const traceOf = async (seed: number) => {
    const lines: string[] = [];
    await runSeed(seed, (line) => void lines.push(line));
    return lines;
  };
  expect(await traceOf(4)).not.toEqual(await traceOf(3));
}, 60_000);
