import type { ClusterSnapshot } from "../../../shared/model/cluster.ts";
import { reason } from "../../../shared/model/reason.ts";
import { type BackupData, type BackupJob, type BackupObservation, stepBackup } from "../../../shared/verbs/backup/step.ts";
import { type JobInput, jobOf } from "../../jobs/jobs.ts";
import { HOUR_MS, NIGHTLY } from "../../world/world.ts";
import { type Decided, decide } from "../decisions.ts";

const SLOT = "20261121t013000z";
const NOW = new Date("2026-11-21T01:40:00Z");
const nameOf = (attempt: number) => `nightly-${SLOT}-${attempt}-abcde`;
const INDICES = ["movies-1", "movies-2"];
const MANY = Array.from({ length: 12 }, (_, index) => `movies-${index}`);
const BUSY = reason("lane.busy", { job: "restore-moved-7", cluster: "source" });
const START = { effect: "startSnapshot", because: "backup.start" };
const REFUSED = { effect: "startSnapshot", because: "effect.refused" };
const REJECTION = reason("effect.refused", { effect: "startSnapshot", message: "a snapshot is already running" });
const OTHER = { effect: "registerRepository", because: "backup.start" };

const snapshot = (attempt: number, change: Partial<ClusterSnapshot> = {}): ClusterSnapshot => ({
  name: nameOf(attempt),
  uuid: `uuid-${attempt}`,
  state: "SUCCESS",
  version: "5.5.3",
  indices: ["movies-2", "movies-1"],
  startTime: new Date("2026-11-21T01:30:00.400Z"),
  endTime: new Date("2026-11-21T01:31:35Z"),
  shards: { total: 12, failed: 0, successful: 12 },
  failures: [],
  metadata: undefined,
  ...change,
});
const PARTIAL = {
  state: "PARTIAL" as const,
  shards: { total: 12, failed: 2, successful: 10 },
  failures: [
    { index: "movies-1", shard: 3, reason: `node left: ${"no such device or address, ".repeat(12)}` },
    { index: "movies-2", shard: 4, reason: "aborted" },
  ],
};
/** 7.x stores the metadata, which a person's snapshot of the same name lacks. */
const STRANGER = { version: "7.10.2", uuid: "uuid-foreign" };
const failure = (attempt: number, state = "PARTIAL", shardsFailed = 2) => ({ name: nameOf(attempt), state, shardsFailed });

const job = (data: Partial<BackupData> = {}, change: Partial<Omit<JobInput<unknown, unknown>, "data">> = {}): BackupJob => {
  const made: BackupJob = jobOf({
    id: `backup-nightly-${SLOT}`,
    state: "asked",
    createdAt: new Date("2026-11-21T01:30:01Z"),
    ...change,
    input: { policyName: "nightly", policy: NIGHTLY, slot: SLOT },
    data: { attempt: 0, failures: [], ...data },
  });
  return change.claimed === REFUSED ? { ...made, head: { ...made.head, reason: REJECTION } } : made;
};
/** `jobOf` gives each job an hour of patience; the policy's last hour here. */
const askedAt = (at: string) => ({ createdAt: new Date(new Date(at).getTime() + NIGHTLY.patienceMs - HOUR_MS) });
const seen = (change: Partial<BackupObservation> = {}): BackupObservation => ({
  mark: "abcde",
  repository: undefined,
  selection: { indices: INDICES },
  slotSnapshots: [],
  progress: undefined,
  blocked: undefined,
  ...change,
});
const first = { attempt: 1, name: nameOf(1), indices: INDICES };
const running = snapshot(1, { state: "IN_PROGRESS", endTime: undefined });

export function backupDecisions(): Decided[] {
  return decide<BackupJob["intent"]["input"], BackupData, BackupObservation>(stepBackup, NOW, [
    ["starts the first attempt", job(), seen()],
    ["starts with many indices, the first ten of which are named", job(), seen({ selection: { indices: MANY } })],
    ["registers the repository first", job(), seen({ repository: { register: true } })],
    [
      "the repository's name is taken",
      job(),
      seen({ repository: { fault: reason("repository.taken", { repository: "backups", cluster: "source", settings: ["location"] }) } }),
    ],
    ["nothing is selected", job(), seen({ selection: { fault: reason("selection.empty", { patterns: ["films-*"], indices: 3 }) } })],
    ["the lane is busy", job(), seen({ blocked: BUSY })],
    [
      "its snapshot runs",
      job(first, { state: "running" }),
      seen({ slotSnapshots: [running], progress: { shardsDone: 7, shardsTotal: 12 }, blocked: BUSY }),
    ],
    ["its snapshot runs, and its progress is not known", job(first, { state: "running" }), seen({ slotSnapshots: [running] })],
    [
      "its snapshot is good, in whatever order its indices are listed",
      job(first, { state: "running" }),
      seen({ slotSnapshots: [snapshot(1)] }),
    ],
    [
      "a good snapshot of 2.x without a uuid, not recorded yet",
      job(),
      seen({ slotSnapshots: [snapshot(1, { uuid: undefined, endTime: undefined })] }),
    ],
    [
      "nothing was planned and nothing can be selected: no snapshot is good",
      job(),
      seen({
        selection: { fault: reason("selection.empty", { patterns: ["films-*"], indices: 3 }) },
        slotSnapshots: [snapshot(1, { indices: [] })],
      }),
    ],
    [
      "its snapshot has fewer indices than planned",
      job(first, { state: "running" }),
      seen({ slotSnapshots: [snapshot(1, { indices: MANY.slice(1) })] }),
    ],
    [
      "its snapshot has as many indices as planned, and others",
      job(first, { state: "running" }),
      seen({ slotSnapshots: [snapshot(1, { indices: ["movies-1", "movies-3"] })] }),
    ],
    [
      "its snapshot is partial",
      job({ ...first, uuid: "uuid-1", traceless: 1 }, { state: "running" }),
      seen({ slotSnapshots: [snapshot(1, PARTIAL)] }),
    ],
    [
      "its snapshot failed and names no shard",
      job(first, { state: "running" }),
      seen({ slotSnapshots: [snapshot(1, { state: "FAILED" })] }),
    ],
    [
      "two attempts ended since the last record",
      job({ failures: [failure(1)] }),
      seen({ slotSnapshots: [snapshot(1, PARTIAL), snapshot(2, PARTIAL), snapshot(3, { state: "FAILED" })] }),
    ],
    ["a stranger has the name of its attempt", job(first), seen({ slotSnapshots: [snapshot(1, STRANGER)] })],
    ["a stranger ran before the attempt that failed", job(first), seen({ slotSnapshots: [snapshot(1, STRANGER), snapshot(2, PARTIAL)] })],
    ["a stranger's snapshot runs", job(first), seen({ slotSnapshots: [snapshot(1, { ...STRANGER, state: "IN_PROGRESS" })] })],
    ["another attempt after a failed one", job({ attempt: 1, failures: [failure(1)] }), seen({ slotSnapshots: [snapshot(1, PARTIAL)] })],
    [
      "another attempt a quarter of the patience later",
      job({ attempt: 1, failures: [failure(1)] }, askedAt("2026-11-21T00:40:00Z")),
      seen(),
    ],
    ["a second too early", job({ attempt: 1, failures: [failure(1)] }, askedAt("2026-11-21T00:40:01Z")), seen()],
    [
      "a second too early, after an attempt whose failed shard is known",
      job(
        { attempt: 1, failures: [{ ...failure(1), shards: [{ index: "movies-1", shard: 3, node: "n1", reason: "disk full" }] }] },
        askedAt("2026-11-21T00:40:01Z"),
      ),
      seen(),
    ],
    [
      "a second too early, after an attempt that contains other indices",
      job({ attempt: 1, failures: [{ ...failure(1, "SUCCESS", 0), indices: ["series"] }] }, askedAt("2026-11-21T00:40:01Z")),
      seen(),
    ],
    ["too early, and said", job({ attempt: 1, failures: [failure(1)] }, { state: "retrying", ...askedAt("2026-11-21T00:40:01Z") }), seen()],
    ["it is due", job({ attempt: 1, failures: [failure(1)] }, { state: "retrying", ...askedAt("2026-11-21T00:40:00Z") }), seen()],
    [
      "the last attempt, half of the patience later",
      job({ attempt: 2, failures: [failure(1), failure(2)] }, askedAt("2026-11-20T23:40:00Z")),
      seen(),
    ],
    ["the last attempt, too early", job({ attempt: 2, failures: [failure(1), failure(2)] }, askedAt("2026-11-20T23:40:01Z")), seen()],
    [
      "a refused request of the second attempt is repeated at once",
      job({ ...first, attempt: 2, name: nameOf(2), failures: [failure(1)] }, { claimed: REFUSED, ...askedAt("2026-11-21T01:39:00Z") }),
      seen(),
    ],
    ["the snapshot of a failed attempt was deleted", job({ failures: [failure(1), { ...failure(2), name: "by-hand" }] }), seen()],
    [
      "the last attempt failed",
      job({ attempt: 3, failures: [failure(1), failure(2), failure(3, "FAILED", 12)] }),
      seen({ slotSnapshots: [snapshot(1, PARTIAL)] }),
    ],
    ["the attempts are used up, and one of them left no record", job({ attempt: 3, failures: [failure(1), failure(2)] }), seen()],
    [
      "the last attempt failed, and the lane is busy",
      job({ attempt: 3, failures: [failure(1), failure(2), failure(3)] }),
      seen({ blocked: BUSY }),
    ],
    ["the last attempt but one failed", job({ attempt: 2, failures: [failure(1), failure(2)] }), seen()],
    ["the last attempt vanished", job({ attempt: 3, traceless: 1, vanished: nameOf(3), failures: [failure(1), failure(2)] }), seen()],
    [
      "the registration was refused until the patience is over",
      job(first, { claimed: { effect: "registerRepository", because: "effect.refused" }, createdAt: new Date("2026-11-21T00:40:00Z") }),
      seen(),
    ],
    ["its running snapshot vanished", job({ ...first, uuid: "uuid-1" }, { state: "running" }), seen()],
    ["its running snapshot vanished again", job({ ...first, traceless: 1, vanished: nameOf(1) }, { state: "running" }), seen()],
    ["an accepted request left no trace", job(first, { claimed: START }), seen()],
    ["accepted requests left no trace twice", job({ ...first, traceless: 1 }, { claimed: START }), seen()],
    ["accepted requests left no trace as often as there are attempts", job({ ...first, traceless: 2 }, { claimed: START }), seen()],
    ["the last one that vanished is named", job({ attempt: 3, traceless: 3, vanished: nameOf(3) }), seen()],
    ["a claim of another effect is no request for a snapshot", job({ ...first, traceless: 2 }, { claimed: OTHER }), seen()],
    [
      "a released claim is no request without trace",
      job({ ...first, traceless: 2 }, { claimed: { effect: "startSnapshot", because: "snapshot.vanished" } }),
      seen(),
    ],
    [
      "a refused request is repeated under its name, however often",
      job({ ...first, attempt: 3, name: nameOf(3), traceless: 9, failures: [failure(1), failure(2)] }, { claimed: REFUSED }),
      seen(),
    ],
    ["refusals last until the patience is over", job(first, { claimed: REFUSED, createdAt: new Date("2026-11-21T00:40:00Z") }), seen()],
    ["one more second of patience", job(first, { claimed: REFUSED, createdAt: new Date("2026-11-21T00:40:01Z") }), seen()],
    ["it is cancelled while its snapshot runs", job(first, { state: "running", cancelling: true }), seen({ slotSnapshots: [running] })],
    ["it is cancelled while a snapshot runs that it did not request", job({}, { cancelling: true }), seen({ slotSnapshots: [running] })],
    ["it is cancelled while nothing runs", job(first, { cancelling: true }), seen({ slotSnapshots: [snapshot(1)] })],
  ]);
}
