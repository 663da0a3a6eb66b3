import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { build, type Plugin } from "esbuild";
import type { Violation } from "../simulate.ts";
import { PLANTED_BUGS, type PlantedBug } from "./bugs.ts";

/** Only the part of the simulator that a planted bug needs: seeds until the first violation, or crashes. */
const CHILD = `
  import { runCrashes, runSeeds } from "./runs.ts";
  const [seeds, crashes] = process.argv.slice(2);
  const outcome = seeds === "" ? await runCrashes(crashes) : await runSeeds(Number(seeds), { first: true });
  process.stdout.write(JSON.stringify(outcome));
`;

const execute = promisify(execFile);

export interface Found {
  name: string;
  found: boolean;
  /** The first violation. */
  violation: Violation | undefined;
  milliseconds: number;
}

/** Plants each bug separately into a bundle of the simulator and runs it; every one must be found. */
export async function runPlanted(
  name: string | undefined,
  { json, say, answer }: { json: boolean; say: (line: string) => void; answer: (value: unknown) => void },
): Promise<number> {
  const bugs = PLANTED_BUGS.filter((bug) => name === undefined || bug.name === name);
  const results: Found[] = [];
  for (const bug of bugs) {
    const result = await findPlanted(bug);
    results.push(result);
    const where = result.violation
      ? `seed ${result.violation.seed}: ${result.violation.invariant}: ${result.violation.message.slice(0, 120)}`
      : "";
    say(`${result.found ? "✓" : "✗"} ${bug.name}${result.found ? `\n    ${where}` : ` was not found (${withinOf(bug)})`}`);
  }
  const missed = results.filter(({ found }) => !found).length;
  if (json) answer({ planted: results.length, found: results.length - missed, results });
  else say(`${missed === 0 ? "✓" : "✗"} ${results.length - missed} of ${results.length} planted bugs found`);
  return missed === 0 && results.length > 0 ? 0 : 3;
}

const withinOf = ({ seeds, crashes }: PlantedBug) => (seeds === undefined ? `one crash at every request: ${crashes}` : `${seeds} seeds`);

export async function findPlanted(bug: PlantedBug): Promise<Found> {
  const started = Date.now();
  const folder = mkdtempSync(path.join(tmpdir(), "ossnap-sim-"));
  try {
    const outfile = path.join(folder, "sim.mjs");
    await bundle(bug, outfile);
    const { stdout } = await execute(process.execPath, [outfile, String(bug.seeds ?? ""), bug.crashes ?? ""], { maxBuffer: 2 ** 26 });
    const { violations } = JSON.parse(stdout) as { violations: Violation[] };
    return { name: bug.name, found: violations.length > 0, violation: violations[0], milliseconds: Date.now() - started };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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

function planting({ name, file, find, replace }: PlantedBug): Plugin {
  return {
    name: "planted",
    setup(hooks) {
      const planted = path.resolve(file);
      hooks.onLoad({ filter: /\.ts$/ }, ({ path: loaded }) => {
        if (loaded !== planted) return undefined;
        const [before, after, ...more] = readFileSync(loaded, "utf8").split(find);
        if (before === undefined || after === undefined || more.length > 0)
          throw new Error(`planted "${name}": its text does not occur exactly once in ${file}`);
        return { contents: before + replace + after, loader: "ts" };
      });
    },
  };
}
