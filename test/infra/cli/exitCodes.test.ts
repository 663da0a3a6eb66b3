import { describe, expect, it } from "vitest";
import { EXIT, exitCodeOfJob, problemOf } from "../../../infra/cli/exitCodes.ts";
import { AppError, type ErrorCode } from "../../../shared/model/errors.ts";
import { reason } from "../../../shared/model/reason.ts";

describe("exit codes", () => {
  it("are the documented numbers", () => {
    expect(EXIT).toEqual({ ok: 0, failed: 1, usage: 2, notWhole: 3, refused: 4, moved: 5, stillRunning: 6, late: 7, interrupted: 130 });
  });

  it.each<[ErrorCode, string | undefined, number]>([
    ["invalid", undefined, 2],
    ["invalid", "config.unknown", 2],
    ["invalid", "format.crc32", 1],
    ["invalid", "format.invalid", 1],
    ["invalid", "repository.version1", 1],
    ["absent", undefined, 1],
    ["absent", "repository.noRoot", 2],
    ["absent", "job.absent", 2],
    ["absent", "pin.absent", 2],
    ["absent", "snapshot.unknown", 2],
    ["absent", "place.absent", 2],
    ["absent", "copy.noRoot", 1],
    ["absent", "state.absent", 2],
    ["denied", undefined, 1],
    ["transient", undefined, 1],
    ["permanent", undefined, 1],
    ["conflict", undefined, 4],
    ["conflict", "repository.taken", 4],
    ["conflict", "plan.stale", 5],
    ["conflict", "plan.carriedOut", 5],
    ["conflict", "root.vanishes", 5],
  ])("map an error that is %s (%s) to its number", (code, why, exitCode) => {
    const error = new AppError(code, "subject: what", why === undefined ? {} : { reason: reason(why) });
    expect(problemOf(error).exitCode).toBe(exitCode);
  });

  it("give a stale plan its own code, as over HTTP", () => {
    expect(problemOf(new AppError("conflict", "prune", { reason: reason("plan.stale") })).problem).toMatchObject({
      code: "plan-stale",
      type: "urn:ossnap:problem:plan-stale",
    });
  });

  it("treat any foreign error as a failure", () => {
    expect(problemOf(new TypeError("x is not a function"))).toMatchObject({ problem: { code: "internal" }, exitCode: 1 });
  });

  it.each([
    ["done", "backup.success", 0],
    ["done", "copy.gap", 0],
    ["skipped", "job.alreadyDone", 0],
    ["failed", "backup.attempts", 1],
    ["failed", "copy.sourceNotWhole", 3],
    ["cancelled", "job.cancelled", 1],
    ["refused", "prune.notApplied", 4],
    ["refused", "plan.stale", 5],
  ] as const)("map a job that ended %s (%s) to its number", (state, why, exitCode) => {
    expect(exitCodeOfJob(state, reason(why))).toBe(exitCode);
  });
});
