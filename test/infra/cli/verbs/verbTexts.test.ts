import { describe, expect, it } from "vitest";
import { jobText } from "../../../../infra/cli/begin.ts";
import type { Look } from "../../../../infra/cli/screen/look.ts";
import { historyText, jobsText } from "../../../../infra/cli/verbs/jobs.ts";
import { preflightText } from "../../../../infra/cli/verbs/restore.ts";
import { snapshotsText } from "../../../../infra/cli/verbs/snapshots.ts";
import { reason } from "../../../../shared/model/reason.ts";
import type { JobNow, JobRow } from "../../../../shared/verbs/jobs/show.ts";
import type { SnapshotRow } from "../../../../shared/verbs/snapshots/show.ts";

const look: Look = { colour: false, unicode: true, now: new Date("2026-11-21T04:30:00Z"), program: "ossnap" };

const snapshot = (name: string, more: Partial<SnapshotRow>): SnapshotRow => ({
  name,
  uuid: name,
  repository: "movies-aws",
  policy: "nightly",
  slot: undefined,
  state: "SUCCESS",
  startTime: "2026-11-21T01:30:00Z",
  endTime: "2026-11-21T01:36:00Z",
  version: "5.5.2",
  indices: ["movies"],
  shards: { total: 5, failed: 0 },
  evidence: null,
  elsewhere: [],
  fate: { decision: "keep", reasons: [reason("keep.newest")] },
  ...more,
});

describe("snapshots", () => {
  it("show state, proof and fate, each with its reason, and what would be removed", () => {
    const rows = [
      snapshot("nightly-3", {
        evidence: { verdict: "whole", level: "footers", generation: 7, at: "2026-11-21T02:30:00Z" },
        fate: { decision: "keep", reasons: [reason("keep.newest"), reason("keep.daily", { number: 1, of: 7, period: "2026-11-21" })] },
      }),
      snapshot("nightly-2", {
        state: "PARTIAL",
        startTime: "2026-11-20T01:30:00Z",
        endTime: undefined,
        shards: { total: 310, failed: 2 },
        fate: { decision: "keep", reasons: [reason("keep.failure", { number: 1, of: 2, state: "PARTIAL" })] },
      }),
      snapshot("nightly-1", {
        startTime: "2026-11-10T01:30:00Z",
        endTime: "2026-11-10T01:30:08Z",
        elsewhere: [
          { place: "watches.moved", url: "oss://m/b", verdict: "damaged", level: "footers", generation: 7, at: "2026-11-21T03:30:00Z" },
        ],
        fate: { decision: "remove", reasons: [reason("remove.period", { rule: "weekly", period: "2026-W46", by: "nightly-2" })] },
      }),
      snapshot("by-hand", { repository: "other", policy: undefined, fate: { decision: "keep", reasons: [reason("keep.foreign")] } }),
    ];
    expect(snapshotsText(rows, look)).toBe(`movies-aws · 3 snapshots
NAME       STARTED   STATE    TOOK   PROVEN
nightly-3  3 h ago   SUCCESS  6 min  ✓ footers, 2 h ago
    kept: newest good snapshot, daily 1/7
nightly-2  27 h ago  PARTIAL  –      – never
    2 of 310 shards failed
    kept: failure 1/2, for diagnosis
nightly-1  11 d ago  SUCCESS  8 s    – never
    ! would be removed: nightly-2 is kept for week 46 of 2026 (weekly)
    proven at watches.moved: ✗ damaged, 1 h ago
PROVEN: proof of the blobs in this repository; each copy of a snapshot needs its own proof.
The next prune would remove 1 snapshot. See: ossnap prune nightly

other · 1 snapshot
NAME     STARTED  STATE    TOOK   PROVEN
by-hand  3 h ago  SUCCESS  6 min  – never
    kept: written by another writer`);
  });

  it("show a message when there are none yet", () => {
    expect(snapshotsText([], look)).toBe("No snapshots yet.");
  });
});

describe("restore preflight", () => {
  const request = {
    snapshot: "snap-1",
    repository: "moved-movies",
    to: "target",
    indices: ["movies"],
    alias: { alias: "movies" },
    start: false,
  };
  const checks = [
    { check: "closure" as const, result: "ok" as const, reason: reason("closure.whole", { level: "footers", generation: 3, blobs: 12 }) },
  ];
  const report = {
    checks,
    refused: false,
    targets: [{ index: "movies", as: "movies-1", shards: 5, documents: 3, bytes: 2048 }],
    snapshot: { name: "snap-1", uuid: "u" },
    verdict: "whole",
    level: "footers",
  };

  it("ends with the command that starts the restore", () => {
    expect(preflightText(request, report, look)).toBe(`Restore snap-1 → target, indices movies, beside existing indices
Preflight, nothing changed yet:
  ✓ closure  the snapshot is whole (footers, generation 3, 12 blobs)
  INDEX   AS        SHARDS  DOCUMENTS  SIZE
  movies  movies-1       5          3  2 KiB
Nothing was changed. To do it:  ossnap restore snap-1 --repository moved-movies --to target --indices movies --alias movies --start`);
  });

  it("shows the code of each refusal and the way out", () => {
    const refusal = {
      check: "name" as const,
      result: "refuse" as const,
      reason: reason("name.open", { as: "movies-1" }),
      wayOut: reason("wayOut.deleteIndex", { index: "movies-1" }),
    };
    const text = preflightText(request, { ...report, refused: true, targets: [], checks: [...checks, refusal] }, look);
    expect(text.split("\n").slice(-3)).toEqual([
      "  ✗ name     movies-1 exists and is open  [name.open]",
      "             fix: delete movies-1 first, if it is no longer needed",
      "✗ Refused (1). Nothing was changed.",
    ]);
  });
});

describe("jobs", () => {
  const row: JobRow = {
    id: "copy-9b1f",
    kind: "copy",
    about: "aws-to-oss, 1 snapshot",
    state: "copying",
    reason: reason("copy.running", { done: 2, batches: 5 }),
    by: "li (terminal)",
    askedBy: "person",
    since: "2026-11-21T04:14:00Z",
    at: "2026-11-21T04:29:00Z",
  };
  const done: JobRow = {
    ...row,
    id: "prune-1",
    kind: "prune",
    about: "nightly",
    state: "refused",
    reason: reason("prune.keepsNothingGood"),
  };

  it("are listed in words", () => {
    expect(jobsText([row, done], look)).toBe(`ID         ABOUT                   STATE    REQUESTED   BY
copy-9b1f  aws-to-oss, 1 snapshot  copying  16 min ago  li (terminal)
    2 of 5 batches copied

ID       ABOUT    STATE      ENDED      BY
prune-1  nightly  ✗ refused  1 min ago  li (terminal)
    the plan would keep no good snapshot`);
  });

  it("sum up indices that only wait for their date, after all others, unless they are asked for", () => {
    const kept = (id: string, until: string, more: Partial<JobRow> = {}): JobRow => ({
      ...row,
      id,
      kind: "retire",
      about: `${id} on es-hz`,
      state: "kept",
      reason: reason("retire.kept", { index: id, until }),
      askedBy: "ossnap",
      ...more,
    });
    const unserved = kept("retire-3", "", { reason: reason("retire.unserved", { index: "i", alias: "a", job: "retire-3" }) });
    const rows = [kept("retire-1", "2026-11-24T01:00:00.000Z"), row, kept("retire-2", "2026-11-23T01:00:00.000Z"), unserved];
    expect(jobsText(rows, look).split("\n")).toEqual([
      expect.stringMatching(/^ID/),
      expect.stringMatching(/^copy-9b1f/),
      "    2 of 5 batches copied",
      expect.stringMatching(/^retire-3/),
      expect.stringMatching(/^ {4}i is kept beyond its deletion date because it may be the last copy/),
      expect.stringMatching(/^ {6}/),
      expect.stringMatching(/^ {6}/),
      "2 kept indices, next deletion 2026-11-23 01:00:00 UTC. To list them:  ossnap jobs --kind retire",
    ]);
    expect(jobsText([kept("retire-1", "2026-11-24T01:00:00.000Z")], look)).toMatch(/^No other jobs\.\n1 kept index, next deletion/);
    expect(jobsText([kept("retire-1", "2026-11-24T01:00:00.000Z")], look, { kind: "retire" })).toContain("retire-1 is kept until");
  });

  it("show their history, one line per record", () => {
    const history = [
      { at: "2026-11-21T04:14:00.123Z", by: "cli", request: "cli-64f6", state: "asked", reason: reason("copy.asked", { by: "li" }) },
      {
        at: "2026-11-21T04:15:00.000Z",
        by: "advance-jobs",
        state: "copying",
        reason: reason("copy.taskStarted", { batch: "0-1" }),
        claim: { effect: "task", attempt: 1 },
      },
    ];
    expect(historyText({ ...row, history }, look)).toBe(`copy-9b1f  aws-to-oss, 1 snapshot
requested by a person: li (terminal), 16 min ago, request cli-64f6
copying: 2 of 5 batches copied
TIME (UTC)           STATE    BY            WHAT
2026-11-21 04:14:00  asked    cli           requested by li
2026-11-21 04:15:00  copying  advance-jobs  batch 0-1 is being copied (task, attempt 1)`);
  });

  it("show what they wait for, and until when at most", () => {
    const line = (now: JobNow) =>
      historyText({ ...row, history: [], now }, look)
        .split("\n")
        .at(-1);
    const why = reason("cluster.snapshotRuns", { cluster: "es-hz", repository: "theirs", snapshot: "daily-9" });
    expect(line({ does: "waits", reason: why, givesUpAt: "2026-11-21T05:38:00.000Z" })).toBe(
      "! waits: another client's snapshot daily-9 is running in theirs on es-hz; checked again each minute, gives up at 2026-11-21 05:38:00 UTC",
    );
    expect(line({ does: "waits", reason: reason("lane.busy", { job: "backup-1", cluster: "es-hz" }) })).toBe(
      "! waits: backup-1 is working on es-hz",
    );
    expect(line({ does: "moves", reason: reason("prune.delete", { snapshots: ["a"], remaining: 1 }) })).toBe("next: deleting a, 1 left");
  });

  it("show how to inspect and stop them when watching ended first", () => {
    expect(jobText(row, "interrupted", look).split("\n").slice(-4)).toEqual([
      "Stopped watching.",
      "The job continues.",
      "Show: ossnap jobs show copy-9b1f",
      "Stop: ossnap jobs cancel copy-9b1f",
    ]);
    expect(jobText(row, "timeout", look)).toContain("Not over: the wait timed out.\nThe job continues.");
    expect(jobText(done, "known", look)).toContain("This job was done before");
  });
});
