import { givenSnapshot } from "../../shared/adapters/memory/clusterPlaces.ts";
import { AppError } from "../../shared/model/errors.ts";
import { slotOf } from "../../shared/model/slot.ts";
import { snapshotMark, snapshotName } from "../../shared/model/snapshotName.ts";
import { askCopy } from "../../shared/verbs/copy/ask.ts";
import { applyPrune, dryPrune } from "../../shared/verbs/prune/ask.ts";
import { writtenStep } from "./account/written.ts";
import { calendarOf } from "./calendar.ts";
import { everyMinute, slotTimer } from "./deliveries.ts";
import { noFaults } from "./faults.ts";
import { openJobs } from "./invariants/check.ts";
import type { Request, Verdict } from "./kernel.ts";
import { ALIAS, AWS, BACKUPS_LOCATION, HOUR_MS, MINUTE_MS, MOVED, POLICY } from "./names.ts";
import type { Verb } from "./platform.ts";
import { type Parts, type Play, type Scenario, simConfig } from "./scenario.ts";
import { type Run, simulate, type Violation } from "./simulate.ts";
import { beginOver, overwrittenSummary, withOwnRepository } from "./world/overwritten.ts";

// After the fixture was written: the clock of its source is right.
const START_MS = Date.parse("2026-11-22T01:00:00Z");
const OPS = { by: "person" as const, who: "ops" };
const STEP = "es-5.5.2-multitype/repo";
const INDEX = "fx-multi";
/** Of two snapshots. */
const OVER_STEP = "es-5.5.2-migration/step2";
/** When the restore over an index was asked to be taken back for the last time. */
const BACK_MINUTES = 65;

/** Close together while something moves and when a frozen instance thaws, with wide gaps in between, because idle ticks show nothing. */
const TICKS = [-1, 0.5, 1, 1.5, 2.5, 3.5, 5, 8, 12, 20, 30, 45, 58, 61, 62, 63, 64, 66, 70, 80, 100, 130, 160, 200, 240, 290];

/** The shortest run of each kind of work. */
export const SHORT_SCENARIOS = ["backup", "prune", "copy", "arrival", "over"] as const;
export type ShortScenario = (typeof SHORT_SCENARIOS)[number];

const PARTS: Record<ShortScenario, Parts> = {
  backup: { backups: true, copy: false, outside: false },
  prune: { backups: true, copy: false, outside: false },
  copy: { backups: false, copy: true, outside: false },
  arrival: { backups: false, copy: false, outside: true },
  over: { backups: false, copy: false, outside: false },
};

export function shortScenario(name: ShortScenario): Scenario {
  const config = simConfig(PARTS[name], {
    ...calendarOf(START_MS, "UTC"),
    copied: "all",
    index: INDEX,
    keep: { last: 2, hourly: 2, atLeast: 1 },
    prune: { atMost: 4, atMostPercent: 60 },
    replicas: 0,
  });
  // The policies have only one slot.
  for (const policy of Object.values(config.backups)) policy.schedule.cron = "0 0 1 * * *";
  for (const { prune } of Object.values(config.backups)) Object.assign(prune ?? {}, { cron: "0 0 23 * * *" });
  if (name === "copy") config.watches = {};
  if (name === "over") withOwnRepository(config);
  for (const rule of Object.values(config.copies)) delete rule.schedule;
  return {
    name,
    config,
    sourceVersion: "6.7.0",
    targetVersion: "5.5.3",
    pageKeys: 1000,
    workMinutesMax: 0.7,
    startMs: START_MS,
    faultsEndMs: START_MS + 3 * HOUR_MS,
    endMs: START_MS + 5 * HOUR_MS,
    quietSlots: name === "backup" ? [slotOf(new Date(START_MS))] : [],
    slots: [slotOf(new Date(START_MS))],
    steps: [writtenStep(name === "over" ? OVER_STEP : STEP)],
    index: INDEX,
    outcome: () => ({ state: "SUCCESS" }),
    begin: (play) => begin(name, play),
    summary,
    over: ({ stage, kernel }) =>
      kernel.nowMs() > START_MS + (name === "over" ? BACK_MINUTES : 3) * MINUTE_MS &&
      kernel.parked() === 0 &&
      openJobs(stage.state).length === 0,
  };
}

async function begin(name: ShortScenario, play: Play): Promise<void> {
  // A slot is due only for a policy that was seen before.
  for (const minutes of TICKS) everyMinute(play, START_MS + minutes * MINUTE_MS, START_MS + minutes * MINUTE_MS + 1, 0);
  for (const index of ["movies", "movies-old"]) play.stage.source.putIndex(index, { documents: 3 });
  if (name === "backup") slotTimer(play, START_MS);
  if (name === "prune") await beginPrune(play);
  if (name === "copy") await beginCopy(play);
  if (name === "arrival") await beginArrival(play);
  if (name === "over") await beginOver(play, START_MS);
}

/** An operator who gets no response repeats the request. */
function pressTwice({ kernel, platform }: Play, verb: Verb): void {
  for (const minutes of [0.2, 2]) kernel.at(START_MS + minutes * MINUTE_MS, "", () => platform.invoke("http", "", verb));
}

async function beginPrune(play: Play): Promise<void> {
  const { stage } = play;
  const mark = snapshotMark((await stage.source.info()).uuid, POLICY);
  await stage.source.putRepository({ name: "backups", type: "fs", settings: BACKUPS_LOCATION }, { verify: true });
  for (const number of [6, 5, 4, 3, 2]) {
    const startTime = new Date(START_MS - number * 30 * MINUTE_MS);
    const name = snapshotName({ policy: POLICY, slot: slotOf(startTime), attempt: 1, mark });
    stage.places
      .at(BACKUPS_LOCATION)
      .push(givenSnapshot({ name, uuid: `uuid-${number}`, version: "6.7.0", startTime, indices: { movies: {} } }));
  }
  pressTwice(play, async (world) => {
    const { hash } = await dryPrune(world, POLICY);
    await applyPrune(world, POLICY, hash, OPS);
  });
}

async function beginCopy(play: Play): Promise<void> {
  for (const [key, bytes] of play.steps[0]?.blobs ?? []) await play.stage.bare(AWS).put(key, bytes);
  pressTwice(play, (world) => askCopy(world, "move", OPS));
}

async function beginArrival({ stage, steps }: Play): Promise<void> {
  for (const [key, bytes] of steps[0]?.blobs ?? []) await stage.bare(MOVED).put(key, bytes);
}

async function summary(play: Play): Promise<unknown> {
  const { stage } = play;
  const snapshots = stage.places.at(BACKUPS_LOCATION).map(({ name, state }) => `${name} ${state}`);
  const served = (await stage.target.listIndices()).map(({ name, aliases }) => `${name} ${aliases.includes(ALIAS)}`);
  const bucket = stage.buckets.get(MOVED.bucket) ?? new Map();
  const done = [...stage.state.keys()].filter((key) => /^done\/(backup|arrival|restore)/.test(key));
  return {
    snapshots: snapshots.sort(),
    served,
    over: await overwrittenSummary(play),
    moved: [...bucket.keys()].sort(),
    done: done.sort(),
    notices: stage.notices.map(({ key, status }) => `${key} ${status}`),
  };
}

export const CRASHES = ["kill", "lost", "freezeBefore", "freezeAfter"] as const;
export type Crash = (typeof CRASHES)[number];

const VERDICTS: Record<Crash, Verdict> = {
  kill: { do: "kill" },
  lost: { do: "lose", error: new AppError("transient", "the answer was lost (planted)") },
  freezeBefore: { do: "freeze", ms: HOUR_MS, when: "before" },
  freezeAfter: { do: "freeze", ms: HOUR_MS, when: "after" },
};

export interface CrashRuns {
  runs: number;
  steps: number;
  violations: Violation[];
}

interface Watching {
  trace?: ((line: string) => void) | undefined;
  asked?: (request: Request<unknown>, step: number) => void;
}

/** Runs the scenario with one of its requests hit by a crash; none if `struck` is 0. */
export function crashOnce(
  name: ShortScenario,
  crash: Crash,
  struck: number,
  { trace, asked = () => undefined }: Watching = {},
): Promise<Run> {
  return simulate({
    seed: `${name}/${crash}/${struck}`,
    // The same in each run, so that the same request is the same step.
    randomSeed: name,
    scenario: shortScenario(name),
    faults: noFaults(),
    decide(_actor, request, _nowMs, step) {
      asked(request, step);
      return step === struck ? VERDICTS[crash] : { do: "proceed" };
    },
    trace,
  });
}

/** Runs the scenario without a fault, then once for each of its requests (or writes) with a crash there, and compares the ends. */
export async function crashEverywhere(name: ShortScenario, crash: Crash, where: "requests" | "writes" = "requests"): Promise<CrashRuns> {
  const writes = new Set<number>();
  const whole = await crashOnce(name, crash, 0, { asked: (request, step) => void (request.writes && writes.add(step)) });
  const result: CrashRuns = { runs: 0, steps: whole.steps, violations: whole.violation ? [whole.violation] : [] };
  for (let struck = 1; struck <= whole.steps && result.violations.length === 0; struck += 1) {
    if (where === "writes" && !writes.has(struck)) continue;
    const run = await crashOnce(name, crash, struck);
    result.runs += 1;
    result.steps += run.steps;
    const violation = run.violation ?? otherEnd(run, whole, `${name}/${crash}/${struck}`);
    if (violation) result.violations.push(violation);
  }
  return result;
}

function otherEnd(run: Run, whole: Run, seed: string): Violation | undefined {
  if (run.summary === whole.summary) return undefined;
  return {
    seed,
    step: run.steps,
    at: "the end",
    invariant: "0: everything finishes",
    message: `a different end: ${run.summary} instead of ${whole.summary}`,
  };
}
