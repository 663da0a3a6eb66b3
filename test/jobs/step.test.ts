import { describe, expect, it } from "vitest";
import type { Look } from "../../shared/jobs/kind.ts";
import type { Job } from "../../shared/jobs/record.ts";
import { stepJob } from "../../shared/jobs/step.ts";
import { AppError } from "../../shared/model/errors.ts";
import { reason } from "../../shared/model/reason.ts";
import { stateKey } from "../../shared/state/keys.ts";

import { type Data, ID, setting, WHY } from "./stepSetting.ts";

describe("an effect", () => {
  it("is claimed before it is looked up, looked up before it is requested, and looked up again afterwards", async () => {
    const world = await setting();
    const claims: boolean[] = [];
    const kind = world.kind();
    const lookUp = kind.effects.make?.lookUp as (job: Job<unknown, Data>, args: never) => Promise<Look<Data>>;
    kind.effects.make = {
      ...kind.effects.make,
      lookUp: async (job: Job<unknown, Data>, args: never) => {
        claims.push((await world.open()).head.claim?.effect === "make");
        return lookUp(job, args);
      },
    } as NonNullable<typeof kind.effects.make>;
    expect(await stepJob(kind, await world.open(), world.context())).toMatchObject({ outcome: "finished", done: { state: "done" } });
    expect(world.log).toEqual(["look", "request", "look"]);
    expect(claims).toEqual([true, true]);
  });

  it("invariant 7: is not requested when the lookup after the claim finds it already done", async () => {
    const world = await setting();
    world.things = 1;
    expect(await stepJob(world.kind(), await world.open(), world.context())).toMatchObject({ outcome: "finished" });
    expect(world.requests).toBe(0);
  });

  it("happens once although the response to its request is lost", async () => {
    const world = await setting();
    const kind = world.kind({
      perform: async () => {
        world.things += 1;
        throw new AppError("transient", "cut");
      },
    });
    expect(await stepJob(kind, await world.open(), world.context())).toMatchObject({ outcome: "finished" });
    expect(world.things).toBe(1);
  });

  it("keeps its claim when no response arrived and no result is visible, and is retried once the claim has expired", async () => {
    const world = await setting();
    const silent = world.kind({ perform: async () => Promise.reject(new AppError("transient", "cut")) });
    expect(await stepJob(silent, await world.open(), world.context("a"))).toMatchObject({
      outcome: "left",
      reason: { code: "effect.unanswered" },
    });
    expect(await stepJob(world.kind(), await world.open(), world.context("b"))).toMatchObject({
      outcome: "left",
      reason: { code: "job.refused", params: { because: "effect.unanswered", message: "cut" } },
    });
    expect(world.requests).toBe(1);
    world.advance(60_000 + 120_000);
    expect(await stepJob(world.kind(), await world.open(), world.context("c"))).toMatchObject({ outcome: "finished" });
    expect([world.requests, world.things]).toEqual([2, 1]);
  });

  it("releases its claim with a growing back-off when it was refused, and fails when it can never succeed", async () => {
    const world = await setting();
    const refused = world.kind({ perform: async () => Promise.reject(new AppError("conflict", "busy", { reason: reason("lane.busy") })) });
    const untils: number[] = [];
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const job = await world.open();
      expect(await stepJob(refused, job, world.context())).toMatchObject({ outcome: "waiting", reason: { code: "lane.busy" } });
      const pauseMs = new Date(job.head.claim?.until ?? 0).getTime() - world.context().clock.now().getTime();
      untils.push(pauseMs);
      world.advance(pauseMs);
    }
    expect(untils).toEqual([1000, 2000, 4000]);
    const impossible = world.kind({ perform: async () => Promise.reject(new AppError("invalid", "no such index")) });
    expect(await stepJob(impossible, await world.open(), world.context())).toMatchObject({
      outcome: "finished",
      done: { state: "failed", reason: { code: "effect.refused" } },
    });
  });

  it("fails the job when the existing object is foreign", async () => {
    const world = await setting();
    const kind = world.kind({ lookUp: () => ({ found: "foreign", reason: reason("name.taken") }) });
    expect(await stepJob(kind, await world.open(), world.context())).toMatchObject({
      outcome: "finished",
      done: { state: "failed", reason: { code: "name.taken" } },
    });
    expect(world.requests).toBe(0);
  });

  it("is neither claimed nor requested while paused, although observing continues", async () => {
    const world = await setting();
    const before = (await world.open()).head.seq;
    expect(await stepJob(world.kind(), await world.open(), world.context("a", { paused: true }))).toMatchObject({
      outcome: "waiting",
      reason: { code: "job.paused" },
    });
    expect([(await world.open()).head.seq, world.requests]).toEqual([before, 0]);
    const record = world.kind({ step: () => ({ do: "record", state: "failed", reason: WHY, data: {} }) });
    expect(await stepJob(record, await world.open(), world.context("a", { paused: true }))).toMatchObject({ outcome: "finished" });
  });

  it("is claimed for minutes, even when the invocation may last an hour", async () => {
    const world = await setting();
    const kind = world.kind({ perform: () => Promise.reject(new AppError("transient", "no answer")), lookUp: () => ({ found: "none" }) });
    await stepJob(kind, await world.open(), world.context("a", { remainingMs: () => 3_600_000 }));
    world.advance(13 * 60_000);
    expect(await stepJob(world.kind(), await world.open(), world.context("b"))).toMatchObject({ outcome: "finished" });
  });

  it("is not requested when a pause was set after the claim", async () => {
    const world = await setting();
    const context = world.context("a", { isPaused: async () => true });
    expect(await stepJob(world.kind(), await world.open(), context)).toMatchObject({ outcome: "waiting", reason: { code: "job.paused" } });
    expect(world.requests).toBe(0);
  });

  it("is not started when the invocation is about to end, before or after the claim", async () => {
    const world = await setting();
    expect(await stepJob(world.kind(), await world.open(), world.context("a", { remainingMs: () => 5_000 }))).toMatchObject({
      outcome: "left",
      reason: { code: "job.deadline" },
    });
    expect((await world.open()).head.seq).toBe(0);
    let asked = 0;
    const shrinking = world.context("a", { remainingMs: () => (asked++ < 2 ? 60_000 : 1_000) });
    expect(await stepJob(world.kind(), await world.open(), shrinking)).toMatchObject({ reason: { code: "job.deadline" } });
    expect(world.requests).toBe(0);
    expect((await world.open()).head.claim?.effect).toBe("make");
  });

  it("is not requested from a log whose final record exists, and that log is swept", async () => {
    const world = await setting();
    const job = await world.open();
    await world.store.put(stateKey.done("backup", ID), Buffer.from(JSON.stringify({ id: ID, state: "done" })));
    expect(await stepJob(world.kind(), job, world.context())).toMatchObject({ outcome: "left", reason: { code: "job.alreadyDone" } });
    expect(world.requests).toBe(0);
    expect(await world.context().log.read(ID)).toBeUndefined();
  });

  it("happens once when several invocations step the job concurrently", async () => {
    const world = await setting();
    const jobs = await Promise.all(["a", "b", "c", "d"].map(async (nonce) => ({ nonce, job: await world.open() })));
    const stepped = await Promise.all(jobs.map(({ nonce, job }) => stepJob(world.kind(), job, world.context(nonce))));
    expect(world.requests).toBe(1);
    expect(stepped.filter(({ outcome }) => outcome === "finished")).toHaveLength(1);
  });
});

describe("an instance that was frozen while it observed", () => {
  it("writes and requests nothing once its time is over", async () => {
    const world = await setting();
    let leftMs = 60_000;
    const thawing = world.kind({
      gather: async () => {
        leftMs = -3_600_000;
      },
    });
    expect(await stepJob(thawing, await world.open(), world.context("a", { remainingMs: () => leftMs }))).toMatchObject({
      outcome: "left",
      reason: { code: "job.deadline" },
    });
    expect((await world.open()).head.seq).toBe(0);
    expect(world.requests).toBe(0);
  });

  it("does not notify about a job that is finished and swept, although the next key of its log is free again", async () => {
    const world = await setting();
    const job = await world.open();
    await stepJob(world.kind(), await world.open(), world.context("b"));
    const finals = await world.context().log.done(ID);
    let told = 0;
    const failing = world.kind({ step: () => ({ do: "record", state: "failed", reason: WHY, data: {} }) });
    failing.finished = async () => {
      told += 1;
    };
    expect(await stepJob(failing, job, world.context("a"))).toMatchObject({ outcome: "finished", done: { state: "done" } });
    expect(told).toBe(0);
    expect(await world.context().log.done(ID)).toEqual(finals);
    expect(await world.context().log.read(ID)).toBeUndefined();
  });
});
