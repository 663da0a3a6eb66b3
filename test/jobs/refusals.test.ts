import { describe, expect, it } from "vitest";
import { previewStep, stepJob } from "../../shared/jobs/step.ts";
import { writeTrouble } from "../../shared/jobs/trouble.ts";
import { AppError, type ErrorCode } from "../../shared/model/errors.ts";
import { reason } from "../../shared/model/reason.ts";
import { openRow } from "../../shared/verbs/jobs/show.ts";
import { ID, setting, WHY } from "./stepSetting.ts";

const refusing = (code: ErrorCode) => async () => Promise.reject(new AppError(code, `it said ${code}`));

describe("a refused effect", () => {
  it.each<ErrorCode>(["refused", "denied", "absent", "conflict"])("%s: is the job's reason at once, and is retried", async (code) => {
    const world = await setting();
    const kind = world.kind({ perform: refusing(code) });
    expect(await stepJob(kind, await world.open(), world.context())).toMatchObject({ outcome: "waiting" });
    expect(openRow(await world.open()).reason).toMatchObject({ code: "effect.refused", params: { message: `it said ${code}` } });
    expect(await previewStep(kind, await world.open(), world.context())).toMatchObject({
      reason: { code: "job.refused", params: { because: "effect.refused", message: `it said ${code}` } },
    });
    world.advance(1_000);
    expect(await stepJob(world.kind(), await world.open(), world.context())).toMatchObject({
      outcome: "finished",
      done: { state: "done" },
    });
  });

  it("fails when the job's patience ends, with the refusal as its reason", async () => {
    const world = await setting();
    await stepJob(world.kind({ perform: refusing("refused") }), await world.open(), world.context());
    world.advance(4_000_000);
    expect(await stepJob(world.kind(), await world.open(), world.context())).toMatchObject({
      done: { state: "failed", reason: { code: "job.patience", params: { because: "effect.refused", message: "it said refused" } } },
    });
    expect(world.things).toBe(0);
  });

  it("is not taken for refused while an answer is outstanding: the claim stays, and the record says that none came", async () => {
    const world = await setting();
    await stepJob(world.kind({ perform: refusing("transient") }), await world.open(), world.context());
    const job = await world.open();
    expect(openRow(job).reason).toMatchObject({ code: "effect.unanswered", params: { message: "it said transient" } });
    expect(job.head).toMatchObject({ reason: WHY, claim: { attempt: 1, until: "2026-11-21T01:33:00.000Z" } });
    expect(job.head.claim?.refused).toBeUndefined();
  });
});

describe("an effect that was accepted and does not show", () => {
  const nothing = async () => undefined;

  it("says so in its record, keeps its claim, and says it no longer once it shows", async () => {
    const world = await setting();
    expect(await stepJob(world.kind({ perform: nothing }), await world.open(), world.context())).toMatchObject({ outcome: "left" });
    const job = await world.open();
    expect(openRow(job).reason).toMatchObject({ code: "effect.unseen", params: { effect: "make" } });
    expect(job.head).toMatchObject({ reason: WHY, claim: { attempt: 1, until: "2026-11-21T01:33:00.000Z" } });
    expect(await previewStep(world.kind(), job, world.context())).toMatchObject({
      reason: { code: "job.refused", params: { because: "effect.unseen" } },
    });
    world.advance(180_000);
    await stepJob(world.kind({ step: () => ({ do: "wait", reason: WHY }) }), await world.open(), world.context());
    expect(openRow(await world.open()).reason).toEqual(WHY);
  });

  it("names what stands in its place", async () => {
    const world = await setting();
    const why = reason("alias.onSeveral", { alias: "films", to: "new", indices: ["new", "old"] });
    await stepJob(world.kind({ perform: nothing, lookUp: () => ({ found: "none", why }) }), await world.open(), world.context());
    expect(openRow(await world.open()).reason).toEqual(why);
    world.advance(4_000_000);
    const ended = await stepJob(world.kind({ perform: nothing }), await world.open(), world.context());
    expect(ended).toMatchObject({ done: { state: "failed", reason: { code: "job.patience", params: { because: "alias.onSeveral" } } } });
  });
});

describe("an effect that cannot be looked up", () => {
  it("is not requested, says so, and releases its claim", async () => {
    const world = await setting();
    const blind = world.kind({
      lookUp: () => {
        throw new AppError("denied", "tasks: the function has no role");
      },
    });
    expect(await stepJob(blind, await world.open(), world.context())).toMatchObject({ outcome: "waiting" });
    expect(world.requests).toBe(0);
    expect(openRow(await world.open()).reason).toMatchObject({
      code: "effect.unknown",
      params: { message: "tasks: the function has no role" },
    });
    world.advance(1_000);
    expect(await stepJob(world.kind(), await world.open(), world.context())).toMatchObject({
      outcome: "finished",
      done: { state: "done" },
    });
  });

  it("keeps its claim when it was requested, because the request may still take effect", async () => {
    const world = await setting();
    let looks = 0;
    const half = world.kind({
      lookUp: () => {
        looks += 1;
        if (looks > 1) throw new AppError("denied", "no longer");
        return { found: "none" };
      },
    });
    await stepJob(half, await world.open(), world.context());
    expect(world.requests).toBe(1);
    expect((await world.open()).head).toMatchObject({ claim: { attempt: 1 }, trouble: { code: "effect.unanswered" } });
    expect(await stepJob(world.kind(), await world.open(), world.context("b"))).toMatchObject({ outcome: "left" });
    expect(world.requests).toBe(1);
  });
});

describe("a job that cannot look", () => {
  const wait = () => ({ do: "wait" as const, reason: WHY });
  const failing = (code: ErrorCode, text = "no") => ({ gather: refusing(code), step: wait, text });

  it("says so at once when a person must act, once per kind of fault, and no longer when it can look again", async () => {
    const world = await setting();
    const seqs: number[] = [];
    for (const kind of [world.kind(failing("denied")), world.kind(failing("denied")), world.kind({ step: wait })]) {
      await stepJob(kind, await world.open(), world.context());
      seqs.push((await world.open()).head.seq);
    }
    expect(seqs).toEqual([1, 1, 2]);
    expect(openRow(await world.open()).reason).toEqual(WHY);
    const history = await world.context().log.history(ID);
    expect(history.map(({ reason: why }) => why.code)).toEqual([WHY.code, "gather.failed", WHY.code]);
  });

  it("does not record a fault that passes within a minute", async () => {
    const world = await setting();
    await stepJob(world.kind(failing("transient")), await world.open(), world.context());
    expect((await world.open()).head.seq).toBe(0);
    world.advance(60_000);
    await stepJob(world.kind(failing("transient")), await world.open(), world.context());
    expect(openRow(await world.open()).reason).toMatchObject({ code: "gather.failed", params: { code: "transient" } });
  });

  it("decides on its own reason, whatever is shown instead", async () => {
    const world = await setting();
    const job = await world.open();
    await writeTrouble(job, world.context(), reason("job.unstarted", { message: "no role" }));
    expect(job.head).toMatchObject({ state: "asked", reason: WHY, data: {} });
    expect(await writeTrouble(await world.open(), world.context("other"), undefined)).toBe(true);
    expect(await writeTrouble(job, world.context(), undefined)).toBe(false);
  });
});

describe("a terminal's claim", () => {
  it("lasts 60 seconds, and its requests are limited to less", async () => {
    const world = await setting();
    const limits: (number | undefined)[] = [];
    const terminal = { limitRequests: (ms: number | undefined) => void limits.push(ms) };
    const context = world.context("a", { remainingMs: () => 600_000, terminal });
    await stepJob(world.kind({ perform: refusing("transient") }), await world.open(), context);
    expect((await world.open()).head.claim?.until).toBe("2026-11-21T01:31:00.000Z");
    expect(limits).toEqual([55_000, undefined]);
    world.advance(60_000);
    expect(await stepJob(world.kind(), await world.open(), world.context("b"))).toMatchObject({ outcome: "finished" });
  });
});
