import { describe, expect, it } from "vitest";
import { stepJob } from "../../shared/jobs/step.ts";
import { AppError } from "../../shared/model/errors.ts";
import { reason } from "../../shared/model/reason.ts";

import { type Kind, setting, WHY } from "./stepSetting.ts";

describe("waiting", () => {
  const waiting =
    (own: boolean): Kind["step"] =>
    () => ({ do: "wait", reason: reason("lane.busy", { job: "x" }), ...(own ? { own: true as const } : {}) });

  it("writes nothing and becomes a failure when the patience with other work runs out", async () => {
    const world = await setting();
    const kind = world.kind({ step: waiting(false) });
    expect(await stepJob(kind, await world.open(), world.context())).toMatchObject({ outcome: "waiting", reason: { code: "lane.busy" } });
    expect((await world.open()).head.seq).toBe(0);
    world.advance(3_600_000);
    expect(await stepJob(kind, await world.open(), world.context())).toMatchObject({
      outcome: "finished",
      done: { state: "failed", reason: { code: "job.patience", params: { because: "lane.busy" } } },
    });
  });

  it("for its own work is not limited by that patience", async () => {
    const world = await setting();
    world.advance(10 * 3_600_000);
    expect(await stepJob(world.kind({ step: waiting(true) }), await world.open(), world.context())).toMatchObject({ outcome: "waiting" });
  });

  it("continues while the world cannot be observed, and fails when the request itself is invalid", async () => {
    const world = await setting();
    const blind = (code: "transient" | "denied" | "invalid") =>
      world.kind({ gather: async () => Promise.reject(new AppError(code, "no")) });
    expect(await stepJob(blind("transient"), await world.open(), world.context())).toMatchObject({
      outcome: "waiting",
      reason: { code: "gather.failed" },
    });
    expect(await stepJob(blind("denied"), await world.open(), world.context())).toMatchObject({ outcome: "waiting" });
    expect(await stepJob(blind("invalid"), await world.open(), world.context())).toMatchObject({
      outcome: "finished",
      done: { state: "failed" },
    });
  });

  it("does not give up its own work for a failing observation when patience runs out, but does a day later", async () => {
    const world = await setting();
    const job = await world.open();
    await world.context().log.append(job.id, job.head, { state: "running", reason: WHY, data: {} });
    const blind = world.kind({ gather: async () => Promise.reject(new AppError("transient", "no")) });
    world.advance(10 * 3_600_000);
    expect(await stepJob(blind, await world.open(), world.context())).toMatchObject({ outcome: "waiting" });
    world.advance(16 * 3_600_000);
    expect(await stepJob(blind, await world.open(), world.context())).toMatchObject({
      outcome: "finished",
      done: { state: "failed", reason: { code: "job.patience", params: { because: "gather.failed" } } },
    });
  });

  describe("of a job that was cancelled while the world cannot be observed", () => {
    const claim = { effect: "make", args: {}, attempt: 1, until: new Date(0).toISOString() };
    const rows = [
      { name: "ends at once before it began anything", state: "asked", ends: true },
      { name: "ends at once after its only request was refused", state: "asked", claim: { ...claim, refused: true as const }, ends: true },
      { name: "goes on while its request may have been accepted", state: "asked", claim, ends: false },
      {
        name: "goes on after a refusal that followed a request without an answer",
        state: "asked",
        claim: { ...claim, attempt: 2, refused: true as const },
        ends: false,
      },
      { name: "goes on while its own work runs", state: "running", ends: false },
      { name: "goes on while its cluster runs its work", state: "running", ends: false, isWorking: async () => true },
      { name: "ends at once when its cluster runs nothing of it", state: "retrying", ends: true, isWorking: async () => false },
      {
        name: "goes on while nobody knows what its cluster runs",
        state: "running",
        ends: false,
        isWorking: async () => Promise.reject(new AppError("transient", "no answer")),
      },
      {
        name: "ends at once in the midst of its work if its kind takes nothing back",
        state: "running",
        ends: true,
        undoesNothing: true as const,
      },
    ];

    it.each(rows)("$name", async ({ state, claim: held, ends, undoesNothing, isWorking }) => {
      const world = await setting();
      const job = await world.open();
      const cancelling = { who: "ops", at: "t" };
      const next = { state, reason: WHY, data: {}, cancelling, ...(held ? { claim: held } : {}) };
      await world.context().log.append(job.id, job.head, next);
      const blind = world.kind({ gather: async () => Promise.reject(new AppError("refused", "the repository has been disabled")) });
      const kind = { ...blind, ...(undoesNothing && { undoesNothing }), ...(isWorking && { isWorking }) };
      const stepped = await stepJob(kind, await world.open(), world.context());
      expect(stepped).toMatchObject(ends ? { outcome: "finished", done: { state: "cancelled" } } : { outcome: "waiting" });
    });
  });

  it("asks its cluster what it runs only after a refusal, and shows the answer as its trouble", async () => {
    for (const [code, trouble] of [
      ["refused", "gather.failedIdle"],
      ["denied", "gather.failed"],
    ] as const) {
      const world = await setting();
      const job = await world.open();
      await world.context().log.append(job.id, job.head, { state: "running", reason: WHY, data: {} });
      const blind = world.kind({ gather: async () => Promise.reject(new AppError(code, "no")) });
      await stepJob({ ...blind, isWorking: async () => false }, await world.open(), world.context());
      expect((await world.open()).head).toMatchObject({ state: "running", trouble: { code: trouble, params: { code } } });
    }
  });

  it("stops stepping a job that never comes to rest, for the sake of the other jobs", async () => {
    const world = await setting();
    const restless = world.kind({ step: (job) => ({ do: "record", state: job.head.state === "a" ? "b" : "a", reason: WHY, data: {} }) });
    expect(await stepJob(restless, await world.open(), world.context())).toMatchObject({ outcome: "left", reason: { code: "job.moves" } });
  });
});
