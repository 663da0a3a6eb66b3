import { reason } from "../../../shared/model/reason.ts";
import type { BatchResult, CopyPlan } from "../../../shared/verbs/copy/plan.ts";
import { stepCopy } from "../../../shared/verbs/copy/step.ts";
import type { CopyBatchState, CopyData, CopyInput, CopyJob, CopyObservation } from "../../../shared/verbs/copy/types.ts";
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
const batch = (id: string, change: Partial<CopyBatchState> = {}): CopyBatchState => ({ id, blobs: 12, bytes: 900, attempt: 1, ...change });
const PINNED: Partial<CopyData> = {
  round: 2,
  pinned: { generation: 31, sha256: "31aa" },
  snapshots: SNAPSHOTS,
  skipped: { blobs: 4, bytes: 44 },
  root: ROOT,
  seenRoot: "29cc",
  expected: "e5",
  moved: { blobs: 100, bytes: 5_000 },
};
const done = batch("a", { blobs: 3, bytes: 70, done: { blobs: 3, bytes: 70 } });
const OUTAGE = { since: at(-90), tries: 2, until: at(-1), key: "indices/aB3/0/__5", because: "connect ECONNREFUSED" };

const job = (state: string, data: Partial<CopyData> = {}, change: Partial<JobInput<unknown, unknown>> = {}): CopyJob => {
  const input = { copyName: "move", rule: { from: "backups", to: MOVED, snapshots: "latest" as const }, from: MOVED, wanted: ["uuid-2"] };
  const none = { round: 0, snapshots: [], skipped: { blobs: 0, bytes: 0 }, batches: [], moved: { blobs: 0, bytes: 0 } };
  return jobOf({ id: "copy-move-1", createdAt: new Date(at(-30)), ...change, state, input, data: { ...none, ...data } });
};
const copying = (batches: CopyBatchState[], data: Partial<CopyData> = {}) => job("copying", { ...PINNED, batches, ...data });
const plan = (change: Partial<CopyPlan> = {}): CopyObservation => ({
  seen: "plan",
  plan: {
    fault: undefined,
    seenRoot: "28dd",
    pinned: { generation: 31, sha256: "31aa" },
    snapshots: SNAPSHOTS,
    batches: [
      { id: "b1", blobs: new Array(7), bytes: 700 },
      { id: "b2", blobs: new Array(2), bytes: 55 },
    ],
    skipped: { blobs: 9, bytes: 990 },
    expected: [{ key: "indices/aB3/0/__1", sizeBytes: 10 }],
    root: ROOT,
    rootBytes: new Uint8Array(),
    ahead: [],
    broken: undefined,
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
  results: Record<string, BatchResult> = {},
  tasks: Record<string, "running" | "failed"> = {},
  change: Partial<Seen> = {},
): Seen => ({
  seen: "batches",
  results: new Map(Object.entries(results)),
  tasks: new Map(Object.entries(tasks)),
  ...change,
});
const gap = (key: string, foundBytes: number | null, change = {}) => ({ key, expectedBytes: 1_000, foundBytes, ...change });
const destination = (published: boolean, ...missing: Extract<CopyObservation, { seen: "destination" }>["missing"]): CopyObservation => ({
  seen: "destination",
  published,
  missing,
});
const five = ["a", "b", "c", "d", "e"];
const allRun = Object.fromEntries(five.map((id) => [id, "running" as const]));
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
    ["the destination is complete", job("asked", PINNED), plan({ current: true, batches: [], ahead: ["n1"] })],
    ["another copy is first", job("asked"), { seen: "queued", by: "copy-move-0" }],
    ["time ran out", job("asked", PINNED), { seen: "cut" }],
    ["another task may still write", job("moved", PINNED), { seen: "writing", by: "copy-move-0", until: new Date("2026-11-21T02:20:00Z") }],
    [
      "a planned snapshot is gone from the source",
      copying([batch("a")], { outage: OUTAGE }),
      { seen: "sourceMoved", snapshot: "nightly-1", root: "index-32" },
    ],
    [
      "the source was planned five times",
      copying([batch("a")], { round: 5 }),
      { seen: "sourceMoved", snapshot: "nightly-1", root: "index-32" },
    ],
    [
      "the source was planned four times",
      copying([batch("a")], { round: 4 }),
      { seen: "sourceMoved", snapshot: "nightly-1", root: "index-32" },
    ],
    ["it is cancelled", job("copying", PINNED, { cancelling: true }), batches()],
  ] satisfies [string, CopyJob, CopyObservation][];
const moving = () =>
  [
    ["snapshots leave the destination's list before a blob is written", copying([batch("a")], { unlist: UNLIST }), batches()],
    ["a restore reads what must be unlisted", copying([batch("a")], { unlist: UNLIST }), batches({}, {}, { readBy: "restore-moved-4" })],
    [
      "a restore reads what was unlisted",
      copying([batch("a", { attempt: 0 })], { unlist: { ...UNLIST, done: true } }),
      batches({}, {}, { readBy: "restore-moved-4" }),
    ],
    ["the first task starts", copying([batch("a", { attempt: 0 })]), batches()],
    [
      "a batch that was never started does not run, whatever its task says",
      copying([batch("a", { attempt: 0 })]),
      batches({}, { a: "running" }),
    ],
    [
      "the next task starts beside three that run",
      copying([done, ...["b", "c", "d", "e"].map((id) => batch(id))]),
      batches({}, { b: "running", c: "running", d: "running" }),
    ],
    [
      "four tasks run, and the fifth batch waits",
      copying([...five.map((id) => batch(id)), { ...done, id: "f" }]),
      batches({}, { ...allRun, e: "failed" }),
    ],
    ["every open batch runs", copying([done, batch("b")]), batches({}, allRun)],
    ["a task ended without a result", copying([done, batch("b", { attempt: 2 })]), batches({}, { b: "failed" })],
    ["the last task of a batch ended without a result", copying([batch("b", { attempt: 3 })]), batches({}, { b: "failed" })],
    ["unanswered attempts do not count", copying([batch("b", { attempt: 3, unanswered: 1, unansweredAttempt: 3 })]), batches()],
    [
      "one of two batches is complete",
      copying([batch("a"), batch("b"), batch("c")], { outage: OUTAGE }),
      batches({ a: whole(11, 800), b: faulty(fault("cut", 1)) }),
    ],
    ["the last batches are complete", copying([done, batch("b"), batch("c")]), batches({ b: whole(5, 300), c: whole(6, 400) })],
    ["a result that was counted is not counted again", copying([done, batch("b")]), batches({ a: whole(3, 70) }, { b: "running" })],
    ["a blob is cut", copying([done, batch("b", { attempt: 2 })]), batches({ b: faulty(fault("cut", 1), fault("failed", 2)) })],
    [
      "a blob is damaged, and a store did not answer for another",
      copying([batch("b")]),
      batches({ b: faulty(fault("unanswered", 1), fault("damaged", 2, "crc differs")) }),
    ],
    [
      "a blob failed for the third time",
      copying([batch("b", { attempt: 3 })]),
      batches({ b: faulty(fault("failed", 3, "no such device or address, ".repeat(12))) }),
    ],
    ["a blob vanished from the source", copying([batch("b", { attempt: 3 })]), batches({ b: faulty(fault("vanished", 4)) })],
    [
      "the source has another root",
      copying([batch("b", { attempt: 3 })]),
      batches({ b: faulty(fault("cut", 5)) }, {}, { sourceMoved: true }),
    ],
  ] satisfies [string, CopyJob, CopyObservation][];
const unanswered = faulty(fault("unanswered", 6, "503 Service Unavailable"));
const outages = () =>
  [
    ["a store does not answer for the first time", copying([done, batch("b")]), batches({ b: unanswered })],
    [
      "a store does not answer for the third time",
      copying([batch("b", { attempt: 3, unanswered: 2, unansweredAttempt: 2 })], { outage: OUTAGE }),
      batches({ b: unanswered }),
    ],
    [
      "another batch meets the same outage",
      copying([batch("b"), batch("c")], { outage: { ...OUTAGE, until: at(3) } }),
      batches({ c: unanswered }),
    ],
    [
      "the pause of an outage is over this moment",
      copying([batch("b")], { outage: { ...OUTAGE, until: at(0) } }),
      batches({ b: unanswered }),
    ],
    ["the pauses grow to half an hour", copying([batch("b")], { outage: { ...OUTAGE, tries: 40 } }), batches({ b: unanswered })],
    [
      "the last pause ends with the patience",
      copying([batch("b")], { outage: { ...OUTAGE, tries: 40, since: at(-239) } }),
      batches({ b: unanswered }),
    ],
    [
      "the outage lasted four hours",
      copying([batch("b")], { outage: { ...OUTAGE, since: at(-240) } }),
      batches({ b: unanswered }),
      new Date(at(31)),
    ],
    [
      "no task starts during the pause",
      copying([batch("b", { unanswered: 1, unansweredAttempt: 1 })], { outage: { ...OUTAGE, until: at(2) } }),
      batches({ b: unanswered }),
    ],
    [
      "tasks start again after the pause",
      copying([batch("b", { unanswered: 1, unansweredAttempt: 1 })], { outage: { ...OUTAGE, until: at(0) } }),
      batches({ b: unanswered }),
    ],
  ] satisfies [string, CopyJob, CopyObservation, Date?][];
const publishing = () =>
  [
    ["all blobs are there", job("moved", PINNED), destination(false)],
    ["the root is published", job("published", PINNED), destination(true)],
    ["an earlier version recorded no list", job("moved", { ...PINNED, expected: undefined as never }), destination(false)],
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
