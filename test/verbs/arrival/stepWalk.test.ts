import { describe, expect, it } from "vitest";
import type { Watch } from "../../../shared/model/config.ts";
import { reason } from "../../../shared/model/reason.ts";
import type { MissingBlob, SnapshotProof, Verdict } from "../../../shared/model/repository.ts";
import {
  type ArrivalData,
  type ArrivalInput,
  type ArrivalJob,
  type ArrivalObservation,
  stepArrival,
} from "../../../shared/verbs/arrival/step.ts";
import { testConfig } from "../../world/world.ts";
import { each, type Ground, type Move, minuteDate, must, PATIENCE_MINUTE, road, walk } from "../walk.ts";
import { expectSound } from "../walkSound.ts";

const WATCH = testConfig().watches.moved as Watch;
/** A job looks as often as a look is due; three looks are enough to show that they are alike. */
const LOOKS = 3;
const MISSING: MissingBlob = { key: "__1", expectedBytes: 10, foundBytes: null };
const VERDICTS: readonly Verdict[] = ["whole", "incomplete", "damaged", "not-restorable", "unproven"];

const proofOf = (verdict: Verdict): SnapshotProof => ({
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
  reason: verdict === "not-restorable" ? reason("snapshot.notRestorable", { snapshot: "snap-2", state: "PARTIAL" }) : undefined,
  requests: { list: 0, get: 0, head: 0 },
});

/** A look finds missing blobs, damaged blobs, or shards still to check; the next one is due now or a minute later. */
const looks = (now: Date): ArrivalObservation[] =>
  each({
    probes: [[], [MISSING]],
    firstDamaged: [undefined, "__2"],
    nextLook: [now, new Date(now.getTime() + 60_000)],
    etaSeconds: [null, 90],
  }).map(({ probes, firstDamaged, nextLook, etaSeconds }) => ({
    seen: "look",
    found: {
      missing: probes.length,
      damaged: firstDamaged ? 1 : 0,
      probes,
      firstDamaged,
      looks: { missingBytes: 10, provenShards: 6, shards: 8, nextLook: nextLook.toISOString(), etaSeconds },
    },
  }));

function sights({ head }: ArrivalJob, now: Date): ArrivalObservation[] {
  const { progress, restore, probes } = head.data;
  if (restore !== undefined) return [{ seen: "vanished" }];
  const isDue = progress === undefined || (new Date(progress.nextLook) <= now && progress.looks < LOOKS);
  return [
    ...probes.map((): ArrivalObservation => ({ seen: "stillMissing", first: MISSING })),
    { seen: "nothingNew" },
    { seen: "unreadable", message: "index-1: is cut" },
    { seen: "refused", fault: reason("selection.empty", { patterns: ["a"], indices: 1, why: "", also: "" }) },
    { seen: "vanished" },
    { seen: "overtaken", by: "v" },
    { seen: "superseded", by: "snap-3" },
    { seen: "queued", by: "restore-1" },
    ...(isDue ? looks(now) : []),
    ...VERDICTS.map((verdict): ArrivalObservation => ({ seen: "proof", proof: proofOf(verdict), since: now })),
  ];
}

const ground = (which: Watch["restore"]["which"]): Ground<ArrivalInput, ArrivalData, ArrivalObservation> => ({
  id: "arrival-moved-u",
  input: {
    watchName: "moved",
    watch: { ...WATCH, restore: { ...WATCH.restore, which } },
    snapshot: { name: "snap-2", uuid: "u", startTime: "2026-11-21T01:00:06.531Z" },
    generation: 1,
  },
  first: { state: "asked", data: { probes: [], missing: 0, damaged: 0 } },
  minutes: [0, 1, PATIENCE_MINUTE, PATIENCE_MINUTE + 1],
  step: stepArrival,
  sights,
  looks: ({ head }) => [{ state: "asking", data: { ...head.data, restore: "restore-1" } }],
});

const visit =
  (which: Watch["restore"]["which"]) =>
  (move: Move<ArrivalInput, ArrivalData, ArrivalObservation>): void => {
    const { from, seen, decision } = move;
    const whole = seen.seen === "proof" && seen.proof.verdict === "whole";
    if (decision.do === "record" && decision.state === "done")
      must(
        from.data.restore !== undefined || (whole && which === "by-hand"),
        "done only with a requested restore, or with a proof when restores are by hand",
        move,
      );
    if (decision.do !== "effect") return;
    must(
      !from.cancelling && which !== "by-hand" && decision.effect === "askRestore",
      "requests a restore only if the watch restores automatically",
      move,
    );
    must(whole && (decision.carry as { proof: SnapshotProof }).proof === seen.proof, "requests nothing without a whole proof", move);
  };

describe("every path of an arrival", { timeout: 120_000 }, () => {
  it.each([
    ["latest" as const, ["asked", "proving", "asking", "done", "failed", "skipped", "cancelled"]],
    ["each" as const, ["asked", "proving", "asking", "done", "failed", "skipped", "cancelled"]],
    ["by-hand" as const, ["asked", "proving", "done", "failed", "skipped", "cancelled"]],
  ])("ends with a reason and requests a restore only on a whole proof (which: %s)", (which, states) => {
    const walked = walk(ground(which), visit(which));

    expectSound(walked, { states, ownWaits: ["arrival.queued"], changing: [], spotsMin: 390, movesMin: 19_000 });
  });

  const see = (job: ArrivalJob): ArrivalObservation =>
    job.head.data.restore === undefined ? { seen: "proof", proof: proofOf("whole"), since: minuteDate(0) } : { seen: "vanished" };

  it("takes two moves when everything is present at the first look", () => {
    expect(road(ground("latest"), see)).toEqual(["askRestore", "done"]);
    expect(road(ground("by-hand"), see)).toEqual(["done"]);
  });

  it("takes one more move for each earlier look", () => {
    const slow = (job: ArrivalJob) =>
      (job.head.data.progress?.looks ?? 0) < 2 ? (looks(minuteDate(0))[0] as ArrivalObservation) : see(job);
    expect(road(ground("latest"), slow)).toEqual(["proving", "proving", "askRestore", "done"]);
  });
});
