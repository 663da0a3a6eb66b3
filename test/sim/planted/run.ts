import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { build, type Plugin } from "esbuild";
import type { Violation } from "../simulate.ts";
import { editsOf, type PlantedBug, planted } from "./bug.ts";
import { PLANTED_BUGS } from "./bugs/all.ts";

/** Only the part of the simulator that a planted bug needs: seeds until the first violation, or crashes. */
const CHILD = `
  import { runCrashes, runSeeds } from "./runs.ts";
  const [seeds, crashes] = process.argv.slice(2);
  const outcome = seeds === "" ? await runCrashes(crashes) : await runSeeds(Number(seeds), { first: true });
  process.stdout.write(JSON.stringify(outcome));
`;
const OUTPUT = { maxBuffer: 2 ** 26 };

const execute = promisify(execFile);

export interface Found {
  name: string;
  found: boolean;
  /** What found it: `seed 3`, `crash copy/kill/17` or a unit test, and what that said. */
  by: string;
  says: string;
  milliseconds: number;
}

/** Plants each bug separately and runs what must find it; every one must be found. */
export async function runPlanted(
  name: string | undefined,
  { json, say, answer }: { json: boolean; say: (line: string) => void; answer: (value: unknown) => void },
): Promise<number> {
  const bugs = PLANTED_BUGS.filter((bug) => name === undefined || bug.name === name);
  const results: Found[] = [];
  for (const bug of bugs) {
    const result = await findPlanted(bug);
    results.push(result);
    say(result.found ? `✓ ${bug.name}\n    ${result.by}: ${result.says.slice(0, 160)}` : `✗ ${bug.name} was not found (${withinOf(bug)})`);
  }
  const missed = results.filter(({ found }) => !found).length;
  if (json) answer({ planted: results.length, found: results.length - missed, results });
  else say(`${missed === 0 ? "✓" : "✗"} ${results.length - missed} of ${results.length} planted bugs found`);
  return missed === 0 && results.length > 0 ? 0 : 3;
}

const withinOf = ({ seeds, crashes, test }: PlantedBug) =>
  test ?? (seeds === undefined ? `one crash at every request: ${crashes}` : `${seeds} seeds`);

export async function findPlanted(bug: PlantedBug): Promise<Found> {
  const started = Date.now();
  const found = bug.test === undefined ? await simulated(bug) : await tested(bug, bug.test);
  return { name: bug.name, ...found, milliseconds: Date.now() - started };
}

type Finding = Pick<Found, "found" | "by" | "says">;

async function simulated(bug: PlantedBug): Promise<Finding> {
  const folder = mkdtempSync(path.join(tmpdir(), "ossnap-sim-"));
  try {
    const outfile = path.join(folder, "sim.mjs");
    await bundle(bug, outfile);
    const { stdout } = await execute(process.execPath, [outfile, String(bug.seeds ?? ""), bug.crashes ?? ""], OUTPUT);
    const [first] = (JSON.parse(stdout) as { violations: Violation[] }).violations;
    const kind = bug.crashes === undefined ? "seed" : "crash";
    return { found: first !== undefined, by: `${kind} ${first?.seed}`, says: first ? `${first.invariant}: ${first.message}` : "" };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface TestReport {
  testResults: { message: string; assertionResults: { status: string; fullName: string }[] }[];
}

/** A file that cannot be loaded has found nothing. */
async function tested({ name }: PlantedBug, test: string): Promise<Finding> {
  const args = ["node_modules/vitest/vitest.mjs", "run", test, "--config", "test/sim/planted/vitest.config.ts", "--reporter", "json"];
  const run = execute(process.execPath, args, { ...OUTPUT, env: { ...process.env, OSSNAP_PLANTED: name, VITEST: undefined } });
  const { stdout } = await run.catch((error: { stdout?: string }) => ({ stdout: error.stdout ?? "" }));
  const { testResults } = JSON.parse(stdout) as TestReport;
  const unloaded = testResults.find(({ assertionResults }) => assertionResults.length === 0);
  if (unloaded || testResults.length === 0)
    throw new Error(`planted "${name}": ${test} did not run: ${unloaded?.message ?? "no such file"}`);
  const failed = testResults.flatMap(({ assertionResults }) => assertionResults).find(({ status }) => status === "failed");
  return { found: failed !== undefined, by: test, says: failed?.fullName ?? "" };
}

async function bundle(bug: PlantedBug, outfile: string): Promise<void> {
  await build({
    stdin: { contents: CHILD, resolveDir: path.resolve("test/sim"), loader: "ts" },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile,
    logLevel: "error",
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    plugins: [planting(bug)],
  });
}

function planting(bug: PlantedBug): Plugin {
  const files = new Map(editsOf(bug).map(({ file }) => [path.resolve(file), file]));
  return {
    name: "planted",
    setup(hooks) {
      hooks.onLoad({ filter: /\.ts$/ }, ({ path: loaded }) => {
        const file = files.get(loaded);
        return file === undefined ? undefined : { contents: planted(bug, file, readFileSync(loaded, "utf8")), loader: "ts" };
      });
    },
  };
}
