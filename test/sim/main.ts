import { parseArgs } from "node:util";
import { messageOf } from "../../shared/model/errors.ts";
import { runPlanted } from "./planted/run.ts";
import { runCrash, runCrashes, runSeed, runSeeds, runYear, type Tally } from "./runs.ts";
import type { Run, Violation } from "./simulate.ts";

const EXIT = { ok: 0, usage: 2, violated: 3 };

const USAGE = `npm run -s sim -- --seeds N [--from K] [--json]   N random nights, one after the other
npm run -s sim -- --seed K [--trace]              one of them again
npm run -s sim -- --crashes [copy/kill] [--json]  one crash at every request of the short scenarios
npm run -s sim -- --crash copy/kill/17 [--trace]  one of them again
npm run -s sim -- --year SEED [--days N] [--trace]   every night of a year, with outages, changes and people
npm run -s sim -- --planted [name] [--json]       plants faults in the product, and finds each`;

// The reader of the trace may close the pipe early (`| head`).
process.stdout.on("error", () => process.exit(EXIT.ok));

const say = (line: string) => void process.stderr.write(`${line}\n`);
const answer = (value: unknown) => void process.stdout.write(`${JSON.stringify(value)}\n`);

function replayOf({ seed }: Violation): string {
  const [, year, days] = /^year\/(\d+)\/(\d+)$/.exec(seed) ?? [];
  if (year !== undefined) return `npm run -s sim -- --year ${year} --days ${days} --trace`;
  return `npm run -s sim -- ${seed.includes("/") ? "--crash" : "--seed"} ${seed} --trace`;
}

function sayViolation(violation: Violation): void {
  const { seed, step, at, invariant, message } = violation;
  say(`✗ seed ${seed}, step ${step}, ${at}\n  invariant ${invariant}\n  ${message}\n  replay: ${replayOf(violation)}`);
}

function sayTally({ seeds, steps, crashes, faultsFired, violations }: Tally): void {
  const fired = Object.entries(faultsFired).map(([fault, times]) => `${fault} ${times}`);
  say(`${violations.length === 0 ? "✓" : "✗"} ${seeds} seeds, ${steps} steps, ${crashes} crashes, ${violations.length} violations`);
  say(`  faults: ${fired.join(", ")}`);
}

async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      seeds: { type: "string" },
      from: { type: "string" },
      seed: { type: "string" },
      crash: { type: "string" },
      crashes: { type: "boolean" },
      year: { type: "string" },
      days: { type: "string" },
      planted: { type: "boolean" },
      first: { type: "boolean" },
      trace: { type: "boolean" },
      json: { type: "boolean" },
    },
  });
  const trace = values.trace ? (line: string) => void process.stdout.write(`${line}\n`) : undefined;
  if (values.seed !== undefined) return endOfOne(await runSeed(numberOf("seed", values.seed), trace));
  if (values.year !== undefined)
    return endOfOne(await runYear(numberOf("year", values.year), numberOf("days", values.days ?? "366"), trace));
  if (values.crash !== undefined)
    return endOfOne(await (runCrash(values.crash, trace) ?? Promise.reject(misused(`--crash ${values.crash}: there is none`))));
  if (values.planted) return runPlanted(positionals[0], { json: values.json === true, say, answer });
  if (values.crashes) {
    const { runs, steps, violations } = await runCrashes(positionals[0]);
    violations.forEach(sayViolation);
    if (values.json) answer({ runs, steps, violations });
    else say(`${violations.length === 0 ? "✓" : "✗"} ${runs} runs with one crash each, ${steps} steps, ${violations.length} violations`);
    return violations.length === 0 ? EXIT.ok : EXIT.violated;
  }
  if (values.seeds === undefined) throw misused("");
  const from = values.from === undefined ? {} : { from: numberOf("from", values.from) };
  const tally = await runSeeds(numberOf("seeds", values.seeds), { ...from, first: values.first === true });
  tally.violations.forEach(sayViolation);
  if (values.json) answer(tally);
  else sayTally(tally);
  return tally.violations.length === 0 ? EXIT.ok : EXIT.violated;
}

function endOfOne({ steps, crashes, violation }: Run): number {
  if (violation) sayViolation(violation);
  else say(`✓ ${steps} steps, ${crashes} crashes, no violation`);
  return violation ? EXIT.violated : EXIT.ok;
}

class UsageError extends Error {}

const misused = (message: string) => new UsageError(message);

function numberOf(option: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw misused(`--${option} ${text}: a whole number from 1 on is wanted`);
  return Number(text);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof UsageError || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS");
  say(isUsage ? `${messageOf(error)}\n${USAGE}`.trim() : error instanceof Error ? (error.stack ?? "") : String(error));
  process.exitCode = isUsage ? EXIT.usage : 1;
}
