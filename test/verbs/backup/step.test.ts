import { describe, expect, it } from "vitest";
import type { ClusterSnapshot } from "../../../shared/model/cluster.ts";
import { reason } from "../../../shared/model/reason.ts";
import { type BackupData, type BackupJob, type BackupObservation, stepBackup } from "../../../shared/verbs/backup/step.ts";
import { jobOf } from "../../jobs/jobs.ts";
import { NIGHTLY } from "../../world/world.ts";

const SLOT = "20261121t013000z";
const nameOf = (attempt: number) => `nightly-${SLOT}-${attempt}-abcde`;

const snapshot = (attempt: number, change: Partial<ClusterSnapshot> = {}): ClusterSnapshot => ({
  name: nameOf(attempt),
  uuid: `uuid-${attempt}`,
  state: "SUCCESS",
  version: "5.5.3",
  indices: ["movies"],
  startTime: new Date(0),
  endTime: new Date(3000),
  shards: { total: 5, failed: 0, successful: 5 },
  failures: [],
  metadata: undefined,
  ...change,
});

const job = (
  data: Partial<BackupData> = {},
  change: { state?: string; cancelling?: boolean; claimed?: { effect: string; because: string } } = {},
): BackupJob =>
  jobOf({
    id: `backup-nightly-${SLOT}`,
    state: "asked",
    input: { policyName: "nightly", policy: NIGHTLY, slot: SLOT },
    data: { attempt: 0, failures: [], ...data },
    ...change,
  });

const seen = (change: Partial<BackupObservation> = {}): BackupObservation => ({
  mark: "abcde",
  repository: undefined,
  selection: { indices: ["movies"] },
  slotSnapshots: [],
  progress: undefined,
  blocked: undefined,
  ...change,
});

const SILENT = { effect: "startSnapshot", because: "backup.start" };
const REFUSED = { effect: "startSnapshot", because: "effect.refused" };
const NOW = new Date(0);
const failed = (...attempts: number[]) => attempts.map((attempt) => ({ name: nameOf(attempt), state: "PARTIAL", shardsFailed: 1 }));
const running = snapshot(1, { state: "IN_PROGRESS", endTime: undefined });

/** `what code` and, for an effect, the snapshot's name. */
function decided(made: BackupJob, observation: BackupObservation): string {
  const decision = stepBackup(made, observation, NOW);
  const what = decision.do === "record" ? decision.state : decision.do === "effect" ? decision.effect : "wait";
  const name = decision.do === "effect" ? ` ${(decision.args as { name?: string }).name ?? ""}` : "";
  return `${what} ${decision.reason.code}${name}`.trim();
}

describe("backup step", () => {
  it.each<[string, BackupJob, BackupObservation, string]>([
    ["starts its first attempt", job(), seen(), `startSnapshot backup.start ${nameOf(1)}`],
    ["registers the repository first", job(), seen({ repository: { register: true } }), "registerRepository repository.register"],
    [
      "fails when the repository's name is taken",
      job(),
      seen({ repository: { fault: reason("repository.taken") } }),
      "failed repository.taken",
    ],
    ["fails on an empty selection", job(), seen({ selection: { fault: reason("selection.empty") } }), "failed selection.empty"],
    ["waits until its lane is free", job(), seen({ blocked: reason("lane.busy") }), "wait lane.busy"],
    [
      "follows a running snapshot even while the lane is busy",
      job(),
      seen({ slotSnapshots: [running], blocked: reason("lane.busy") }),
      "wait snapshot.running",
    ],
    [
      "is done when its snapshot is good",
      job({ attempt: 1, name: nameOf(1), indices: ["movies"] }, { state: "running" }),
      seen({ slotSnapshots: [snapshot(1)] }),
      "done backup.success",
    ],
    ["is done when a good snapshot exists that it did not record", job(), seen({ slotSnapshots: [snapshot(1)] }), "done backup.success"],
    [
      "continues after a PARTIAL snapshot",
      job({ attempt: 1, name: nameOf(1), indices: ["movies"] }, { state: "running" }),
      seen({ slotSnapshots: [snapshot(1, { state: "PARTIAL" })] }),
      "asked backup.notGood",
    ],
    [
      "retries under the next attempt number",
      job({ attempt: 1, failures: failed(1) }),
      seen({ slotSnapshots: [snapshot(1, { state: "PARTIAL" })] }),
      `startSnapshot backup.start ${nameOf(2)}`,
    ],
    [
      "does not reuse the name of a failed attempt, even after its snapshot was deleted",
      job({ failures: failed(1) }),
      seen(),
      `startSnapshot backup.start ${nameOf(2)}`,
    ],
    [
      "gives up after its last attempt",
      job({ attempt: 3, failures: failed(1, 2, 3) }),
      seen({ slotSnapshots: [1, 2, 3].map((attempt) => snapshot(attempt, { state: "FAILED" })) }),
      "failed backup.attempts",
    ],
    [
      "starts again when its running snapshot vanished",
      job({ attempt: 1, name: nameOf(1) }, { state: "running" }),
      seen(),
      "asked snapshot.vanished",
    ],
    [
      "requests the same name again when an accepted snapshot left no trace",
      job({ attempt: 1, name: nameOf(1) }, { claimed: SILENT }),
      seen(),
      `startSnapshot backup.start ${nameOf(1)}`,
    ],
    [
      "gives up when accepted snapshots repeatedly leave no trace",
      job({ attempt: 3, name: nameOf(3), traceless: 2 }, { claimed: SILENT }),
      seen(),
      "failed backup.noTrace",
    ],
    [
      "requests the same name again after any number of refusals",
      job({ attempt: 1, name: nameOf(1), traceless: 9 }, { claimed: REFUSED }),
      seen(),
      `startSnapshot backup.start ${nameOf(1)}`,
    ],
    [
      "deletes its running snapshot when cancelled",
      job({ attempt: 1, name: nameOf(1) }, { cancelling: true }),
      seen({ slotSnapshots: [running] }),
      `deleteRunning cancel.takeBack ${nameOf(1)}`,
    ],
    [
      "does not delete a running snapshot that it did not request when cancelled",
      job({}, { cancelling: true }),
      seen({ slotSnapshots: [running] }),
      "cancelled cancel.notRequested",
    ],
    [
      "deletes a running snapshot whose metadata names it when cancelled, although its records were lost",
      job({}, { cancelling: true }),
      seen({ slotSnapshots: [{ ...running, metadata: { ossnap: { job: job({}).id } } }] }),
      `deleteRunning cancel.takeBack ${nameOf(1)}`,
    ],
    [
      "deletes a request that appeared after it was counted as vanished when cancelled",
      job({ attempt: 1, vanished: nameOf(1) }, { cancelling: true }),
      seen({ slotSnapshots: [running] }),
      `deleteRunning cancel.takeBack ${nameOf(1)}`,
    ],
    ["is cancelled immediately when nothing runs", job({}, { cancelling: true }), seen(), "cancelled job.cancelled"],
  ])("%s", (_, made, observation, expected) => {
    expect(decided(made, observation)).toBe(expected);
  });

  it("invariant 1: counts only SUCCESS with exactly the planned indices as success", () => {
    const planned = job({ attempt: 1, name: nameOf(1), indices: ["movies", "series"] }, { state: "running" });
    expect(decided(planned, seen({ slotSnapshots: [snapshot(1)] }))).toBe("asked backup.otherIndices");
    expect(decided(planned, seen({ slotSnapshots: [snapshot(1, { indices: ["series", "movies"] })] }))).toBe("done backup.success");
    for (const state of ["PARTIAL", "FAILED", "INCOMPATIBLE"] as const)
      expect(decided(planned, seen({ slotSnapshots: [snapshot(1, { state, indices: ["movies", "series"] })] }))).toBe(
        "asked backup.notGood",
      );
    expect(decided(planned, seen({ slotSnapshots: [snapshot(1, { indices: [] })] }))).toBe("asked backup.otherIndices");
  });

  it("never takes a stranger's snapshot with its own name for its work, and uses the next name", () => {
    const stranger = snapshot(1, { version: "7.10.2", metadata: { taken: "by hand" } });
    const mine = snapshot(1, { version: "7.10.2", metadata: { ossnap: { policy: "nightly", slot: SLOT } } });
    expect(decided(job(), seen({ slotSnapshots: [mine] }))).toBe("done backup.success");
    expect(decided(job(), seen({ slotSnapshots: [stranger] }))).toBe("asked snapshot.foreign");
    expect(decided(job({ attempt: 0, failures: failed(1) }), seen({ slotSnapshots: [stranger] }))).toBe(
      `startSnapshot backup.start ${nameOf(2)}`,
    );
    const runs = { ...stranger, state: "IN_PROGRESS" as const, endTime: undefined };
    expect(decided(job({ name: nameOf(1), attempt: 1 }, { cancelling: true }), seen({ slotSnapshots: [runs] }))).toBe(
      "cancelled job.cancelled",
    );
  });

  it("gives up on a cluster that refuses beyond the patience, with the reason of the refusal", () => {
    const refused = job({ attempt: 1, name: nameOf(1) }, { claimed: REFUSED });
    expect(stepBackup(refused, seen(), new Date(refused.intent.patienceUntil))).toMatchObject({
      state: "failed",
      reason: { code: "job.patience", params: { because: "effect.refused" } },
    });
  });

  it("invariant 6: waits for its own work without running out of patience", () => {
    expect(stepBackup(job(), seen({ slotSnapshots: [running], progress: { shardsDone: 2, shardsTotal: 5 } }), NOW)).toEqual({
      do: "wait",
      own: true,
      reason: reason("snapshot.running", { snapshot: nameOf(1), shardsDone: 2, shardsTotal: 5 }),
    });
  });
});
