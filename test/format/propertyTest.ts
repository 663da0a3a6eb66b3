import * as fc from "fast-check";
import { it } from "vitest";

export { fc };

/** Runs a property as one test; a failure prints the seed and the smallest counterexample. */
export function test<T extends [unknown, ...unknown[]]>(
  title: string,
  arbitraries: { [Index in keyof T]: fc.Arbitrary<T[Index]> },
  check: (...values: T) => void | Promise<void>,
  runs = 100,
): void {
  it(title, async () => {
    const property = fc.asyncProperty(fc.tuple(...(arbitraries as fc.Arbitrary<unknown>[])), async (values) => {
      await check(...(values as T));
    });
    await fc.assert(property, { numRuns: runs });
  });
}
