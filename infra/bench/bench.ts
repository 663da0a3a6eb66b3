import { parseArgs } from "node:util";
import { messageOf } from "../../shared/model/errors.ts";
import { benchCold } from "./cold/coldBench.ts";
import { benchCopy } from "./copy/copyBench.ts";
import { benchCost } from "./cost/costBench.ts";
import { benchGate } from "./gateBench.ts";
import { benchPlan } from "./plan/planBench.ts";
import { benchPreflight } from "./preflightBench.ts";
import { benchPrune } from "./pruneBench.ts";
import { benchRoot } from "./rootBench.ts";
import { benchScale } from "./scale/scale.ts";
import { benchTick } from "./tickBench.ts";
import { benchVerify } from "./verifyBench.ts";

const USAGE =
  "bench: write `verify [--blobs 1000000] [--json]`, `gate [--blobs 100000] [--json]`, `root [--json]`, `tick [--json]`, `prune [--json]`, `preflight [--json]`, `plan [--blobs 1000000] [--json]`, `cold [--json]`, `cost [--json]`, `scale [--json]` or `copy [--json]`";

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { blobs: { type: "string", default: "1000000" }, json: { type: "boolean", default: false } },
  });
  const [what] = positionals;
  const blobs = Number(values.blobs);
  const note = (text: string) => process.stderr.write(`bench: ${text}\n`);
  const benches: Record<string, () => Promise<object>> = {
    verify: () => benchVerify(blobs, note),
    gate: () => benchGate(blobs, note),
    root: benchRoot,
    tick: () => benchTick(note),
    prune: () => benchPrune(note),
    preflight: () => benchPreflight(note),
    plan: () => benchPlan(blobs, note),
    cold: () => benchCold(note),
    copy: () => benchCopy(note),
    cost: () => benchCost(note),
    scale: async () => benchScale(),
  };
  const bench = benches[what ?? ""];
  if (bench === undefined || !Number.isSafeInteger(blobs) || blobs < 1) throw new Error(USAGE);
  const figures = await bench();
  console.log(values.json ? JSON.stringify(figures) : JSON.stringify(figures, null, 2));
  return 0;
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  return 1;
});
