import { describe, expect, it } from "vitest";
import { type MemoryBucket, memoryBlobStore } from "../../shared/adapters/memory/blobStore.ts";
import { type FaultyBlobStore, faulty } from "../../shared/adapters/wrap/faultyBlobStore.ts";
import { type JobLog, jobLog } from "../../shared/jobs/log.ts";
import type { DoneRecord, Job, JobIntent, JobRecord } from "../../shared/jobs/record.ts";
import { AppError } from "../../shared/model/errors.ts";
import { reason } from "../../shared/model/reason.ts";
import { stateKey } from "../../shared/state/keys.ts";

const ID = "backup-nightly-20261121t013000z";
const WHY = reason("backup.asked", { by: "timer" });
const FIRST = { state: "asked", reason: WHY, data: {} };
const NEXT = { state: "running", reason: WHY, data: {} };
const intent: JobIntent = {
  about: "test",
  asked: { by: "timer", who: "timer" },
  patienceUntil: "2026-11-21T05:30:00.000Z",
  input: { a: 1 },
};

function setting() {
  const bucket: MemoryBucket = new Map();
  let seconds = 0;
  const now = () => new Date(Date.UTC(2026, 10, 21, 1, 30, seconds++));
  const store = faulty(memoryBlobStore({ bucket, now }));
  const as = (nonce: string): JobLog => jobLog(store, { now }, { function: "test", requestId: nonce, nonce });
  return { store, as, keys: () => [...bucket.keys()].sort() };
}

async function created(log: JobLog): Promise<Job> {
  const made = await log.create(ID, intent, FIRST);
  if (made.outcome === "done") throw new Error("it was done before");
  return made.job;
}

const doneOf = (job: Job): DoneRecord => ({
  schema: 1,
  id: job.id,
  kind: job.kind,
  about: "test",
  state: "done",
  reason: WHY,
  createdAt: job.head.at,
  at: job.head.at,
  asked: intent.asked,
  result: null,
});

/** Writes a log record of a newer version, as this version would find it. */
async function writeNewer(store: FaultyBlobStore, seq: number): Promise<void> {
  await store.put(stateKey.record(ID, seq), Buffer.from(JSON.stringify({ schema: 2, seq })));
}

describe("job log", () => {
  it.each([
    ["intent.input", 0, { intent: { ...intent, input: undefined } }],
    ["intent.input", 0, { intent: { ...intent, input: "x" } }],
    ["intent.about or intent.asked", 0, { intent: { ...intent, asked: undefined } }],
    ["intent.patienceUntil", 0, { intent: { ...intent, patienceUntil: "soon" } }],
    ["at", 0, { at: "x" }],
    ["at", 1, { at: undefined }],
    ["state or reason", 1, { state: undefined }],
  ])("refuses a damaged record without valid %s, and names the object and what helps", async (what, seq, change) => {
    const { as, store } = setting();
    const job = await created(as("a"));
    await as("a").append(ID, job.head, NEXT);
    const key = stateKey.record(ID, seq);
    const record = JSON.parse(Buffer.from((await store.get(key)) ?? []).toString());
    await store.put(key, Buffer.from(JSON.stringify({ ...record, ...change })));
    await expect(as("b").read(ID)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringMatching(
        new RegExp(`^state object ${key}: is damaged: it has no valid ${what}, .*put the object back, or delete`),
      ),
    });
  });

  it("is created once: a second request finds it open, with the first intent", async () => {
    const { as } = setting();
    expect((await as("a").create(ID, intent, FIRST)).outcome).toBe("created");
    const second = await as("b").create(ID, { ...intent, about: "other" }, FIRST);
    expect(second).toMatchObject({ outcome: "open", job: { intent: { about: "test" }, head: { seq: 0 } } });
  });

  it("lets exactly one of several writers of the same sequence number win", async () => {
    const { as } = setting();
    const job = await created(as("a"));
    const outcomes = await Promise.all(["a", "b", "c"].map((nonce) => as(nonce).append(ID, job.head, NEXT)));
    expect(outcomes.filter((outcome) => outcome !== "lost")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "lost")).toHaveLength(2);
  });

  it("recognises its own record when the response to the write was lost", async () => {
    const { store, as } = setting();
    const job = await created(as("a"));
    store.on("put", "lost", { key: stateKey.record(ID, 1) });
    expect(await as("a").append(ID, job.head, NEXT)).toMatchObject({ seq: 1, state: "running" });
    expect(store.unfired()).toEqual([]);
  });

  it("yields when the response was lost and another writer's record is stored", async () => {
    const { store, as } = setting();
    const job = await created(as("a"));
    await as("b").append(ID, job.head, NEXT);
    store.on("put", new AppError("transient", "cut"), { key: stateKey.record(ID, 1) });
    expect(await as("a").append(ID, job.head, NEXT)).toBe("lost");
  });

  it("does not mistake an earlier record of the same invocation for the one being written", async () => {
    const { as } = setting();
    const job = await created(as("a"));
    expect(await as("a").append(ID, job.head, NEXT)).not.toBe("lost");
    expect(await as("a").append(ID, job.head, { ...NEXT, state: "other" })).toBe("lost");
  });

  it("throws transient when nothing was written and no response arrived", async () => {
    const { store, as } = setting();
    const job = await created(as("a"));
    store.on("put", "cut", { key: stateKey.record(ID, 1) });
    await expect(as("a").append(ID, job.head, NEXT)).rejects.toMatchObject({ code: "transient" });
  });

  it("carries a cancel request from record to record", async () => {
    const { as } = setting();
    const log = as("a");
    const job = await created(log);
    const wish = (await log.append(ID, job.head, { ...NEXT, cancelling: { who: "ops", at: "t" } })) as JobRecord;
    expect(await log.append(ID, wish, NEXT)).toMatchObject({ seq: 2, cancelling: { who: "ops" } });
  });

  it("reads the intent and the newest record, and returns undefined for unknown jobs", async () => {
    const { as } = setting();
    const log = as("a");
    const job = await created(log);
    await log.append(ID, job.head, NEXT);
    expect(await log.read(ID)).toMatchObject({ intent: { input: { a: 1 } }, head: { seq: 1, state: "running" } });
    expect(await log.read("backup-nightly-20261122t013000z")).toBeUndefined();
    expect(await log.read("nobody-knows")).toBeUndefined();
    expect((await log.history(ID)).map(({ state }) => state)).toEqual(["asked", "running"]);
  });
});

describe("finished job", () => {
  it("leaves its final record and its history, but no log", async () => {
    const { as, keys } = setting();
    const log = as("a");
    const job = await created(log);
    await log.finish(job, doneOf(job));
    expect(keys()).toEqual([stateKey.done("backup", ID), stateKey.history(ID)]);
    expect(await log.history(ID)).toHaveLength(1);
  });

  it("is returned to a later request, even months later", async () => {
    const { as, keys } = setting();
    const job = await created(as("a"));
    await as("a").finish(job, doneOf(job));
    expect(await as("b").create(ID, intent, FIRST)).toMatchObject({ outcome: "done", done: { id: ID, state: "done" } });
    expect(keys()).not.toContain(stateKey.record(ID, 0));
  });

  it("is returned to a request that started while it finished, and the log created by that request is deleted", async () => {
    const { store, as, keys } = setting();
    const job = await created(as("a"));
    // b has checked for the final record and found none; a finishes before b writes.
    const slow: FaultyBlobStore = {
      ...store,
      async put(key, body, options) {
        if (key === stateKey.record(ID, 0)) await as("a").finish(job, doneOf(job));
        return store.put(key, body, options);
      },
    };
    const late = jobLog(slow, { now: () => new Date(0) }, { function: "test", requestId: "b", nonce: "b" });
    expect((await late.create(ID, intent, FIRST)).outcome).toBe("done");
    expect(keys()).not.toContain(stateKey.record(ID, 0));
  });

  it("keeps its whole history when an instance that thaws late finishes it again from the rest of the log", async () => {
    const { as } = setting();
    const log = as("a");
    const job = await created(log);
    const head = (await log.append(ID, job.head, NEXT)) as JobRecord;
    await log.finish({ ...job, head }, doneOf(job));
    const late = (await as("b").append(ID, head, NEXT)) as JobRecord;
    await as("b").finish({ ...job, head: late }, doneOf(job));
    expect(await log.history(ID)).toHaveLength(2);
  });

  it("keeps its first final record when it is finished twice", async () => {
    const { as } = setting();
    const job = await created(as("a"));
    await as("a").finish(job, doneOf(job));
    await as("b").finish(job, { ...doneOf(job), state: "failed" });
    expect((await as("c").done(ID))?.state).toBe("done");
  });

  it("keeps its history when it is finished while another instance already sweeps the log", async () => {
    const { store, as } = setting();
    const job = await created(as("a"));
    const head = (await as("a").append(ID, job.head, NEXT)) as JobRecord;
    const bytes = (await store.get(stateKey.record(ID, 1))) as Uint8Array;
    await as("a").finish({ ...job, head }, doneOf(job));
    await store.put(stateKey.record(ID, 1), bytes);
    await as("b").finish({ ...job, head }, doneOf(job));
    expect((await as("c").history(ID)).map(({ state }) => state)).toEqual(["asked", "running"]);
  });

  it("may crash between the final record and the deletion of its log, which is swept later", async () => {
    const { store, as, keys } = setting();
    const job = await created(as("a"));
    store.on("delete", new AppError("transient", "cut"));
    await expect(as("a").finish(job, doneOf(job))).rejects.toMatchObject({ code: "transient" });
    expect(keys()).toContain(stateKey.record(ID, 0));
    await as("b").finish(job, doneOf(job));
    expect(keys()).not.toContain(stateKey.record(ID, 0));
  });
});

describe("log written by a newer version", () => {
  it("is left alone: nothing is read, appended or deleted", async () => {
    const { store, as, keys } = setting();
    const job = await created(as("a"));
    await writeNewer(store, 1);
    await expect(as("a").read(ID)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("deploy the newer version"),
    });
    await expect(as("a").append(ID, job.head, NEXT)).rejects.toMatchObject({ code: "conflict" });
    expect(keys()).toEqual([stateKey.record(ID, 0), stateKey.record(ID, 1)]);
  });
});
