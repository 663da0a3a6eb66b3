import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { editsOf, planted } from "./planted/bug.ts";
import { PLANTED_BUGS } from "./planted/bugs/all.ts";
import { findPlanted } from "./planted/run.ts";

/** The ones that are found fastest; `npm run sim -- --planted` runs all. */
const HERE = [
  "performs the effect before the claim",
  "swaps without removing the alias from other indices",
  "counts PARTIAL as success",
  "prunes the newest and keeps the oldest",
  "publishes the root before the blobs",
  "takes a counter-named blob of the same size for the same",
  "serves an index whose documents were not counted equal",
];

describe("a bug planted in the product", () => {
  it.each(HERE)(
    "is found: %s",
    async (name) => {
      const bug = PLANTED_BUGS.find((one) => one.name === name);
      if (!bug) throw new Error(`no planted bug is called "${name}"`);
      expect(await findPlanted(bug)).toMatchObject({ found: true, says: expect.stringMatching(/./) });
    },
    60_000,
  );

  it.each(PLANTED_BUGS)("has its text exactly once in the source, and one thing that must find it: $name", (bug) => {
    for (const { file } of editsOf(bug)) expect(planted(bug, file, readFileSync(file, "utf8"))).not.toBe(readFileSync(file, "utf8"));
    expect([bug.seeds, bug.crashes, bug.test].filter((way) => way !== undefined)).toHaveLength(1);
    expect(bug.test === undefined || existsSync(bug.test)).toBe(true);
  });

  it("is rejected if its text is not in the source, or no test ran", async () => {
    const [bug] = PLANTED_BUGS;
    if (!bug) throw new Error("there are no planted bugs");
    await expect(findPlanted({ ...bug, find: "this text occurs nowhere" })).rejects.toThrow(/does not occur exactly once/);
    await expect(findPlanted({ ...bug, test: "test/sim/nowhere.test.ts" })).rejects.toThrow(/did not run/);
    expect(new Set(PLANTED_BUGS.map(({ name }) => name)).size).toBe(PLANTED_BUGS.length);
  });
});
