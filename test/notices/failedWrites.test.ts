import { describe, expect, it } from "vitest";
import type { World } from "../../shared/jobs/world.ts";
import type { BlobStore } from "../../shared/model/blobStore.ts";
import { AppError } from "../../shared/model/errors.ts";
import type { Notice } from "../../shared/model/notice.ts";
import { reason } from "../../shared/model/reason.ts";
import { type Fact, raiseNotice, resolveNotice } from "../../shared/notices/notices.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { MINUTE_MS, type TestWorld, testConfig, testWorld } from "../world/world.ts";

const FACT: Fact = {
  key: "clock:source",
  code: "copy.failed",
  severity: "bad",
  reason: reason("copy.failed", { key: "__1", because: "denied" }),
};
const CHANGED: Fact = { ...FACT, reason: reason("copy.failed", { key: "__1", because: "no such bucket" }) };
const THIRD: Fact = { ...FACT, reason: reason("copy.failed", { key: "__1", because: "bucket deleted" }) };
const DAY_MINUTES = 24 * 60;

type Report = (world: World) => Promise<unknown>;
const raise: Report = (world) => raiseNotice(world, FACT);
const change: Report = (world) => raiseNotice(world, CHANGED);
const resolve: Report = (world) => resolveNotice(world, FACT.key, FACT.code, reason("copy.done", { copy: "move" }));

/** What is reported, after what was reported before, and whose message that is. */
const REPORTS: Record<string, { before: Report[]; report: Report; said: Partial<Notice>; writes: number }> = {
  "that it begins": { before: [], report: raise, said: { status: "firing", reason: FACT.reason }, writes: 2 },
  "that it changed": { before: [raise], report: change, said: { status: "firing", reason: CHANGED.reason }, writes: 3 },
  "that it is over": { before: [raise], report: resolve, said: { status: "resolved" }, writes: 4 },
};

const FAULTS = ["before it took effect", "after it took effect"] as const;

/** A state whose write number `at`, a deletion too, fails. */
function failing(state: BlobStore, at: number, fault: (typeof FAULTS)[number], fired: { times: number }): BlobStore {
  let count = 0;
  const guarded =
    <A extends unknown[], R>(write: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      count += 1;
      if (count !== at) return write(...given);
      fired.times += 1;
      if (fault === "after it took effect") await write(...given);
      throw new AppError("transient", "the state does not answer");
    };
  return { ...state, put: guarded(state.put.bind(state)), delete: guarded(state.delete.bind(state)) };
}

async function quietWorld(): Promise<TestWorld> {
  return testWorld({
    config: testConfig((given) => {
      given.backups = {};
      given.watches = {};
    }),
  });
}

async function tickAfter(world: TestWorld, minutes: number): Promise<void> {
  world.advance(minutes * MINUTE_MS);
  await advanceJobs(await world.open());
}

const cases = Object.entries(REPORTS).flatMap(([name, { writes }]) =>
  Array.from({ length: writes }, (_, at) => FAULTS.map((fault) => ({ name, at: at + 1, fault }))).flat(),
);

/** Reports with one failing write; returns the messages of that report alone. */
async function reported({ name, at, fault }: (typeof cases)[number], goesOn: boolean): Promise<{ world: TestWorld; said: Notice[] }> {
  const { before, report, said } = REPORTS[name] as (typeof REPORTS)[string];
  const world = await quietWorld();
  for (const one of before) {
    await one(await world.open());
    world.advance(MINUTE_MS);
  }
  const fired = { times: 0 };
  const opened = await world.open();
  await expect(report({ ...opened, state: failing(opened.state, at, fault, fired) })).rejects.toThrow("does not answer");
  expect(fired.times).toBe(1);
  if (goesOn) {
    await tickAfter(world, 1);
    await report(await world.open());
  }
  for (let minutes = 0; minutes < DAY_MINUTES * 1.5; minutes += 60) await tickAfter(world, 60);
  const matches = (notice: Notice) =>
    Object.entries(said).every(([key, value]) => JSON.stringify(notice[key as keyof Notice]) === JSON.stringify(value));
  return { world, said: world.notices.filter(matches) };
}

/** Reports with a failing write, then what is true afterwards at each hour of two days; returns what was sent. */
async function sentAfter(report: Report, at: number, fault: (typeof FAULTS)[number], afterwards: Report): Promise<string[]> {
  const world = await quietWorld();
  await raise(await world.open());
  world.advance(MINUTE_MS);
  const fired = { times: 0 };
  const opened = await world.open();
  await expect(report({ ...opened, state: failing(opened.state, at, fault, fired) })).rejects.toThrow("does not answer");
  world.advance(1_000);
  for (let hour = 0; hour < 48; hour += 1) {
    await afterwards(await world.open());
    await tickAfter(world, 60);
  }
  return world.notices.map(({ status, reason: { params } }) => `${status} ${params.because ?? ""}`.trim());
}

describe("a fact that changes after its report was interrupted", () => {
  const places = [1, 2, 3, 4].flatMap((at) => FAULTS.map((fault) => ({ at, fault })));

  it.each(places)("and is true again after it was over, with write $at failing $fault, is what was told last", async ({ at, fault }) => {
    const sent = await sentAfter(resolve, at, fault, raise);
    expect(sent.at(-1)).toBe("firing denied");
    expect(sent).toHaveLength(sent.includes("resolved") ? 3 : 1);
  });

  it.each(places.filter(({ at }) => at < 4))(
    "and changes once more, with write $at failing $fault, is what was told last",
    async ({ at, fault }) => {
      const sent = await sentAfter(change, at, fault, (world) => raiseNotice(world, THIRD));
      expect(sent.filter((text) => text === "firing bucket deleted")).toHaveLength(1);
      expect(sent.at(-1)).toBe("firing bucket deleted");
    },
  );
});

describe("a notice whose report is interrupted by a failed write", () => {
  it.each(cases)("$name, write $at fails $fault: is sent once after the report is repeated", async (one) => {
    const { world, said } = await reported(one, true);
    expect(said).toHaveLength(1);
    expect((await world.stateKeys()).filter((key) => key.startsWith("live/unsent/"))).toEqual([]);
  });

  it.each(cases)("$name, write $at fails $fault: is sent if and only if the state says so, when nothing repeats it", async (one) => {
    const { world, said } = await reported(one, false);
    const keys = await world.stateKeys();
    const isReported = {
      "that it begins": keys.some((key) => key.startsWith("live/notices/")),
      "that it changed": keys.some((key) => /^done\/notice\/.*-1\.json$/.test(key)),
      "that it is over": keys.some((key) => /^done\/notice\/.*\/\d{6}\.json$/.test(key)),
    }[one.name];
    expect(said).toHaveLength(isReported ? 1 : 0);
    expect(keys.filter((key) => key.startsWith("live/unsent/"))).toEqual([]);
  });
});
