import { describe, expect, it } from "vitest";
import { heldBack, previewStep, stepJob } from "../../shared/jobs/step.ts";
import { AppError, type ErrorCode } from "../../shared/model/errors.ts";
import type { Logger } from "../../shared/model/logger.ts";
import { reason } from "../../shared/model/reason.ts";
import { type Kind, setting, WHY } from "./stepSetting.ts";

const PATIENCE_MS = 3_600_000;
const DAY_MS = 86_400_000;
const recording: Kind["step"] = (job) => ({ do: "record", state: job.head.state === "a" ? "b" : "a", reason: WHY, data: {} });
const once: Kind["step"] = (job) =>
  job.head.state === "asked" ? { do: "record", state: "planned", reason: WHY, data: {} } : { do: "wait", reason: WHY };
const failingWith = (error: unknown) => async () => Promise.reject(error);

describe("an invocation", () => {
  it("moves one job at most sixty times", async () => {
    const world = await setting();
    const stepped = await stepJob(world.kind({ step: recording }), await world.open(), world.context());
    expect(stepped).toEqual({ outcome: "left", reason: reason("job.moves", { moves: 60 }) });
    expect((await world.open()).head.seq).toBe(60);
  });

  it("moves a job with ten seconds left, and not with less", async () => {
    const world = await setting();
    const kind = world.kind({ step: once });
    expect(await stepJob(kind, await world.open(), world.context("a", { remainingMs: () => 9_999 }))).toMatchObject({ outcome: "left" });
    expect(await stepJob(kind, await world.open(), world.context("a", { remainingMs: () => 10_000 }))).toMatchObject({
      outcome: "waiting",
    });
    expect((await world.open()).head.state).toBe("planned");
  });

  it("records what it decided in its last millisecond", async () => {
    const world = await setting();
    let leftMs = 60_000;
    const gather = async () => {
      leftMs = 0;
    };
    const kind = world.kind({ gather, step: once });
    expect(await stepJob(kind, await world.open(), world.context("a", { remainingMs: () => leftMs }))).toMatchObject({ outcome: "left" });
    expect((await world.open()).head.state).toBe("planned");
  });
});

describe("a claim of another invocation", () => {
  const claimed = async () => {
    const world = await setting();
    // It ends between the claim and the request.
    let asked = 0;
    await stepJob(world.kind(), await world.open(), world.context("other", { remainingMs: () => (asked++ < 3 ? 60_000 : 1_000) }));
    return world;
  };
  const until = "2026-11-21T01:33:00.000Z";

  it("is respected until it expires, and named", async () => {
    const world = await claimed();
    const why = reason("job.claimed", { effect: "make", until });
    const job = await world.open();
    expect(await stepJob(world.kind(), job, world.context())).toEqual({ outcome: "left", reason: why });
    expect(await previewStep(world.kind(), job, world.context())).toEqual({ outcome: "left", reason: why });
    expect(heldBack(job, world.context())).toEqual(why);
    world.advance(179_999);
    expect(heldBack(job, world.context())).toEqual(why);
    world.advance(1);
    expect(heldBack(job, world.context())).toBeUndefined();
    expect(await previewStep(world.kind(), job, world.context())).toMatchObject({ do: "effect", effect: "make" });
  });

  it("is not followed by another request once the job's patience is over", async () => {
    const world = await claimed();
    world.advance(PATIENCE_MS);
    expect(await stepJob(world.kind(), await world.open(), world.context())).toMatchObject({
      done: { state: "failed", reason: { code: "job.patience", params: { because: "test.why", until: "2026-11-21T02:30:00.000Z" } } },
    });
    expect(world.requests).toBe(0);
  });

  it("is all that patience limits: a first request is still sent", async () => {
    const world = await setting();
    world.advance(2 * PATIENCE_MS);
    expect(await stepJob(world.kind(), await world.open(), world.context())).toMatchObject({ done: { state: "done" } });
    expect(world.requests).toBe(1);
  });
});

describe("a world that cannot be read", () => {
  it.each<[unknown, string]>([
    ...(["transient", "denied", "refused", "absent", "conflict"] as ErrorCode[]).map(
      (code) => [new AppError(code, "no"), code] as [unknown, string],
    ),
    [new AppError("permanent", "no"), "permanent"],
    [new Error("no"), "permanent"],
  ])("is waited for, with the kind of the fault: %s", async (error, code) => {
    const world = await setting();
    const warned: unknown[] = [];
    const logger: Logger = { ...world.context().logger, warn: (...args) => void warned.push(args) };
    const stepped = await stepJob(world.kind({ gather: failingWith(error) }), await world.open(), world.context("a", { logger }));
    expect(stepped).toEqual({ outcome: "waiting", reason: reason("gather.failed", { code, message: "no" }) });
    expect(warned).toEqual([["gather failed", { job: "backup-nightly-20261121t013000z", error: "no" }]]);
  });

  it.each([
    [new AppError("invalid", "no"), reason("gather.failed", { code: "invalid", message: "no" })],
    [new AppError("invalid", "no", { reason: reason("name.taken", { as: "x" }) }), reason("name.taken", { as: "x" })],
  ])("ends the job where waiting cannot help, for the fault's own reason: %s", async (error, why) => {
    const world = await setting();
    const stepped = await stepJob(world.kind({ gather: failingWith(error) }), await world.open(), world.context());
    expect(stepped).toMatchObject({ outcome: "finished", done: { state: "failed", reason: why } });
  });

  it.each(["running", "restoring", "freeing", "copying"])("does not end work that is under way before a day is over: %s", async (state) => {
    const world = await setting();
    const job = await world.open();
    await world.context().log.append(job.id, job.head, { state, reason: WHY, data: {} });
    const blind = world.kind({ gather: failingWith(new AppError("denied", "no")) });
    world.advance(PATIENCE_MS + DAY_MS - 1);
    expect(await stepJob(blind, await world.open(), world.context())).toMatchObject({ outcome: "waiting" });
    world.advance(1);
    expect(await stepJob(blind, await world.open(), world.context())).toMatchObject({ outcome: "finished", done: { state: "failed" } });
  });

  it("ends work that has not begun when the patience is over", async () => {
    const world = await setting();
    world.advance(PATIENCE_MS);
    expect(
      await stepJob(world.kind({ gather: failingWith(new AppError("denied", "no")) }), await world.open(), world.context()),
    ).toMatchObject({
      done: { state: "failed", reason: { code: "job.patience", params: { because: "gather.failed", code: "denied", message: "no" } } },
    });
  });

  it("does not end work that a claim may have begun", async () => {
    const world = await setting();
    await stepJob(world.kind({ perform: failingWith(new AppError("transient", "cut")) }), await world.open(), world.context());
    world.advance(PATIENCE_MS);
    const blind = world.kind({ gather: failingWith(new AppError("denied", "no")) });
    expect(await stepJob(blind, await world.open(), world.context())).toMatchObject({ outcome: "waiting" });
  });
});

describe("a fault in the way of every look", () => {
  const blind = (code: ErrorCode): Partial<Pick<Kind, "gather">> => ({ gather: failingWith(new AppError(code, "no")) });
  const troubleAfter = async (ms: number, code: ErrorCode) => {
    const world = await setting();
    world.advance(ms);
    await stepJob(world.kind(blind(code)), await world.open(), world.context());
    return (await world.open()).head.trouble?.params.code;
  };

  it.each<[number, ErrorCode, string | undefined]>([
    [0, "denied", "denied"],
    [0, "transient", undefined],
    [59_999, "transient", undefined],
    [60_000, "transient", "transient"],
  ])("after %i ms, %s: is recorded as %s", async (ms, code, recorded) => {
    expect(await troubleAfter(ms, code)).toBe(recorded);
  });

  it("stays recorded while it only changes into one that passes by itself, and is withdrawn when the world can be read", async () => {
    const world = await setting();
    await stepJob(world.kind(blind("denied")), await world.open(), world.context());
    await stepJob(world.kind(blind("transient")), await world.open(), world.context());
    expect((await world.open()).head.trouble?.params.code).toBe("denied");
    await stepJob(world.kind({ step: () => ({ do: "wait", reason: WHY }) }), await world.open(), world.context());
    expect((await world.open()).head.trouble).toBeUndefined();
  });

  it("is not what a job says that waits for another", async () => {
    const world = await setting();
    world.advance(120_000);
    await stepJob(
      world.kind({ step: () => ({ do: "wait", reason: reason("lane.busy", { job: "x", cluster: "source" }) }) }),
      await world.open(),
      world.context(),
    );
    expect((await world.open()).head).toMatchObject({ seq: 0, state: "asked" });
  });
});
