import { describe, expect, it } from "vitest";
import { ownershipOf } from "../../shared/plan/ownSnapshot.ts";

const NAME = "nightly-20261121t013000z-1-88f81";
const OURS = { ossnap: { policy: "nightly", slot: "20261121t013000z", job: "backup-nightly-20261121t013000z" } };

describe("the writer of a snapshot", () => {
  it.each([
    ["5.5.3", undefined, NAME, "us"],
    ["7.2.1", undefined, NAME, "us"],
    ["7.3.0", OURS, NAME, "us"],
    ["8.17.0", OURS, NAME, "us"],
    ["7.3.0", undefined, NAME, "named"],
    ["7.10.2", { ossnap: "mine" }, NAME, "named"],
    ["7.10.2", { ossnap: null }, NAME, "named"],
    // A copied body: the metadata of another slot.
    ["7.10.2", { ossnap: { ...OURS.ossnap, slot: "20261120t013000z" } }, NAME, "named"],
    ["7.10.2", { ossnap: { ...OURS.ossnap, policy: "weekly" } }, NAME, "named"],
    ["7.10.2", OURS, "nightly-20261121t013000z-1-00000", undefined],
    ["7.10.2", OURS, "by-hand", undefined],
  ])("on %s with metadata %o under %s is %s", (version, metadata, name, by) => {
    expect(ownershipOf({ name, version, metadata }, "nightly", "88f81")?.by).toBe(by);
  });
});
