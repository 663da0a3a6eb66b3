import { describe, expect, it } from "vitest";
import { progressReason } from "../../../shared/plan/backup/progress.ts";
import { say } from "../../../shared/words/say.ts";

const MIB = 1024 * 1024;
const progress = (doneMib: number, seconds: number, started = 1) => ({
  state: "STARTED",
  shards: { total: 5, initializing: 1, started, finalizing: 1, done: 2, failed: 0 },
  bytes: { total: 1000 * MIB, done: doneMib * MIB },
  elapsedMs: 1000 * seconds,
});

describe("the progress of a snapshot", () => {
  it("is said in the API's own words, with rate and remaining time", () => {
    expect(say(progressReason("n-1", progress(100, 100), { limit: undefined, dataNodes: 3 }))).toBe(
      "n-1 is running: 1 INITIALIZING, 1 STARTED, 1 FINALIZING, 2 DONE, 0 FAILED of 5 shards; 100 MiB of 1000 MiB (10 %), 1 MiB/s, 15 min left",
    );
  });

  it.each([
    ["the default of 40 mb", undefined, 400, 1, "snapshot.throttled"],
    ["half of it", undefined, 200, 1, "snapshot.progress"],
    ["the limit of one node of two at work", "40mb", 400, 2, "snapshot.progress"],
    ["a limit of its own", "10mb", 100, 1, "snapshot.throttled"],
    ["no limit", "0", 900, 1, "snapshot.progress"],
  ])("names the limit where it is what the snapshot waits for: %s", (_, limit, doneMib, started, code) => {
    expect(progressReason("n-1", progress(doneMib, 10, started), { limit, dataNodes: 3 }).code).toBe(code);
  });

  it("says which value would halve the rest", () => {
    expect(progressReason("n-1", progress(400, 10), { limit: "40mb", dataNodes: 1 }).params).toMatchObject({
      limit: "40mb",
      needed: "80mb",
    });
  });

  it("knows no end before the first byte", () => {
    expect(progressReason("n-1", progress(0, 0), { limit: undefined, dataNodes: 1 }).params).toMatchObject({
      bytesPerSecond: 0,
      leftSeconds: null,
    });
  });
});
