import { CRASHES, type CrashRuns, crashEverywhere, crashOnce, SHORT_SCENARIOS } from "./crashes.ts";
import { daysScenario } from "./days.ts";
import { FAULT_NAMES, type FaultName, randomFaults } from "./faults.ts";
import { SECRET } from "./names.ts";
import { seededRandom } from "./random.ts";
import { type Run, simulate, type Violation } from "./simulate.ts";
import { yearOf } from "./year.ts";

/** The result of many runs. */
export interface Tally {
  seeds: number;
  steps: number;
  crashes: number;
  /** How often each kind of fault was injected. */
  faultsFired: Record<FaultName, number>;
  violations: Violation[];
}

export type Trace = (line: string) => void;

export function runSeed(seed: number, trace?: Trace): Promise<Run> {
  const name = String(seed);
  return simulate({ seed: name, scenario: daysScenario(name), faults: randomFaults(seededRandom(`${name}/faults`), SECRET), trace });
}

/** Plays so many nights of a year. */
export function runYear(seed: number, days: number, trace?: Trace): Promise<Run> {
  const name = `year/${seed}/${days}`;
  const { scenario, faults } = yearOf(name, days);
  return simulate({ seed: name, scenario, faults: faults(randomFaults(seededRandom(`${name}/faults`), SECRET)), trace });
}

export interface SeedsOptions {
  from?: number;
  /** Stops at the first violation. */
  first?: boolean;
  /** Stops after so many once every kind of fault was injected. */
  enough?: number;
  /** Called after each seed. */
  seen?: (tally: Tally) => void;
}

export async function runSeeds(
  seeds: number,
  { from = 1, first = false, enough, seen = () => undefined }: SeedsOptions = {},
): Promise<Tally> {
  const faultsFired = Object.fromEntries(FAULT_NAMES.map((fault) => [fault, 0])) as Record<FaultName, number>;
  const tally: Tally = { seeds: 0, steps: 0, crashes: 0, faultsFired, violations: [] };
  for (let seed = from; seed < from + seeds; seed += 1) {
    const run = await runSeed(seed);
    tally.seeds += 1;
    tally.steps += run.steps;
    tally.crashes += run.crashes;
    for (const fault of FAULT_NAMES) faultsFired[fault] += run.fired[fault];
    if (run.violation) tally.violations.push(run.violation);
    seen(tally);
    if ((first && run.violation) || (enough !== undefined && tally.seeds >= enough && areAllFired(faultsFired))) break;
  }
  return tally;
}

const areAllFired = (fired: Record<FaultName, number>) => FAULT_NAMES.every((fault) => fired[fault] > 0);

/** Every short scenario with every kind of crash at every request, or only those that match `only`, such as `copy` or `copy/kill`. */
export async function runCrashes(only = ""): Promise<CrashRuns> {
  const all: CrashRuns = { runs: 0, steps: 0, violations: [] };
  for (const name of SHORT_SCENARIOS)
    for (const crash of CRASHES) {
      if (!`${name}/${crash}`.startsWith(only)) continue;
      const { runs, steps, violations } = await crashEverywhere(name, crash);
      all.runs += runs;
      all.steps += steps;
      all.violations.push(...violations);
    }
  return all;
}

/** Repeats one crash run, such as `copy/kill/17`. */
export function runCrash(which: string, trace?: Trace): Promise<Run> | undefined {
  const [name, crash, struck] = which.split("/");
  const scenario = SHORT_SCENARIOS.find((one) => one === name);
  const kind = CRASHES.find((one) => one === crash);
  return scenario && kind && /^\d+$/.test(struck ?? "") ? crashOnce(scenario, kind, Number(struck), { trace }) : undefined;
}
