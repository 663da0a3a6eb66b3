import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { PLANTED_BUGS } from "./planted/bugs.ts";
import { findPlanted } from "./planted/run.ts";

/** The ones that are found fastest; `npm run sim -- --planted` runs all. */
const HERE = [
  "performs the effect before the claim",
  "swaps without removing the alias from other indices",
  "counts PARTIAL as success",
  "prunes the newest and keeps the oldest",
  "publishes the root before the blobs",
];

describe("a bug planted in the product", () => {
  it.each(HERE)(
    "is found: %s",
    async (name) => {
      const bug = PLANTED_BUGS.find((one) => one.name === name);
      if (!bug) throw new Error(`no planted bug is called "${name}"`);
      expect(await findPlanted(bug)).toMatchObject({ found: true, violation: { invariant: expect.any(String) } });
    },
    60_000,
  );

  it.each(PLANTED_BUGS)("has its text exactly once in the source: $name", ({ file, find }) => {
    expect(readFileSync(file, "utf8").split(find)).toHaveLength(2);
  });

  it("is rejected if its text is not in the source", async () => {
    const [bug] = PLANTED_BUGS;
    if (!bug) throw new Error("there are no planted bugs");
    await expect(findPlanted({ ...bug, find: "this text occurs nowhere" })).rejects.toThrow(/does not occur exactly once/);
    expect(new Set(PLANTED_BUGS.map(({ name }) => name)).size).toBe(PLANTED_BUGS.length);
    expect(PLANTED_BUGS.length).toBeGreaterThanOrEqual(15);
  });
});
