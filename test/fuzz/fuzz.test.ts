import { describe, expect, it } from "vitest";
import { seededRandom } from "../sim/random.ts";
import { fuzzBlobs } from "./blobs.ts";
import { fuzzRequests } from "./requests.ts";

/** `npm run -s fuzz` runs 100,000 blobs and 10,000 requests. */
describe("what comes from outside", () => {
  it("ends in a value or a typed error as a mutated blob", async () => {
    expect((await fuzzBlobs(2_000, seededRandom("7"))).findings).toEqual([]);
  });

  it("is answered without an internal error as a request", async () => {
    const { findings, outcomes } = await fuzzRequests(4_000, seededRandom("7"));
    expect(findings).toEqual([]);
    expect(Object.keys(outcomes)).toEqual(expect.arrayContaining(["200", "202", "400", "401", "403", "404", "405"]));
  });
});
