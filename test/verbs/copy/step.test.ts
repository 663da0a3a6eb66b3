import { describe, expect, it } from "vitest";
import { type Reason, reason } from "../../../shared/model/reason.ts";
import type { BatchResult, CopyPlan } from "../../../shared/verbs/copy/plan.ts";
import { stepCopy } from "../../../shared/verbs/copy/step.ts";
import { withTask } from "../../../shared/verbs/copy/stepBatches.ts";
import type { CopyBatchState, CopyData, CopyJob, CopyMoving, CopyObservation } from "../../../shared/verbs/copy/types.ts";
import { jobOf } from "../../jobs/jobs.ts";
import { MOVED } from "../../world/world.ts";

const ROOT = { key: "index-3", sha256: "s" };
const UNLIST = { root: { key: "index-2", sha256: "u" }, uuids: ["old"] };
const batch = (number: number, change: Partial<CopyBatchState> = {}): CopyBatchState => ({ number, attempt: 1, ...change });
const moving = (begun: CopyBatchState[], count = begun.length): CopyMoving => ({
  plan: "0-0",
  pieces: count,
  perBatch: 1,
  count,
  blobs: 2 * count,
  bytes: 20 * count,
  next: begun.length,
  begun,
  done: { batches: 0, blobs: 0, bytes: 0 },
});
const moved = { blobs: 2, bytes: 20 };

const job = (state: string, data: Partial<CopyData> = {}, cancelling = false): CopyJob => {
  const input = { copyName: "c", rule: { from: "backups", to: MOVED, snapshots: "latest" as const }, from: MOVED, wanted: ["u"] };
  return jobOf({
    id: "copy-c-1",
    state,
    input,
    data: { round: 0, snapshots: [], skipped: { blobs: 0, bytes: 0 }, moved: { blobs: 0, bytes: 0 }, ...data },
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
    pieces: { plan: "0-0", count: 1, blobs: 1, bytes: 0 },
    skipped: { blobs: 0, bytes: 0 },
    root: ROOT,
    rootBytes: new Uint8Array(),
    ahead: [],
    broken: undefined,
    leaving: [],
    left: [],
    current: false,
    ...change,
  },
});
const result = (fault?: BatchResult["faults"][number]["fault"]): BatchResult => ({
  copied: fault ? { blobs: 1, bytes: 10 } : moved,
  faults: fault ? [{ key: "__1", fault, expectedBytes: 10, foundBytes: 4, message: "m" }] : [],
});
const batches = (results: BatchResult[] = [], tasks: ("running" | "succeeded" | "failed" | "unknown")[] = []): CopyObservation => ({
  seen: "batches",
  results: new Map(results.entries()),
  tasks: new Map(tasks.entries()),
});
const destination = (missing: number, published = false): CopyObservation => ({
  seen: "destination",
  published,
  missing,
  first: missing === 0 ? undefined : { key: "__0", expectedBytes: 1, foundBytes: null },
});
const NOW = new Date("2026-11-24T00:00:00Z");
const stepAt = (made: CopyJob, seen: CopyObservation, now = NOW) => stepCopy(made, seen, now);
const inFlight = (attempt: number) => ({ root: ROOT, moving: attempt === 0 ? moving([], 1) : moving([batch(0, { attempt })]) });
const all = { root: ROOT, moving: { ...moving([], 1), next: 1 } };

describe("copy step", () => {
  it.each<[string, CopyJob, CopyObservation, string]>([
    ["writes its plan first", job("asked"), plan(), "writeBatches copy.planned"],
    ["invariant 2: rejects a foreign destination", job("asked"), plan({ fault: reason("copy.foreignRoot") }), "failed copy.foreignRoot"],
    [
      "is done when the destination is already complete",
      job("asked"),
      plan({ current: true, pieces: { plan: "0-0", count: 0, blobs: 0, bytes: 0 } }),
      "done copy.nothing",
    ],
    ["starts a task", job("copying", inFlight(0)), batches(), "startTask copy.task"],
    ["waits for a running task", job("copying", inFlight(1)), batches([], ["running"]), "wait copy.running"],
    ["restarts a task that ended without a result", job("copying", inFlight(1)), batches([], ["failed"]), "startTask copy.task"],
    ["gives up on a batch after its last attempt", job("copying", inFlight(3)), batches([], ["unknown"]), "failed copy.attempts"],
    ["accepts a batch's result", job("copying", inFlight(1)), batches([result()]), "moved copy.moved"],
    ["retries an incomplete batch", job("copying", inFlight(1)), batches([result("cut")]), "startTask copy.cut"],
    ["fails when a batch stays incomplete", job("copying", inFlight(3)), batches([result("damaged")]), "failed copy.damaged"],
    ["plans again when a blob vanished from the source", job("copying", inFlight(1)), batches([result("vanished")]), "asked copy.vanished"],
    [
      "gives up when the source keeps changing",
      job("copying", { ...inFlight(1), round: 5 }),
      batches([result("vanished")]),
      "failed copy.vanished",
    ],
    ["invariant 3: publishes no root while anything is missing", job("moved", all), destination(1), "asked copy.gap"],
    ["publishes when everything is there", job("moved", all), destination(0), "publishRoot copy.publish"],
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
      job("moved", all),
      { seen: "sourceMoved", snapshot: "snap-2", root: "index-3" },
      "asked copy.sourceMoved",
    ],
    [
      "plans again when a blob is damaged because the source moved",
      job("copying", inFlight(3)),
      { ...batches([result("damaged")]), sourceMoved: true } as CopyObservation,
      "asked copy.damaged",
    ],
    ["copies again what is gone after the root was published", job("published", all), destination(1, true), "asked copy.gap"],
    ["waits when a store does not answer", job("copying", inFlight(1)), batches([result("unanswered")]), "copying copy.unanswered"],
    ["does not count that as an attempt", job("copying", inFlight(9)), batches([result("unanswered")]), "copying copy.unanswered"],
    ["is done when published", job("published", all), destination(0, true), "done copy.done"],
    ["is cancelled", job("copying", inFlight(0), true), batches(), "cancelled job.cancelled"],
  ])("%s", (_, made, observation, expected) => {
    const decision = stepCopy(made, observation, NOW);
    const what = decision.do === "record" ? decision.state : decision.do === "effect" ? decision.effect : "wait";
    expect(`${what} ${decision.reason.code}`).toBe(expected);
  });

  it("runs at most four tasks concurrently, and goes on with one that ended without a result first", () => {
    const data = {
      root: ROOT,
      moving: moving(
        [0, 1, 2, 3].map((number) => batch(number)),
        5,
      ),
    };
    expect(stepAt(job("copying", data), batches([], ["running", "running", "running", "running"]))).toMatchObject({ do: "wait" });
    expect(stepAt(job("copying", data), batches([], ["running", "running", "running", "failed"]))).toMatchObject({
      args: { batch: 3, attempt: 2 },
    });
  });

  it("counts a complete batch once, however often another batch is retried", () => {
    const both = [result(), result("cut")];
    const open = moving([batch(0), batch(1)]);
    const first = stepAt(job("copying", { root: ROOT, moving: open }), batches(both)) as { data: CopyData };
    expect(first).toMatchObject({ do: "record", state: "copying", data: { moved } });
    const retried = { effect: "startTask", args: { batch: 1, attempt: 2 }, data: { moved } };
    for (let look = 0; look < 2; look += 1) expect(stepAt(job("copying", first.data), batches(both))).toMatchObject(retried);
    const trying = withTask(first.data, { batch: 1, attempt: 2 });
    const last = stepAt(job("copying", trying), batches([result(), result()]));
    expect(last).toMatchObject({ state: "moved", data: { moved: { blobs: 4, bytes: 40 } } });
  });

  it("keeps a record of the same size however many batches there are", () => {
    let data: CopyData = { ...job("copying").head.data, root: ROOT, moving: moving([], 10_000) };
    for (let done = 0; done < 10_000; done += 1) {
      const decision = stepAt(job("copying", data), batches()) as { args: { batch: number; attempt: number } };
      const { batch: number } = decision.args;
      const seen: CopyObservation = { seen: "batches", results: new Map([[number, result()]]), tasks: new Map() };
      data = (stepAt(job("copying", withTask(data, decision.args)), seen) as { data: CopyData }).data;
    }
    expect(data.moving).toMatchObject({ begun: [], next: 10_000, done: { batches: 10_000 } });
    expect(JSON.stringify(data).length).toBeLessThan(1_000);
  });

  describe("while a store does not answer", () => {
    const minutes = (count: number) => new Date(NOW.getTime() + count * 60_000);
    const unanswered = (data: Partial<CopyData>, now: Date) =>
      stepAt(job("copying", data), batches([result("unanswered")]), now) as { state: string; reason: Reason; data: CopyData };

    it("starts no task before the back-off is over, and doubles it", () => {
      let data: Partial<CopyData> = { root: ROOT, moving: moving([batch(0)], 2) };
      let at = 0;
      for (const wait of [1, 2, 4, 8, 16, 30, 30]) {
        const next = unanswered(data, minutes(at)).data;
        expect(stepAt(job("copying", next), batches(), minutes(at + wait - 0.1))).toMatchObject({
          do: "wait",
          reason: { code: "copy.unanswered" },
        });
        at += wait;
        const args = { batch: 0, attempt: (next.moving?.begun[0]?.attempt ?? 0) + 1 };
        expect(stepAt(job("copying", next), batches(), minutes(at))).toMatchObject({ effect: "startTask", args });
        data = withTask(next, args);
      }
    });

    it("fails when the store has not answered for hours and the job's patience is over, and says since when", () => {
      const first = unanswered(inFlight(1), NOW).data;
      const again = { ...first, moving: moving([batch(0, { attempt: 2, unanswered: 1, unansweredAttempt: 1 })]) };
      expect(unanswered(again, minutes(239)).state).toBe("copying");
      expect(unanswered(again, minutes(240))).toMatchObject({
        state: "failed",
        reason: { code: "copy.outage", params: { since: NOW.toISOString(), key: "__1", because: "m" } },
      });
    });

    it("counts the tasks that end in one outage as one try, and forgets the outage after a success", () => {
      const two = { root: ROOT, moving: moving([batch(0), batch(1)]) };
      const first = unanswered(two, NOW).data;
      const second = (one: BatchResult): CopyObservation => ({ seen: "batches", results: new Map([[1, one]]), tasks: new Map() });
      const both = stepAt(job("copying", first), second(result("unanswered")), minutes(0.5)) as { data: CopyData };
      expect(both.data.outage).toMatchObject({ tries: 1, until: minutes(1).toISOString() });
      const over = stepAt(job("copying", first), second(result()), minutes(2)) as { data: CopyData };
      expect(over.data.outage).toBeUndefined();
    });

    it("still gives up on a batch whose other faults recur", () => {
      const tried = moving([batch(0, { attempt: 5, unanswered: 2, unansweredAttempt: 3 })]);
      expect(stepAt(job("copying", { root: ROOT, moving: tried }), batches([result("failed")]))).toMatchObject({ state: "failed" });
    });
  });
});
