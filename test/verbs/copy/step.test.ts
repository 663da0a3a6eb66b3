import { describe, expect, it } from "vitest";
import { type Reason, reason } from "../../../shared/model/reason.ts";
import type { BatchResult, CopyPlan } from "../../../shared/verbs/copy/plan.ts";
import { stepCopy } from "../../../shared/verbs/copy/step.ts";
import type { CopyBatchState, CopyData, CopyJob, CopyObservation } from "../../../shared/verbs/copy/types.ts";
import { jobOf } from "../../jobs/jobs.ts";
import { MOVED } from "../../world/world.ts";

const ROOT = { key: "index-3", sha256: "s" };
const UNLIST = { root: { key: "index-2", sha256: "u" }, uuids: ["old"] };
const batch = (id: string, change: Partial<CopyBatchState> = {}): CopyBatchState => ({ id, blobs: 2, bytes: 20, attempt: 0, ...change });
const moved = { blobs: 2, bytes: 20 };

const job = (state: string, data: Partial<CopyData> = {}, cancelling = false): CopyJob => {
  const input = { copyName: "c", rule: { from: "backups", to: MOVED, snapshots: "latest" as const }, from: MOVED, wanted: ["u"] };
  return jobOf({
    id: "copy-c-1",
    state,
    input,
    data: { round: 0, snapshots: [], skipped: { blobs: 0, bytes: 0 }, batches: [], moved: { blobs: 0, bytes: 0 }, ...data },
    cancelling,
  });
};
const plan = (change: Partial<CopyPlan> = {}): CopyObservation => ({
  seen: "plan",
  plan: {
    fault: undefined,
    seenRoot: null,
    pinned: { generation: 3, sha256: "s" },
    snapshots: [{ name: "snap-1", uuid: "u" }],
    batches: [{ id: "a", blobs: [], bytes: 0 }],
    skipped: { blobs: 0, bytes: 0 },
    expected: [],
    root: ROOT,
    rootBytes: new Uint8Array(),
    ahead: [],
    broken: undefined,
    left: [],
    current: false,
    ...change,
  },
});
const result = (fault?: BatchResult["faults"][number]["fault"]): BatchResult => ({
  copied: fault ? { blobs: 1, bytes: 10 } : moved,
  faults: fault ? [{ key: "__1", fault, expectedBytes: 10, foundBytes: 4, message: "m" }] : [],
});
const batches = (
  results: Record<string, BatchResult> = {},
  tasks: Record<string, "running" | "succeeded" | "failed" | "unknown"> = {},
): CopyObservation => ({ seen: "batches", results: new Map(Object.entries(results)), tasks: new Map(Object.entries(tasks)) });
const destination = (missing: number, published = false): CopyObservation => ({
  seen: "destination",
  published,
  missing: Array.from({ length: missing }, (_, index) => ({ key: `__${index}`, expectedBytes: 1, foundBytes: null })),
});
const NOW = new Date("2026-11-24T00:00:00Z");
const stepAt = (made: CopyJob, seen: CopyObservation, now = NOW) => stepCopy(made, seen, now);
const inFlight = (attempt: number) => ({ root: ROOT, batches: [batch("a", { attempt })] });

describe("copy step", () => {
  it.each<[string, CopyJob, CopyObservation, string]>([
    ["writes its plan first", job("asked"), plan(), "writeBatches copy.planned"],
    ["invariant 2: rejects a foreign destination", job("asked"), plan({ fault: reason("copy.foreignRoot") }), "failed copy.foreignRoot"],
    ["is done when the destination is already complete", job("asked"), plan({ current: true, batches: [] }), "done copy.nothing"],
    ["starts a task", job("copying", inFlight(0)), batches(), "startTask copy.task"],
    ["waits for a running task", job("copying", inFlight(1)), batches({}, { a: "running" }), "wait copy.running"],
    ["restarts a task that ended without a result", job("copying", inFlight(1)), batches({}, { a: "failed" }), "startTask copy.task"],
    ["gives up on a batch after its last attempt", job("copying", inFlight(3)), batches({}, { a: "unknown" }), "failed copy.attempts"],
    ["accepts a batch's result", job("copying", inFlight(1)), batches({ a: result() }), "moved copy.moved"],
    ["retries an incomplete batch", job("copying", inFlight(1)), batches({ a: result("cut") }), "startTask copy.cut"],
    ["fails when a batch stays incomplete", job("copying", inFlight(3)), batches({ a: result("damaged") }), "failed copy.damaged"],
    [
      "plans again when a blob vanished from the source",
      job("copying", inFlight(1)),
      batches({ a: result("vanished") }),
      "asked copy.vanished",
    ],
    [
      "gives up when the source keeps changing",
      job("copying", { ...inFlight(1), round: 5 }),
      batches({ a: result("vanished") }),
      "failed copy.vanished",
    ],
    [
      "invariant 3: publishes no root while anything is missing",
      job("moved", { root: ROOT, expected: "e" }),
      destination(1),
      "asked copy.gap",
    ],
    ["publishes when everything is there", job("moved", { root: ROOT, expected: "e" }), destination(0), "publishRoot copy.publish"],
    ["plans again what an earlier version planned", job("moved", { root: ROOT }), destination(0), "asked copy.olderPlan"],
    ["unlists snapshots before a blob is written", job("copying", { ...inFlight(0), unlist: UNLIST }), batches(), "unlist copy.unlist"],
    [
      "waits for a restore that reads one of them",
      job("copying", { ...inFlight(0), unlist: UNLIST }),
      { ...batches(), readBy: "restore-1" } as CopyObservation,
      "wait copy.readBy",
    ],
    [
      "starts tasks once they are unlisted",
      job("copying", { ...inFlight(0), unlist: { ...UNLIST, done: true } }),
      batches(),
      "startTask copy.task",
    ],
    [
      "plans again when a planned snapshot left the source",
      job("moved", { root: ROOT, expected: "e" }),
      { seen: "sourceMoved", snapshot: "snap-2", root: "index-3" },
      "asked copy.sourceMoved",
    ],
    [
      "plans again when a blob is damaged because the source moved",
      job("copying", inFlight(3)),
      { ...batches({ a: result("damaged") }), sourceMoved: true } as CopyObservation,
      "asked copy.damaged",
    ],
    [
      "copies again what is gone after the root was published",
      job("published", { root: ROOT, expected: "e" }),
      destination(1, true),
      "asked copy.gap",
    ],
    ["waits when a store does not answer", job("copying", inFlight(1)), batches({ a: result("unanswered") }), "copying copy.unanswered"],
    ["does not count that as an attempt", job("copying", inFlight(9)), batches({ a: result("unanswered") }), "copying copy.unanswered"],
    ["is done when published", job("published", { root: ROOT }), destination(0, true), "done copy.done"],
    ["is cancelled", job("copying", inFlight(0), true), batches(), "cancelled job.cancelled"],
  ])("%s", (_, made, observation, expected) => {
    const decision = stepCopy(made, observation, NOW);
    const what = decision.do === "record" ? decision.state : decision.do === "effect" ? decision.effect : "wait";
    expect(`${what} ${decision.reason.code}`).toBe(expected);
  });

  it("runs at most four tasks concurrently", () => {
    const data = { root: ROOT, batches: ["a", "b", "c", "d", "e"].map((id) => batch(id, { attempt: id === "e" ? 0 : 1 })) };
    expect(stepAt(job("copying", data), batches({}, { a: "running", b: "running", c: "running", d: "running" }))).toMatchObject({
      do: "wait",
    });
    expect(stepAt(job("copying", data), batches({}, { a: "running", b: "running", c: "running", d: "failed" }))).toMatchObject({
      args: { batch: "d", attempt: 2 },
    });
  });

  it("counts a complete batch once, however often another batch is retried", () => {
    const both = { a: result(), b: result("cut") };
    const open = [batch("a", { attempt: 1 }), batch("b", { attempt: 1 })];
    const first = stepAt(job("copying", { root: ROOT, batches: open }), batches(both)) as { data: CopyData };
    expect(first).toMatchObject({ do: "record", state: "copying", data: { moved } });
    const retried = { effect: "startTask", args: { batch: "b", attempt: 2 }, data: { moved } };
    for (let look = 0; look < 2; look += 1) expect(stepAt(job("copying", first.data), batches(both))).toMatchObject(retried);
    const trying = first.data.batches.map((one) => (one.id === "b" ? { ...one, attempt: 2 } : one));
    const last = stepAt(job("copying", { ...first.data, batches: trying }), batches({ b: result() }));
    expect(last).toMatchObject({ state: "moved", data: { moved: { blobs: 4, bytes: 40 } } });
  });

  describe("while a store does not answer", () => {
    const minutes = (count: number) => new Date(NOW.getTime() + count * 60_000);
    const unanswered = (data: Partial<CopyData>, now: Date) =>
      stepAt(job("copying", data), batches({ a: result("unanswered") }), now) as { state: string; reason: Reason; data: CopyData };

    it("starts no task before the back-off is over, and doubles it", () => {
      let data: Partial<CopyData> = { root: ROOT, batches: [batch("a", { attempt: 1 }), batch("b")] };
      let at = 0;
      for (const wait of [1, 2, 4, 8, 16, 30, 30]) {
        data = unanswered(data, minutes(at)).data;
        expect(stepAt(job("copying", data), batches(), minutes(at + wait - 0.1))).toMatchObject({
          do: "wait",
          reason: { code: "copy.unanswered" },
        });
        at += wait;
        const attempt = (data.batches?.[0]?.attempt ?? 0) + 1;
        expect(stepAt(job("copying", data), batches(), minutes(at))).toMatchObject({ effect: "startTask", args: { batch: "a", attempt } });
        data = { ...data, batches: data.batches?.map((one) => (one.id === "a" ? { ...one, attempt } : one)) ?? [] };
      }
    });

    it("fails when the store has not answered for hours and the job's patience is over, and says since when", () => {
      const first = unanswered(inFlight(1), NOW).data;
      const again = { ...first, batches: [batch("a", { attempt: 2, unanswered: 1, unansweredAttempt: 1 })] };
      expect(unanswered(again, minutes(239)).state).toBe("copying");
      expect(unanswered(again, minutes(240))).toMatchObject({
        state: "failed",
        reason: { code: "copy.outage", params: { since: NOW.toISOString(), key: "__1", because: "m" } },
      });
    });

    it("counts the tasks that end in one outage as one try, and forgets the outage after a success", () => {
      const two = { root: ROOT, batches: [batch("a", { attempt: 1 }), batch("b", { attempt: 1 })] };
      const first = unanswered(two, NOW).data;
      const both = stepAt(job("copying", first), batches({ b: result("unanswered") }), minutes(0.5)) as { data: CopyData };
      expect(both.data.outage).toMatchObject({ tries: 1, until: minutes(1).toISOString() });
      const over = stepAt(job("copying", first), batches({ b: result() }), minutes(2)) as { data: CopyData };
      expect(over.data.outage).toBeUndefined();
    });

    it("still gives up on a batch whose other faults recur", () => {
      const tried = batch("a", { attempt: 5, unanswered: 2, unansweredAttempt: 3 });
      expect(stepAt(job("copying", { root: ROOT, batches: [tried] }), batches({ a: result("failed") }))).toMatchObject({ state: "failed" });
    });
  });
});
