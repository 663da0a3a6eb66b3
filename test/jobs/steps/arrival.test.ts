import { describe, expect, it } from "vitest";
import { type ArrivalData, type ArrivalJob, type ArrivalObservation, stepArrival } from "../../../shared/jobs/steps/arrival.ts";
import type { Watch } from "../../../shared/model/config.ts";
import { reason } from "../../../shared/model/reason.ts";
import type { SnapshotProof } from "../../../shared/model/repository.ts";
import { testConfig } from "../../run/world.ts";
import { jobOf } from "../jobs.ts";

const WATCH = testConfig().watches.moved as Watch;
const EMPTY: ArrivalData = { probes: [], missing: 0, damaged: 0 };
const missing = [1, 2, 3, 4].map((number) => ({ key: `__${number}`, expectedBytes: number, foundBytes: null }));

const job = (data: ArrivalData = EMPTY, change: { cancelling?: boolean; which?: Watch["restore"]["which"] } = {}): ArrivalJob => {
  const watch = { ...WATCH, restore: { ...WATCH.restore, which: change.which ?? "latest" } };
  const input = { watchName: "moved", watch, snapshot: { name: "snap-2", uuid: "u", startTime: "" }, generation: 1 };
  return jobOf({ id: "arrival-moved-u", state: "asked", input, data, cancelling: change.cancelling ?? false });
};
const proof = (verdict: SnapshotProof["verdict"], change: Partial<SnapshotProof> = {}): ArrivalObservation => ({
  seen: "proof",
  proof: {
    verdict,
    level: "footers",
    name: "snap-2",
    uuid: "u",
    generation: 1,
    rootSha256: "",
    closure: undefined,
    blobs: 9,
    bytes: 99,
    missing: [],
    damaged: [],
    reason: undefined,
    requests: { list: 0, get: 0, head: 0 },
    ...change,
  },
});

describe("an arrival's step", () => {
  it.each<[string, ArrivalJob, ArrivalObservation, string]>([
    ["asks for the restore of a whole one", job(), proof("whole"), "askRestore arrival.whole"],
    ["only tells of a whole one where restores are by hand", job(EMPTY, { which: "by-hand" }), proof("whole"), "done arrival.whole"],
    ["invariant 4: asks for nothing while blobs are missing", job(), proof("incomplete", { missing }), "proving arrival.incomplete"],
    [
      "asks for nothing while blobs are damaged",
      job(),
      proof("damaged", { damaged: [{ key: "__1", check: "footer", expected: "", found: "" }] }),
      "proving arrival.notWhole",
    ],
    [
      "asks for nothing while it could not be proven in time",
      job(),
      proof("unproven", { reason: reason("proof.outOfTime") }),
      "wait arrival.notWhole",
    ],
    [
      "fails for one that can never be restored",
      job(),
      proof("not-restorable", { reason: reason("snapshot.notRestorable") }),
      "failed snapshot.notRestorable",
    ],
    ["waits while a probe is still missing", job(), { seen: "stillMissing", key: "__1", missing: 4 }, "wait arrival.incomplete"],
    [
      "fails when the watch's patterns choose nothing",
      job(),
      { seen: "refused", fault: reason("selection.empty") },
      "failed selection.empty",
    ],
    ["leaves one that vanished", job(), { seen: "vanished" }, "skipped arrival.vanished"],
    ["leaves one that is not above what is served", job(), { seen: "overtaken", by: "v" }, "skipped arrival.overtaken"],
    ["leaves one that a newer one superseded", job(), { seen: "superseded", by: "snap-3" }, "skipped arrival.superseded"],
    ["is done once its restore was asked for", job({ ...EMPTY, restore: "restore-1" }), { seen: "vanished" }, "done arrival.restores"],
    ["is cancelled", job(EMPTY, { cancelling: true }), proof("whole"), "cancelled job.cancelled"],
  ])("%s", (_, made, observation, expected) => {
    const decision = stepArrival(made, observation);
    const what = decision.do === "record" ? decision.state : decision.do === "effect" ? decision.effect : "wait";
    expect(`${what} ${decision.reason.code}`).toBe(expected);
  });

  it("remembers a few missing blobs to ask for first, and writes again only when they are others", () => {
    const first = stepArrival(job(), proof("incomplete", { missing }));
    expect(first).toMatchObject({
      do: "record",
      data: {
        probes: [
          { key: "__1", bytes: 1 },
          { key: "__2", bytes: 2 },
          { key: "__3", bytes: 3 },
        ],
        missing: 4,
      },
    });
    const known = (first as Extract<typeof first, { do: "record" }>).data;
    expect(stepArrival(job(known), proof("incomplete", { missing }))).toMatchObject({ do: "wait" });
    expect(stepArrival(job(known), proof("incomplete", { missing: missing.slice(1) }))).toMatchObject({ do: "record" });
  });
});
