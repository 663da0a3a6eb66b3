import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { laneBlock, laneUse } from "../../shared/jobs/lanes.ts";
import type { Job } from "../../shared/jobs/record.ts";
import { jobOf } from "./jobs.ts";

interface Options {
  cluster?: string;
  minute?: number;
  claimed?: string;
}

const job = (id: string, state: string, { cluster = "source", minute = 0, claimed }: Options = {}): Job => {
  const claim = claimed === undefined ? {} : { claimed: { effect: claimed, because: "test.made" } };
  const made = jobOf({ id, state, input: {}, data: {}, createdAt: new Date(minute * 60_000), ...claim });
  made.intent.cluster = cluster;
  return made;
};

describe("a cluster's lane", () => {
  it.each<[string, string, string | undefined, string]>([
    ["backup-a", "asked", undefined, "wants"],
    ["backup-a", "asked", "startSnapshot", "holds"],
    ["backup-a", "asked", "registerRepository", "wants"],
    ["backup-a", "running", undefined, "holds"],
    ["restore-a", "planned", undefined, "wants"],
    ["restore-a", "planned", "restoreIndex", "holds"],
    ["restore-a", "restoring", undefined, "holds"],
    ["restore-a", "freeing", undefined, "holds"],
    ["restore-a", "served", undefined, "none"],
    ["prune-a", "asked", undefined, "none"],
    ["prune-a", "planned", undefined, "wants"],
    ["prune-a", "planned", "deleteSnapshots", "holds"],
    ["copy-a", "copying", "startTask", "none"],
    ["arrival-a", "proving", undefined, "none"],
  ])("is used by %s in state %s with claim %s as %s", (id, state, claimed, use) => {
    expect(laneUse(job(id, state, claimed === undefined ? {} : { claimed }))).toBe(use);
  });

  it("is held by a restore over an index from the moment in which it closes it, and not while it only put its alias there", () => {
    const over = job("restore-a", "closing");
    over.head.data = { targets: [{ as: "movies", old: { uuid: "u", state: "open" } }] };
    expect(laneUse(over)).toBe("wants");
    over.head.data = { targets: [{ as: "movies", old: { uuid: "u", state: "open", closing: "2026-11-21T01:00:00Z" } }] };
    expect(laneUse(over)).toBe("holds");
  });

  it("is free while what the cluster refused waits to be tried again", () => {
    const refused = job("backup-a", "asked", { claimed: "startSnapshot" });
    if (refused.head.claim) refused.head.claim.refused = true;
    expect(laneUse(refused)).toBe("none");
    expect(laneBlock(job("backup-b", "asked", { minute: 5 }), [refused])).toBeUndefined();
    expect(laneBlock(job("restore-b", "planned", { minute: 5 }), [refused])).toBeUndefined();
    expect(laneBlock(refused, [job("backup-b", "running")])?.code).toBe("lane.busy");
  });

  it("is free of a job whose work the cluster does not run, and of one that it turns away before it began", () => {
    const troubled = (state: string, code: string, of: string) => {
      const one = job("backup-a", state);
      one.head.trouble = { code, params: { code: of } };
      return one;
    };
    const rows = [
      ["running", "gather.failedIdle", "refused", "none"],
      ["running", "gather.failed", "refused", "holds"],
      ["asked", "gather.failed", "refused", "none"],
      ["asked", "gather.failed", "transient", "wants"],
    ] as const;
    for (const [state, code, of, use] of rows)
      expect([state, code, of, laneUse(troubled(state, code, of))]).toEqual([state, code, of, use]);
  });

  it("is free for a job that is alone on its cluster", () => {
    const elsewhere = job("restore-b", "restoring", { cluster: "target" });
    expect(laneBlock(job("backup-a", "asked"), [job("backup-a", "asked"), elsewhere])).toBeUndefined();
  });

  it("is busy while another job's work runs, whatever the priorities", () => {
    const blocked = laneBlock(job("restore-a", "planned"), [job("prune-b", "planned", { claimed: "deleteSnapshots" })]);
    expect(blocked).toEqual({ code: "lane.busy", params: { job: "prune-b", cluster: "source" } });
  });

  it("goes to restores before backups before prunes, and to the older of two", () => {
    const backup = job("backup-a", "asked");
    const [restore, prune] = [job("restore-b", "planned", { minute: 5 }), job("prune-b", "planned", { minute: -5 })];
    expect(laneBlock(backup, [restore])?.code).toBe("lane.queue");
    expect(laneBlock(restore, [backup])).toBeUndefined();
    expect(laneBlock(prune, [backup])?.params.job).toBe("backup-a");
    expect(laneBlock(backup, [prune])).toBeUndefined();
    expect(laneBlock(job("backup-b", "asked", { minute: 5 }), [backup])?.params.job).toBe("backup-a");
  });

  it("never deadlocks: at least one job can always proceed", () => {
    const cases: [string, string, string | undefined][] = [
      ["backup", "asked", undefined],
      ["backup", "asked", "startSnapshot"],
      ["backup", "running", undefined],
      ["restore", "planned", undefined],
      ["restore", "restoring", undefined],
      ["prune", "planned", undefined],
      ["prune", "planned", "deleteSnapshots"],
    ];
    const some = fc.array(fc.tuple(fc.constantFrom(...cases), fc.nat(3)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(some, (list) => {
        const jobs = list.map(([[kind, state, claimed], minute], index) =>
          job(`${kind}-${index}`, state, { minute, ...(claimed === undefined ? {} : { claimed }) }),
        );
        expect(jobs.filter((one) => laneBlock(one, jobs) === undefined).length).toBeGreaterThan(0);
      }),
    );
  });
});
