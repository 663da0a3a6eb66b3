import { hasCode, messageOf } from "../../shared/model/errors.ts";
import { loadAll } from "../../shared/model/loadedOnce.ts";
import type { Tasks } from "../../shared/model/tasks.ts";
import { continueJob } from "../../shared/tick/continueJob.ts";
import { copyBlobs } from "../../shared/tick/copyBlobs.ts";
import { movedAccount } from "./account/moved.ts";
import type { FaultName, Faults } from "./faults.ts";
import type { EffectWatch } from "./gates.ts";
import { CHECKS } from "./invariants/all.ts";
import type { Check } from "./invariants/check.ts";
import { type KernelOptions, kernel as newKernel } from "./kernel.ts";
import { MOVED, SECRET } from "./names.ts";
import { openWorld } from "./openWorld.ts";
import { platform as newPlatform } from "./platform.ts";
import { type Random, seededRandom } from "./random.ts";
import type { Play, Scenario } from "./scenario.ts";
import { newStage, type StageOptions } from "./stage.ts";
import { followMoved } from "./world/copied.ts";

export interface Violation {
  seed: string;
  step: number;
  at: string;
  invariant: string;
  message: string;
}

export interface Run {
  steps: number;
  crashes: number;
  fired: Record<FaultName, number>;
  violation: Violation | undefined;
  /** The scenario's summary of the final state. */
  summary: string;
}

export interface SimulateOptions {
  seed: string;
  /** The seed for the order of events; defaults to the seed's own name. */
  randomSeed?: string;
  scenario: Scenario;
  faults: Faults;
  trace?: ((line: string) => void) | undefined;
  /** Replaces the decisions of `faults`, for runs with one planned crash. */
  decide?: KernelOptions["decide"];
}

/** Plays one scenario from its start until everything is quiet or an invariant is violated. */
export async function simulate(options: SimulateOptions): Promise<Run> {
  const { seed, scenario, faults } = options;
  const random = seededRandom(options.randomSeed ?? seed);
  // What is loaded in the middle takes turns of the event loop, which the kernel does not wait for.
  await loadAll();
  let violation: Violation | undefined;
  let checks: Check[] = [];
  // Between two writes nothing changes that a check could see.
  const wrote = { lately: false };
  const observe = async (happened: boolean) => {
    if (!happened && !wrote.lately) return;
    wrote.lately = false;
    for (const check of checks) await guarded(check, () => check.step?.());
  };
  const kernel = newKernel(kernelOptions(options, random, observe));
  const violated = (check: Check, message: string) => {
    const at = new Date(kernel.nowMs()).toISOString();
    violation ??= { seed, step: kernel.steps(), at, invariant: `${check.number}: ${check.name}`, message };
  };
  /** A check that throws counts as a violation too. */
  const guarded = async (check: Check, look: () => void | Promise<void>) => {
    try {
      await look();
    } catch (error) {
      violated(check, `the check failed: ${error instanceof Error ? error.stack : error}`);
    }
  };
  const play = await openPlay(options, kernel, random);
  checks = CHECKS.map((make) => {
    const check: Check = make({ ...play, scenario, violated: (message) => violated(check, message) });
    return check;
  });
  Object.assign(play.stage.watch, watchOf(checks, guarded, wrote));
  await scenario.begin(play);
  kernel.at(scenario.faultsEndMs, "faults end", faults.stop);
  await kernel.run(scenario.endMs, (happened) => violation !== undefined || (happened && scenario.over?.(play) === true));
  for (const check of checks) if (!violation) await guarded(check, async () => lastLook(check));
  const summary = JSON.stringify(await scenario.summary?.(play)) ?? "";
  return { steps: kernel.steps(), crashes: play.platform.crashes(), fired: faults.fired, violation, summary };
}

async function lastLook(check: Check): Promise<void> {
  await check.step?.();
  await check.end?.();
}

type Guarded = (check: Check, look: () => void | Promise<void>) => Promise<void>;

function kernelOptions(
  { scenario, faults, trace, decide }: SimulateOptions,
  random: Random,
  observe: KernelOptions["observe"],
): KernelOptions {
  const latency = random.fork("latency");
  return {
    startMs: scenario.startMs,
    // Mostly fast, occasionally slow: which invocation reaches a key first is undetermined.
    latencyMs: ({ port }) =>
      latency.chance(0.03) ? latency.between(500, 15_000) : latency.between(3, port.startsWith("cluster") ? 120 : 40),
    decide: decide ?? faults.decide,
    observe,
    trace,
  };
}

async function openPlay({ scenario, faults, trace }: SimulateOptions, kernel: Play["kernel"], random: Random): Promise<Play> {
  const outcomes = random.fork("outcomes");
  const tasks: Tasks = {
    start: (...args) => platform.tasks.start(...args),
    state: (...args) => platform.tasks.state(...args),
  };
  const stageOptions: StageOptions = {
    ...scenario,
    kernel,
    random: random.fork("stage"),
    secret: SECRET,
    tasks,
    nextOutcome: () => scenario.outcome(outcomes, kernel.nowMs()),
  };
  const stage = await newStage(stageOptions);
  const platform = newPlatform({
    kernel,
    random: random.fork("platform"),
    faults,
    open: (actor) => openWorld(stage, stageOptions, actor),
    runTask: (name, world, payload) => (name === "continueJob" ? continueJob(world, payload.job) : copyBlobs(world, payload)),
    failed: (actor, error) => trace?.(`${actor.name} failed: ${hasCode(error, "transient") ? "transient: " : ""}${messageOf(error)}`),
  });
  const moved = stage.buckets.get(MOVED.bucket) ?? new Map();
  stage.buckets.set(MOVED.bucket, moved);
  const account = movedAccount(moved, MOVED.basePath, scenario.steps);
  const play: Play = { stage, kernel, platform, faults, random: random.fork("play"), steps: scenario.steps, account };
  followMoved(play, scenario);
  return play;
}

/** Passes every write to the checks. */
function watchOf(checks: readonly Check[], guarded: Guarded, wrote: { lately: boolean }): EffectWatch {
  return {
    asked(effect) {
      for (const check of checks) check.asked?.(effect);
    },
    async before(effect) {
      for (const check of checks) await guarded(check, () => check.before?.(effect));
    },
    async after(effect) {
      wrote.lately = true;
      for (const check of checks) await guarded(check, () => check.after?.(effect));
    },
  };
}
