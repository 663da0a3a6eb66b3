import { describe, expect, it } from "vitest";
import { reason } from "../../shared/model/reason.ts";
import { slotOf } from "../../shared/model/slot.ts";
import { isAbout, parseVerifyKey, verifyKey } from "../../shared/notices/noticeKeys.ts";
import { raiseNotice, resolveNotice } from "../../shared/notices/notices.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { onTimer } from "../../shared/tick/onTimer.ts";
import { askVerification } from "../../shared/verbs/verification/ask.ts";
import { freshWorld, world as moved, serveFirst, settle } from "../world/moved.ts";
import { done, fire, tick, withMovies } from "../world/nightly.ts";
import type { TestWorld } from "../world/world.ts";

const TEXTS = ["x".repeat(240), "x".repeat(400), "x".repeat(2000), "ü".repeat(255), "x\ud800", "a/b/../c"];
const BYTES_MAX = 255;

/** As a directory, which has the shortest names of all stores. */
async function expectShortSegments(world: TestWorld): Promise<void> {
  for (const key of await world.stateKeys()) for (const segment of key.split("/")) expect(segment.length).toBeLessThanOrEqual(BYTES_MAX);
}

freshWorld();

describe("a notice about a text from outside", () => {
  it.each(TEXTS)("is reported once, kept under a bounded key, and resolved: %j", async (text) => {
    const world = await withMovies();
    const fact = { key: `restore-failed:source/${text}`, code: "restore.failed", severity: "bad" as const };
    const why = reason("snapshot.notListed", { snapshot: "x", root: "index-0" });
    expect(await raiseNotice(await world.open(), { ...fact, reason: why })).toBe(true);
    expect(await raiseNotice(await world.open(), { ...fact, reason: why })).toBe(false);
    await expectShortSegments(world);
    expect((await world.open()).live?.notices.size).toBe(1);
    expect(await resolveNotice(await world.open(), fact.key, fact.code, why)).toBe(true);
    expect((await world.open()).live?.notices.size).toBe(0);
    await expectShortSegments(world);
  });

  it.each(TEXTS)("keeps no verification open, whatever snapshot a caller named: %j", async (snapshot) => {
    await serveFirst();
    const request = { repository: "moved-movies", snapshot, level: "names" as const };
    await askVerification(await moved.open(), request, { by: "person", who: "ops" }, { key: "one" });
    await settle();
    expect(await moved.stateKeys("live/jobs/verification-")).toEqual([]);
    expect(moved.notices.filter(({ code }) => code === "verify.failed").length).toBeGreaterThan(0);
    await expectShortSegments(moved);
  });

  it.each(TEXTS)("is about the snapshot that it was raised for: %j", (snapshot) => {
    const notice = parseVerifyKey(verifyKey({ repository: "r".repeat(80), snapshot, level: "contents" }));
    expect(notice).toMatchObject({ repository: "r".repeat(80), level: "contents" });
    expect(
      notice && [{ name: snapshot }, { name: `${snapshot}y` }, { name: "n", uuid: snapshot }].map((one) => isAbout(notice, one)),
    ).toEqual([true, false, true]);
  });

  it.each(TEXTS)("does not stop the timer that bears it: %j", async (triggerName) => {
    const world = await withMovies();
    const { started } = await onTimer(await world.open(), "createSnapshots", { triggerTime: world.now(), triggerName });
    expect(started.map(({ policy }) => policy)).toEqual(["nightly"]);
    world.advance(60_000);
    await onTimer(await world.open(), "createSnapshots", { triggerTime: world.now(), triggerName });
    await onTimer(await world.open(), "createSnapshots", { triggerTime: world.now(), triggerName });
    expect(world.notices.filter(({ code }) => code === "timer.unknown")).toHaveLength(1);
    await expectShortSegments(world);
  });

  it("about a job of a stranger is reported once, whatever its id", async () => {
    const world = await withMovies();
    const id = `backup-${"ü".repeat(100)}`;
    await world.state.put(`live/jobs/${id}/000000.json`, Buffer.from("{"));
    for (let at = 0; at < 3; at += 1) expect((await advanceJobs(await world.open())).failed).toEqual([]);
    expect(world.notices.filter(({ code }) => code === "job.unreadable").map(({ status }) => status)).toEqual(["firing"]);
    await fire(world);
    world.source.finishSnapshots();
    await tick(world);
    expect(await done(world)).toMatchObject({ about: expect.stringContaining(slotOf(new Date("2026-11-21T01:30:00Z"))) });
  });
});
