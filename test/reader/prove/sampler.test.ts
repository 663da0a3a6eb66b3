import { describe, expect, it } from "vitest";
import type { RecordedFile } from "../../../shared/reader/prove/checkFiles.ts";
import { type Sample, samplerOf } from "../../../shared/reader/prove/sampler.ts";
import { fc, test } from "../../format/propertyTest.ts";

const sizes = fc.array(fc.array(fc.integer({ min: 0, max: 10_000 }), { maxLength: 20 }), { maxLength: 6 });

/** The files of several shards, given by their lengths. */
const shardsOf = (lengths: readonly (readonly number[])[]): RecordedFile[][] =>
  lengths.map((files, shard) =>
    files.map((lengthBytes, number) => ({
      parts: [{ key: `${shard}/__${number}`, sizeBytes: lengthBytes, kind: "data" }],
      lengthBytes,
      checksum: "0",
    })),
  );
const bytesOf = (files: readonly RecordedFile[]) => files.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);

function chosenOf(shards: readonly RecordedFile[][], sample: Sample, seed = "root"): RecordedFile[] {
  const sampler = samplerOf(sample, seed);
  const chosen = shards.flatMap((files) => sampler.choose(files));
  expect(sampler).toMatchObject({ ofFiles: shards.flat().length, ofBytes: bytesOf(shards.flat()) });
  return [...chosen, ...sampler.rest()];
}

describe("a sample of files that arrive shard by shard", () => {
  test(
    "covers at least the share of the bytes, with no file more than needed",
    [sizes, fc.integer({ min: 1, max: 100 })],
    (lengths, percent) => {
      const shards = shardsOf(lengths);
      const chosen = chosenOf(shards, { share: percent / 100 });
      const wanted = (bytesOf(shards.flat()) * percent) / 100;
      expect(bytesOf(chosen)).toBeGreaterThanOrEqual(wanted);
      const last = chosen.at(-1);
      if (last !== undefined) expect(bytesOf(chosen) - last.lengthBytes).toBeLessThan(Math.max(wanted, 1));
    },
  );

  test("never exceeds its budget, and is empty only when no file fits", [sizes, fc.integer({ min: 1, max: 50_000 })], (lengths, bytes) => {
    const shards = shardsOf(lengths);
    const chosen = chosenOf(shards, { bytes });
    expect(bytesOf(chosen)).toBeLessThanOrEqual(bytes);
    expect(new Set(chosen).size).toBe(chosen.length);
    expect(chosen.length > 0).toBe(shards.flat().some(({ lengthBytes }) => lengthBytes <= bytes));
  });

  it.each<Sample>([{ share: 0.1 }, { bytes: 500 }])(
    "%j selects the same files again for the same root, and others for another",
    (sample) => {
      const shards = shardsOf([Array(50).fill(100), Array(50).fill(100)]);
      const keys = (seed: string) => chosenOf(shards, sample, seed).map(({ parts }) => parts[0]?.key);
      expect(keys("root")).toEqual(keys("root"));
      expect(keys("root")).not.toEqual(keys("other"));
    },
  );
});
