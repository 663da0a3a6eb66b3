import { describe, expect, it } from "vitest";
import type { Watch } from "../../../shared/model/config.ts";
import { reason } from "../../../shared/model/reason.ts";
import type { MissingBlob, SnapshotProof } from "../../../shared/model/repository.ts";
import {
  type ArrivalData,
  type ArrivalJob,
  type ArrivalLookFound,
  type ArrivalObservation,
  stepArrival,
} from "../../../shared/verbs/arrival/step.ts";
import { jobOf } from "../../jobs/jobs.ts";
import { testConfig } from "../../world/world.ts";

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
  since: new Date("2026-11-21T01:00:00Z"),
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

const look = (change: Partial<ArrivalLookFound>): ArrivalObservation => ({
  seen: "look",
  found: {
    missing: 0,
    damaged: 0,
    probes: [],
    firstDamaged: undefined,
    looks: { missingBytes: 10, provenShards: 6, shards: 8, nextLook: "2026-11-21T01:31:00.000Z", etaSeconds: 90 },
    ...change,
  },
});

describe("arrival step", () => {
  it.each<[string, ArrivalJob, ArrivalObservation, string]>([
    ["requests the restore of a whole snapshot", job(), proof("whole"), "askRestore arrival.whole"],
    ["only reports a whole snapshot if the watch restores by hand", job(EMPTY, { which: "by-hand" }), proof("whole"), "done arrival.whole"],
    ["invariant 4: requests nothing while blobs are missing", job(), look({ missing: 4, probes: missing }), "proving arrival.incomplete"],
    ["requests nothing while blobs are damaged", job(), look({ damaged: 1, firstDamaged: "__1" }), "proving arrival.notWhole"],
    ["requests nothing while shards are unchecked", job(), look({}), "proving arrival.proving"],
    ["requests nothing on a proof that is not whole", job(), proof("incomplete"), "wait arrival.notWhole"],
    [
      "fails for a snapshot that can never be restored",
      job(),
      proof("not-restorable", { reason: reason("snapshot.notRestorable") }),
      "failed snapshot.notRestorable",
    ],
    ["waits while a probe is still missing", job(), { seen: "stillMissing", first: missing[0] as MissingBlob }, "wait arrival.incomplete"],
    ["waits with its last reason until the next look is due", job(), { seen: "nothingNew" }, "wait test.made"],
    [
      "fails when the watch's patterns select nothing",
      job(),
      { seen: "refused", fault: reason("selection.empty") },
      "failed selection.empty",
    ],
    ["skips a snapshot that vanished", job(), { seen: "vanished" }, "skipped arrival.vanished"],
    ["skips a snapshot that is not newer than the served one", job(), { seen: "overtaken", by: "v" }, "skipped arrival.overtaken"],
    ["skips a snapshot that a newer one superseded", job(), { seen: "superseded", by: "snap-3" }, "skipped arrival.superseded"],
    ["is done once its restore was requested", job({ ...EMPTY, restore: "restore-1" }), { seen: "vanished" }, "done arrival.restores"],
    ["is cancelled on request", job(EMPTY, { cancelling: true }), proof("whole"), "cancelled job.cancelled"],
  ])("%s", (_, made, observation, expected) => {
    const decision = stepArrival(made, observation);
    const what = decision.do === "record" ? decision.state : decision.do === "effect" ? decision.effect : "wait";
    expect(`${what} ${decision.reason.code}`).toBe(expected);
  });

  it("records what the next look starts with, counts its looks, and reports progress", () => {
    const first = stepArrival(job(), look({ missing: 4, probes: missing.slice(0, 2) }));
    expect(first).toMatchObject({
      do: "record",
      reason: { params: { missing: 4, first: "__1", expectedBytes: 1, foundBytes: null, etaSeconds: 90, provenShards: 6, shards: 8 } },
      data: {
        probes: [
          { key: "__1", bytes: 1 },
          { key: "__2", bytes: 2 },
        ],
        missing: 4,
        progress: { looks: 1, nextLook: "2026-11-21T01:31:00.000Z" },
      },
    });
    const known = (first as Extract<typeof first, { do: "record" }>).data;
    expect(stepArrival(job(known), look({ missing: 3 }))).toMatchObject({ data: { progress: { looks: 2 } } });
    expect(stepArrival(job(known), { seen: "stillMissing", first: missing[1] as MissingBlob })).toMatchObject({
      do: "wait",
      reason: { params: { missing: 4, first: "__2", etaSeconds: 90, provenShards: 6, shards: 8 } },
    });
  });
});
