import { describe, expect, it } from "vitest";
import { reason } from "../../../shared/model/reason.ts";
import type { BatchResult, CopyPlan } from "../../../shared/verbs/copy/plan.ts";
import { stepCopy } from "../../../shared/verbs/copy/step.ts";
import { withTask } from "../../../shared/verbs/copy/stepBatches.ts";
import type { CopyBatchState, CopyData, CopyInput, CopyJob, CopyObservation } from "../../../shared/verbs/copy/types.ts";
import { MOVED } from "../../world/world.ts";
import { each, type Ground, type Move, must, PATIENCE_MINUTE, road, walk } from "../walk.ts";
import { expectSound } from "../walkSound.ts";

const TRIES = 3;
const ROUNDS = 5;
const MOVED_ONE = { blobs: 1, bytes: 10 };

const planOf = (count: number, change: Partial<CopyPlan> = {}): CopyPlan => ({
  fault: undefined,
  seenRoot: null,
  pinned: { generation: 3, sha256: "s" },
  snapshots: [{ name: "snap-1", uuid: "u" }],
  pieces: { plan: "0-0", count, blobs: count, bytes: 10 * count },
  skipped: { blobs: 0, bytes: 0 },
  root: { key: "index-3", sha256: "s" },
  rootBytes: new Uint8Array(),
  ahead: [],
  broken: undefined,
  leaving: [],
  left: [],
  current: false,
  ...change,
});
/** Only the last rounds have two batches, to keep the walk small. */
const batchesOf = (round: number) => (round < ROUNDS - 1 ? 1 : 2);
const plans = (round: number): CopyObservation[] =>
  [
    planOf(batchesOf(round)),
    planOf(0),
    planOf(0, { current: true }),
    planOf(0, { fault: reason("copy.noRoot", { source: "oss://backups" }) }),
  ].map((plan) => ({ seen: "plan", plan }));

type Task = "running" | "succeeded" | "failed" | "unknown";
type Ending = Task | "whole" | BatchResult["faults"][number]["fault"];
const BEGUN: readonly Ending[] = ["running", "succeeded", "failed", "unknown", "whole", "cut", "vanished", "damaged"];
const isTask = (ending: Ending): ending is Task => ["running", "succeeded", "unknown"].includes(ending) || ending === "failed";

function resultOf(ending: Exclude<Ending, Task>): BatchResult {
  if (ending === "whole") return { copied: MOVED_ONE, faults: [] };
  return { copied: { blobs: 0, bytes: 0 }, faults: [{ key: "__1", fault: ending, expectedBytes: 10, foundBytes: 4, message: "" }] };
}

/** Observes only batches that were started and have no result yet. */
function batchSights(begun: readonly CopyBatchState[]): CopyObservation[] {
  return each(Object.fromEntries(begun.map(({ number }) => [number, BEGUN]))).map((endings) => {
    const all = Object.entries(endings).map(([number, ending]) => [Number(number), ending] as const);
    return {
      seen: "batches",
      results: new Map(all.flatMap(([number, ending]) => (isTask(ending) ? [] : [[number, resultOf(ending)] as const]))),
      tasks: new Map(all.flatMap(([number, ending]) => (isTask(ending) ? [[number, ending] as const] : []))),
    };
  });
}

const GAP = { key: "__1", expectedBytes: 1, foundBytes: null };

function sights({ head }: CopyJob): CopyObservation[] {
  if (head.cancelling) return [{ seen: "batches", results: new Map(), tasks: new Map() }];
  if (head.state === "asked") return [{ seen: "queued", by: "copy-c-0" }, ...plans(head.data.round)];
  if (head.state === "copying") return batchSights(head.data.moving?.begun ?? []);
  return [undefined, GAP].map((first) => ({ seen: "destination", missing: first ? 1 : 0, first, published: head.state === "published" }));
}

const ground: Ground<CopyInput, CopyData, CopyObservation> = {
  id: "copy-c-1",
  input: { copyName: "c", rule: { from: "backups", to: MOVED, snapshots: "latest" }, from: MOVED, wanted: ["u"] },
  first: {
    state: "asked",
    data: { round: 0, snapshots: [], skipped: { blobs: 0, bytes: 0 }, moved: { blobs: 0, bytes: 0 } },
  },
  minutes: [0, PATIENCE_MINUTE],
  step: stepCopy,
  sights,
  looks({ head }, effect, args: { batch: number; attempt: number }) {
    const { data } = head;
    if (effect === "publishRoot") return [{ state: "published", data }];
    if (effect === "writeBatches") return [{ state: data.moving?.count === 0 ? "moved" : "copying", data }];
    return [{ state: "copying", data: withTask(data, args) }];
  },
};

/** Every complete batch is counted once, in the round that moved it. */
const countDone = ({ moving }: CopyData) => moving?.done.batches ?? 0;

function visit(move: Move<CopyInput, CopyData, CopyObservation>): void {
  const { from, seen, decision } = move;
  if (decision.do === "record" && decision.state === "done")
    must(
      seen.seen === "plan" ? seen.plan.current : seen.seen === "destination" && seen.published,
      "done only when the root is published",
      move,
    );
  if (decision.do !== "wait" && decision.data.round === from.data.round && from.state === "copying")
    must(
      decision.data.moved.blobs - from.data.moved.blobs === countDone(decision.data) - countDone(from.data),
      "counts each batch once",
      move,
    );
  if (decision.do !== "wait") must(decision.data.round <= ROUNDS, "limits the number of rounds", move);
  if (decision.do !== "effect") return;
  must(!from.cancelling, "starts nothing once cancelled", move);
  if (decision.effect === "publishRoot")
    must(seen.seen === "destination" && seen.missing === 0 && !seen.published, "publishes only when nothing is missing", move);
  if (decision.effect === "writeBatches") must(seen.seen === "plan" && decision.carry === seen.plan, "writes the plan it observed", move);
  if (decision.effect !== "startTask") return;
  const { batch, attempt } = decision.args as { batch: number; attempt: number };
  const moving = from.data.moving;
  const known = moving?.begun.find(({ number }) => number === batch) ?? (batch === moving?.next ? { attempt: 0 } : undefined);
  must(seen.seen === "batches" && seen.tasks.get(batch) !== "running", "starts no second task for a batch whose task runs", move);
  must(known !== undefined && attempt === known.attempt + 1 && attempt <= TRIES, "limits the attempts of a batch", move);
}

describe("every path of a copy", { timeout: 120_000 }, () => {
  it("ends with a reason, counts each batch once and publishes only when nothing is missing", () => {
    const walked = walk(ground, visit);

    expectSound(walked, {
      states: ["asked", "copying", "moved", "published", "done", "failed", "cancelled"],
      ownWaits: ["copy.running"],
      changing: [],
      spotsMin: 4_200,
      movesMin: 60_000,
    });
  });

  it("takes five moves for one batch when all goes well", () => {
    const see = ({ head }: CopyJob): CopyObservation => {
      if (head.state === "asked") return plans(0)[0] as CopyObservation;
      if (head.state !== "copying") return { seen: "destination", missing: 0, first: undefined, published: head.state === "published" };
      const begun = head.data.moving?.begun ?? [];
      return { seen: "batches", results: new Map(begun.map(({ number }) => [number, resultOf("whole")])), tasks: new Map() };
    };
    expect(road(ground, see)).toEqual(["writeBatches", "startTask", "moved", "publishRoot", "done"]);
  });
});
