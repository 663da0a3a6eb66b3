import { reason } from "../../../shared/model/reason.ts";
import type { BatchResult, CopyPlan } from "../../../shared/verbs/copy/plan.ts";
import { stepCopy } from "../../../shared/verbs/copy/step.ts";
import type { CopyBatchState, CopyData, CopyInput, CopyJob, CopyMoving, CopyObservation, Gap } from "../../../shared/verbs/copy/types.ts";
import { type JobInput, jobOf } from "../../jobs/jobs.ts";
import { MOVED } from "../../world/world.ts";
import { type Decided, decide } from "../decisions.ts";

const NOW = new Date("2026-11-24T03:00:00Z");
const at = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000).toISOString();
const ROOT = { key: "index-31", sha256: "31aa" };
const UNLIST = { root: { key: "index-30", sha256: "30bb" }, uuids: ["uuid-old", "uuid-older"] };
const SNAPSHOTS = [
  { name: "nightly-1", uuid: "uuid-1" },
  { name: "nightly-2", uuid: "uuid-2" },
];
const BROKEN = { snapshots: ["nightly-0"], count: 1, kept: 2, first: "indices/aB3/0/__2" };
const batch = (number: number, change: Partial<CopyBatchState> = {}): CopyBatchState => ({ number, attempt: 1, ...change });
const NONE_DONE = { batches: 0, blobs: 0, bytes: 0 };
/** Every batch below `next` is begun or done. */
const movingOf = (change: Partial<CopyMoving> = {}): CopyMoving => ({
  plan: "2-0",
  pieces: 2,
  perBatch: 1,
  count: 2,
  blobs: 24,
  bytes: 1_800,
  next: 0,
  begun: [],
  done: NONE_DONE,
  ...change,
});
const PINNED: Partial<CopyData> = {
  round: 2,
  pinned: { generation: 31, sha256: "31aa" },
  snapshots: SNAPSHOTS,
  skipped: { blobs: 4, bytes: 44 },
  root: ROOT,
  seenRoot: "29cc",
  moving: movingOf(),
  moved: { blobs: 100, bytes: 5_000 },
};
const ONE_DONE = { batches: 1, blobs: 3, bytes: 70 };
const OUTAGE = { since: at(-90), tries: 2, until: at(-1), key: "indices/aB3/0/__5", because: "connect ECONNREFUSED" };

const job = (state: string, data: Partial<CopyData> = {}, change: Partial<JobInput<unknown, unknown>> = {}): CopyJob => {
  const input = { copyName: "move", rule: { from: "backups", to: MOVED, snapshots: "latest" as const }, from: MOVED, wanted: ["uuid-2"] };
  const none = { round: 0, snapshots: [], skipped: { blobs: 0, bytes: 0 }, moved: { blobs: 0, bytes: 0 } };
  return jobOf({ id: "copy-move-1", createdAt: new Date(at(-30)), ...change, state, input, data: { ...none, ...data } });
};
/** With these batches under way, and those of `change.done` done before them. */
const copying = (begun: CopyBatchState[], { done = NONE_DONE, ...change }: Partial<CopyMoving> = {}, data: Partial<CopyData> = {}) => {
  const next = done.batches + begun.length;
  return job("copying", { ...PINNED, moving: movingOf({ begun, done, next, count: next, ...change }), ...data });
};
const plan = (change: Partial<CopyPlan> = {}): CopyObservation => ({
  seen: "plan",
  plan: {
    fault: undefined,
    seenRoot: "28dd",
    pinned: { generation: 31, sha256: "31aa" },
    snapshots: SNAPSHOTS,
    pieces: { plan: "0-0", count: 2, blobs: 9, bytes: 755 },
    skipped: { blobs: 9, bytes: 990 },
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
const whole = (blobs: number, bytes: number): BatchResult => ({ copied: { blobs, bytes }, faults: [] });
const fault = (kind: BatchResult["faults"][number]["fault"], number: number, message = `message ${number}`) => ({
  key: `indices/aB3/0/__${number}`,
  fault: kind,
  expectedBytes: 1_000 + number,
  foundBytes: 10 + number,
  message,
});
const faulty = (...faults: BatchResult["faults"]): BatchResult => ({ copied: { blobs: 1, bytes: 1 }, faults });
type Seen = Extract<CopyObservation, { seen: "batches" }>;
const batches = (
  results: Record<number, BatchResult> = {},
  tasks: Record<number, "running" | "failed"> = {},
  change: Partial<Seen> = {},
): Seen => ({
  seen: "batches",
  results: new Map(Object.entries(results).map(([number, result]) => [Number(number), result])),
  tasks: new Map(Object.entries(tasks).map(([number, task]) => [Number(number), task])),
  ...change,
});
const gap = (key: string, foundBytes: number | null, change = {}) => ({ key, expectedBytes: 1_000, foundBytes, ...change });
const destination = (published: boolean, ...gaps: Gap[]): CopyObservation => ({
  seen: "destination",
  published,
  missing: gaps.length,
  first: gaps[0],
});
const five = [0, 1, 2, 3, 4];
const allRun = Object.fromEntries(five.map((number) => [number, "running" as const]));
const planned = () =>
  [
    ["the plan is written first", job("asked"), plan()],
    [
      "a plan with snapshots ahead, broken ones and ones to unlist",
      job("asked"),
      plan({ ahead: ["n1", "n2", "n3", "n4"], broken: BROKEN, unlist: { ...UNLIST, bytes: new Uint8Array(), again: UNLIST.uuids } }),
    ],
    ["a new plan drops what the last one found", job("asked", { ...PINNED, unlist: UNLIST, ahead: ["n1"], broken: BROKEN }), plan()],
    ["the plan has a fault", job("asked"), plan({ fault: reason("copy.noRoot", { source: "oss://aws/movies" }) })],
    [
      "the destination is complete",
      job("asked", PINNED),
      plan({ current: true, pieces: { plan: "0-0", count: 0, blobs: 0, bytes: 0 }, ahead: ["n1"] }),
    ],
    ["another copy is first", job("asked"), { seen: "queued", by: "copy-move-0" }],
    ["time ran out", job("asked", PINNED), { seen: "cut" }],
    ["another task may still write", job("moved", PINNED), { seen: "writing", by: "copy-move-0", until: new Date("2026-11-21T02:20:00Z") }],
    [
      "a planned snapshot is gone from the source",
      copying([batch(0)], {}, { outage: OUTAGE }),
      { seen: "sourceMoved", snapshot: "nightly-1", root: "index-32" },
    ],
    [
      "the source was planned five times",
      copying([batch(0)], {}, { round: 5 }),
      { seen: "sourceMoved", snapshot: "nightly-1", root: "index-32" },
    ],
    [
      "the source was planned four times",
      copying([batch(0)], {}, { round: 4 }),
      { seen: "sourceMoved", snapshot: "nightly-1", root: "index-32" },
    ],
    ["it is cancelled", job("copying", PINNED, { cancelling: true }), batches()],
  ] satisfies [string, CopyJob, CopyObservation][];
const moving = () =>
  [
    ["snapshots leave the destination's list before a blob is written", copying([batch(0)], {}, { unlist: UNLIST }), batches()],
    ["a restore reads what must be unlisted", copying([batch(0)], {}, { unlist: UNLIST }), batches({}, {}, { readBy: "restore-moved-4" })],
    [
      "a restore reads what was unlisted",
      copying([], { count: 1 }, { unlist: { ...UNLIST, done: true } }),
      batches({}, {}, { readBy: "restore-moved-4" }),
    ],
    ["the first task starts", copying([], { count: 2 }), batches()],
    ["a batch that was never started does not run, whatever its task says", copying([], { count: 1 }), batches({}, { 0: "running" })],
    [
      "the next task starts beside three that run",
      copying(
        [1, 2, 3].map((number) => batch(number)),
        { done: ONE_DONE, count: 5 },
      ),
      batches({}, { 1: "running", 2: "running", 3: "running" }),
    ],
    ["four tasks run, and the fifth batch waits", copying(five.map((number) => batch(number))), batches({}, { ...allRun, 4: "failed" })],
    [
      "four tasks run, and the batches that were not begun wait",
      copying(
        five.slice(0, 4).map((number) => batch(number)),
        { count: 9 },
      ),
      batches({}, allRun),
    ],
    ["every open batch runs", copying([batch(1)], { done: ONE_DONE }), batches({}, allRun)],
    ["a task ended without a result", copying([batch(1, { attempt: 2 })], { done: ONE_DONE }), batches({}, { 1: "failed" })],
    [
      "a task that ended without a result is first",
      copying([batch(1, { attempt: 2 })], { done: ONE_DONE, count: 7 }),
      batches({}, { 1: "failed" }),
    ],
    ["the last task of a batch ended without a result", copying([batch(0, { attempt: 3 })]), batches({}, { 0: "failed" })],
    ["unanswered attempts do not count", copying([batch(0, { attempt: 3, unanswered: 1, unansweredAttempt: 3 })]), batches()],
    [
      "one of two batches is complete",
      copying([batch(0), batch(1), batch(2)], {}, { outage: OUTAGE }),
      batches({ 0: whole(11, 800), 1: faulty(fault("cut", 1)) }),
    ],
    ["the last batches are complete", copying([batch(1), batch(2)], { done: ONE_DONE }), batches({ 1: whole(5, 300), 2: whole(6, 400) })],
    [
      "a result that was counted is not counted again",
      copying([batch(1)], { done: ONE_DONE }),
      batches({ 0: whole(3, 70) }, { 1: "running" }),
    ],
    ["a blob is cut", copying([batch(1, { attempt: 2 })], { done: ONE_DONE }), batches({ 1: faulty(fault("cut", 1), fault("failed", 2)) })],
    [
      "a blob is damaged, and a store did not answer for another",
      copying([batch(1)], { done: ONE_DONE }),
      batches({ 1: faulty(fault("unanswered", 1), fault("damaged", 2, "crc differs")) }),
    ],
    [
      "a blob failed for the third time",
      copying([batch(1, { attempt: 3 })], { done: ONE_DONE }),
      batches({ 1: faulty(fault("failed", 3, "no such device or address, ".repeat(12))) }),
    ],
    [
      "a blob vanished from the source",
      copying([batch(1, { attempt: 3 })], { done: ONE_DONE }),
      batches({ 1: faulty(fault("vanished", 4)) }),
    ],
    [
      "the source has another root",
      copying([batch(1, { attempt: 3 })], { done: ONE_DONE }),
      batches({ 1: faulty(fault("cut", 5)) }, {}, { sourceMoved: true }),
    ],
  ] satisfies [string, CopyJob, CopyObservation][];
const unanswered = faulty(fault("unanswered", 6, "503 Service Unavailable"));
const outages = () =>
  [
    ["a store does not answer for the first time", copying([batch(1)], { done: ONE_DONE }), batches({ 1: unanswered })],
    [
      "a store does not answer for the third time",
      copying([batch(1, { attempt: 3, unanswered: 2, unansweredAttempt: 2 })], { done: ONE_DONE }, { outage: OUTAGE }),
      batches({ 1: unanswered }),
    ],
    [
      "another batch meets the same outage",
      copying([batch(1), batch(2)], { done: ONE_DONE }, { outage: { ...OUTAGE, until: at(3) } }),
      batches({ 2: unanswered }),
    ],
    [
      "the pause of an outage is over this moment",
      copying([batch(1)], { done: ONE_DONE }, { outage: { ...OUTAGE, until: at(0) } }),
      batches({ 1: unanswered }),
    ],
    [
      "the pauses grow to half an hour",
      copying([batch(1)], { done: ONE_DONE }, { outage: { ...OUTAGE, tries: 40 } }),
      batches({ 1: unanswered }),
    ],
    [
      "the last pause ends with the patience",
      copying([batch(1)], { done: ONE_DONE }, { outage: { ...OUTAGE, tries: 40, since: at(-239) } }),
      batches({ 1: unanswered }),
    ],
    [
      "the outage lasted four hours",
      copying([batch(1)], { done: ONE_DONE }, { outage: { ...OUTAGE, since: at(-240) } }),
      batches({ 1: unanswered }),
      new Date(at(31)),
    ],
    [
      "no task starts during the pause",
      copying([batch(1, { unanswered: 1, unansweredAttempt: 1 })], { done: ONE_DONE }, { outage: { ...OUTAGE, until: at(2) } }),
      batches({ 1: unanswered }),
    ],
    [
      "tasks start again after the pause",
      copying([batch(1, { unanswered: 1, unansweredAttempt: 1 })], { done: ONE_DONE }, { outage: { ...OUTAGE, until: at(0) } }),
      batches({ 1: unanswered }),
    ],
  ] satisfies [string, CopyJob, CopyObservation, Date?][];
const publishing = () =>
  [
    ["all blobs are there", job("moved", PINNED), destination(false)],
    ["the root is published", job("published", PINNED), destination(true)],
    ["an earlier version recorded its batches in another way", job("moved", { ...PINNED, moving: undefined as never }), destination(false)],
    ["blobs are missing", job("moved", PINNED), destination(false, gap("indices/aB3/0/__1", null), gap("indices/aB3/0/__2", 4))],
    ["a blob has another size", job("moved", PINNED), destination(true, gap("indices/aB3/0/__2", 4))],
    [
      "a blob was replaced",
      job("moved", PINNED),
      destination(false, gap("indices/aB3/0/__3", 1_000, { replaced: true }), gap("indices/aB3/0/__4", null)),
    ],
  ] satisfies [string, CopyJob, CopyObservation][];

export function copyDecisions(): Decided[] {
  return decide<CopyInput, CopyData, CopyObservation>(stepCopy, NOW, [...planned(), ...moving(), ...outages(), ...publishing()]);
}
