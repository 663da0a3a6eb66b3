import { beforeEach, describe, expect, it } from "vitest";
import type { Place } from "../../../shared/model/config.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { type Reason, reason } from "../../../shared/model/reason.ts";
import { raiseNotice } from "../../../shared/notices/notices.ts";
import { proveSnapshot } from "../../../shared/reader/prove/proveSnapshot.ts";
import { openRepository } from "../../../shared/reader/readRepository.ts";
import { jobNow } from "../../../shared/tick/jobNow.ts";
import { askCopy } from "../../../shared/verbs/copy/ask.ts";
import { say } from "../../../shared/words/say.ts";
import { freshCopyWorld, runCopy, SOURCE, world } from "../../world/copying.ts";
import { SNAP1, SNAP2, STEP2 } from "../../world/moved.ts";
import { OPS, tick } from "../../world/nightly.ts";
import { MINUTE_MS, MOVED } from "../../world/world.ts";

freshCopyWorld({ snapshots: "latest" });

async function copy(): Promise<{ state: string; code: string } | undefined> {
  const { done } = await runCopy();
  return done && { state: done.state, code: done.reason.code };
}

const listed = async () => (await openRepository(world.blobs(MOVED))).root?.snapshots.map(({ uuid }) => uuid).sort();

describe("an older snapshot that the source half deleted", () => {
  const deleted = `snap-${SNAP1.uuid}.dat`;

  it("does not stop the copy of the newest one, and stays where the destination has all it needs", async () => {
    expect(await copy()).toMatchObject({ state: "done" });
    await world.fill(SOURCE, STEP2.blobs);
    await world.blobs(SOURCE).delete([deleted]);
    expect(await copy()).toEqual({ state: "done", code: "copy.done" });
    expect(await listed()).toEqual([SNAP1.uuid, SNAP2.uuid].sort());
    for (const { uuid } of [SNAP1, SNAP2])
      expect(await proveSnapshot(world.blobs(MOVED), { uuid, level: "contents" })).toMatchObject({ verdict: "whole" });
    expect(world.notices).toMatchObject([
      { key: "copy-broken:move", severity: "warning", reason: { params: { snapshots: ["snap-1"], first: deleted, kept: 1, left: 0 } } },
    ]);
    await world.fill(SOURCE, new Map([[deleted, STEP2.blobs.get(deleted) as Uint8Array]]));
    await copy();
    expect(world.notices.at(-1)).toMatchObject({ key: "copy-broken:move", status: "resolved" });
  });

  it("leaves the list where the destination lacks a part of it too", async () => {
    expect(await copy()).toMatchObject({ state: "done" });
    await world.fill(SOURCE, STEP2.blobs);
    for (const place of [SOURCE, MOVED]) await world.blobs(place).delete([deleted]);
    expect(await copy()).toEqual({ state: "done", code: "copy.done" });
    expect(await listed()).toEqual([SNAP2.uuid]);
    expect(world.notices).toMatchObject([{ key: "copy-broken:move", reason: { params: { kept: 0, left: 1 } } }]);
  });

  it("fails the copy when it is wanted", async () => {
    await world.blobs(SOURCE).delete([deleted]);
    expect(await copy()).toEqual({ state: "failed", code: "copy.sourceNotWhole" });
  });
});

describe("a root that was cut", () => {
  it.each([
    ["source", SOURCE, "memory://aws/repo/index-5"],
    ["destination", MOVED, "memory://moved/movies/index-5"],
  ])("of the %s fails the copy with its place", async (_, place, named) => {
    const created = await askCopy(await world.open(), "move", OPS);
    await world.blobs(place).put("index-5", Buffer.from('{"snapshots":['));
    for (let round = 0; round < 2; round += 1) await tick(world);
    const done = await (await world.open()).log.done("job" in created ? created.job.id : "");
    expect(done).toMatchObject({ state: "failed", reason: { code: "format.invalid", params: { subject: named } } });
  });
});

describe("what a copy waits for", () => {
  const now = async (id: string) => jobNow(await world.open(), id);
  const jobs = async () => [...((await world.open()).live?.jobs.keys() ?? [])];

  it("is shown while it is queued behind an older one", async () => {
    await askCopy(await world.open(), "move", OPS);
    await tick(world);
    world.advance(MINUTE_MS);
    await world.fill(SOURCE, STEP2.blobs);
    const second = await askCopy(await world.open(), "move", OPS);
    const id = "job" in second ? second.job.id : "";
    const [first] = (await jobs()).filter((other) => other !== id);
    expect(await now(id)).toMatchObject({ does: "waits", reason: { code: "copy.queued", params: { job: first } } });
  });

  it("is shown while an invocation that died holds a claim", async () => {
    const created = await askCopy(await world.open(), "move", OPS);
    const id = "job" in created ? created.job.id : "";
    await tick(world);
    const opened = await world.open();
    const job = await opened.log.read(id);
    if (!job) throw new Error("the copy is over");
    const claim = { effect: "publishRoot", args: {}, attempt: 1, until: new Date(world.now().getTime() + 10 * MINUTE_MS).toISOString() };
    await opened.log.append(id, job.head, { state: "moved", reason: job.head.reason, data: job.head.data, claim });
    expect(await now(id)).toMatchObject({
      does: "waits",
      reason: { code: "job.claimed", params: { effect: "publishRoot", until: claim.until } },
    });
  });
});

describe("a destination that refuses writes", () => {
  it("is reported with the store's own words, and without a secret that would be cut in half", async () => {
    const { open } = world;
    const refused = `oss://moved/movies: put: AccessDenied (403): ${"x".repeat(300)}`;
    world.open = async (options) => {
      const opened = await open(options);
      return {
        ...opened,
        blobs: (place) => ({
          ...opened.blobs(place),
          ...(place.bucket === MOVED.bucket && {
            putFrom: async () => {
              throw new AppError("denied", refused);
            },
          }),
        }),
      };
    };
    expect(await copy()).toEqual({ state: "failed", code: "copy.failed" });
    expect(world.notices[0]?.text).toMatch(/ could not be copied: oss:\/\/moved\/movies: put: AccessDenied \(403\)/);
    expect(world.notices[0]?.text.length).toBeLessThan(500);
    expect(world.lines.some(({ fields }) => JSON.stringify(fields ?? {}).includes(refused))).toBe(true);
  });
});

describe("a destination that does not answer for a while", () => {
  let answers: boolean;
  let tries: number;

  beforeEach(() => {
    answers = false;
    tries = 0;
    const { open } = world;
    world.open = async (options) => {
      const opened = await open(options);
      const putFrom = async () => {
        tries += 1;
        throw new AppError("transient", "oss://moved/movies: put: connection refused");
      };
      const blobs = (place: Place) => ({ ...opened.blobs(place), ...(!answers && place.bucket === MOVED.bucket && { putFrom }) });
      return { ...opened, blobs };
    };
  });

  async function minutes(count: number): Promise<void> {
    for (let minute = 0; minute < count; minute += 1) {
      await tick(world);
      await world.runTasks();
      world.advance(MINUTE_MS);
    }
  }

  async function begin(): Promise<string> {
    const created = await askCopy(await world.open(), "move", OPS);
    return "job" in created ? created.job.id : "";
  }

  it("is tried again with a back-off, and the copy goes on once it answers", async () => {
    const id = await begin();
    await minutes(60);
    const { head } = (await (await world.open()).log.read(id)) ?? {};
    expect(head).toMatchObject({
      state: "copying",
      reason: { code: "copy.unanswered", params: { because: expect.stringMatching(/refused/) } },
    });
    const now = await jobNow(await world.open(), id);
    expect(now).toMatchObject({ does: "waits", reason: { code: "copy.unanswered" } });
    expect(say(now?.reason as Reason)).toMatch(
      /^a store did not answer while \S+ was being copied; the next attempt is at .*: oss:.*: connection refused$/,
    );
    answers = true;
    await minutes(40);
    expect(await (await world.open()).log.done(id)).toMatchObject({ state: "done" });
    expect(world.notices).toEqual([]);
  });

  it("does not hammer it", async () => {
    await begin();
    await minutes(10);
    const early = tries;
    await minutes(50);
    expect(tries).toBeLessThan(early * 3);
  });

  it("fails after a day, with the cause, and the open notice of an earlier failure says so", async () => {
    await raiseNotice(await world.open(), {
      key: "copy-failed:move",
      code: "copy.failed",
      severity: "bad",
      reason: reason("copy.noRoot", { source: "s3://aws" }),
    });
    const id = await begin();
    for (let half = 0; half < 50; half += 1) {
      await minutes(1);
      world.advance(29 * MINUTE_MS);
    }
    expect(await (await world.open()).log.done(id)).toMatchObject({ state: "failed", reason: { code: "copy.outage" } });
    expect(world.notices.map(({ text }) => text).at(-1)).toMatch(/^a store has not answered since .*connection refused$/);
  });
});
