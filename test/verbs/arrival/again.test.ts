import { describe, expect, it } from "vitest";
import type { OpenWork } from "../../../shared/jobs/openWork.ts";
import type { DoneRecord } from "../../../shared/jobs/record.ts";
import type { World } from "../../../shared/jobs/world.ts";
import { shortHash } from "../../../shared/model/hash.ts";
import { dropAgain, endedRun, isAgainDue } from "../../../shared/verbs/arrival/again.ts";
import { arrivalRun } from "../../../shared/verbs/arrival/ask.ts";
import { restoreOrder, restoreRun } from "../../../shared/verbs/arrival/restoreOrder.ts";
import { HOUR_MS, MINUTE_MS, testConfig } from "../../world/world.ts";

const AT = "2026-11-21T01:00:00.000Z";
const later = (ms: number) => new Date(new Date(AT).getTime() + ms);
const record = (id: string, state: string, more: object = {}) =>
  ({
    id,
    kind: "arrival",
    state,
    at: AT,
    reason: { code: "x", params: {} },
    asked: { who: "" },
    result: { print: "p" },
    ...more,
  }) as unknown as DoneRecord;
const worldWith = (...records: DoneRecord[]) =>
  ({ config: testConfig(), log: { done: async (id: string) => records.find((one) => one.id === id) } }) as unknown as World;

describe("when a watch asks again", () => {
  it.each<[string, string, string, number]>([
    ["a refused restore", "restore-1", "refused", 15 * MINUTE_MS],
    ["a refused restore's second run", "restore-1-r2", "refused", HOUR_MS],
    ["a refused restore's tenth run", "restore-1-r10", "refused", 6 * HOUR_MS],
    ["a failed one", "restore-1", "failed", HOUR_MS],
    ["a failed one's tenth run", "restore-1-r10", "failed", 24 * HOUR_MS],
  ])("%s: not before its back-off ends, or the watch is another", (_, id, state, ms) => {
    const ended = endedRun(record(id, state));
    expect([isAgainDue(ended, "p", later(ms - 1)), isAgainDue(ended, "p", later(ms)), isAgainDue(ended, "other", later(0))]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it("is at once if ossnap.yaml was changed meanwhile", () => {
    const ended = endedRun(record("restore-1", "refused", { reason: { code: "config.changed", params: {} } }));
    expect(isAgainDue(ended, "p", later(0))).toBe(true);
  });

  it("is not forgotten while the job that it is about has not ended", async () => {
    const deleted: string[] = [];
    const marks = ["open", "ended"].map((job) => ({ dueDigits: "0", job: shortHash(8, job), key: job }));
    const world = { state: { delete: async (keys: string[]) => void deleted.push(...keys) } } as unknown as World;
    const work = { jobs: [{ id: "open" }], live: { again: new Map([["moved", marks]]) } } as unknown as OpenWork;
    await dropAgain(world, work, "moved", marks);
    expect([deleted, work.live.again.get("moved")?.map(({ key }) => key)]).toEqual([["ended"], ["open"]]);
  });
});

describe("the runs of an arrival", () => {
  it("pass over the arrival of a snapshot that is called like a second run", async () => {
    const of = (uuid: string) => ({ result: { print: "p", restore: "restore-1", snapshot: { uuid } } });
    const world = worldWith(record("arrival-moved-s", "failed", of("s")), record("arrival-moved-s-r2", "done", of("s-r2")));
    expect((await arrivalRun(world, "moved", "s")).id).toBe("arrival-moved-s-r3");
    expect((await arrivalRun(world, "moved", "s-r2")).id).toBe("arrival-moved-s-r2");
  });
});

describe("the restore of an arrival", () => {
  const snapshot = { name: "s", uuid: "s", startTime: AT };
  const watch = testConfig().watches.moved as never;
  const order = restoreOrder({ watch, watchName: "moved", snapshot }, "arrival-moved-s-r2");

  it("is the next run if another arrival's failed, and its own one however it ended", async () => {
    const { id } = await restoreRun(worldWith(), order);
    const others = record(id, "failed", { asked: { who: "arrival-moved-s" } });
    expect((await restoreRun(worldWith(others), order)).id).toBe(`${id}-r2`);
    const own = record(`${id}-r2`, "refused", { asked: { who: "arrival-moved-s-r2" } });
    expect(await restoreRun(worldWith(others, own), order)).toMatchObject({ id: `${id}-r2`, isOwn: true });
  });
});
