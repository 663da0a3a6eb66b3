import { parseArgs } from "node:util";
import { seededRandom } from "../sim/random.ts";
import { fuzzBlobs } from "./blobs.ts";
import { fuzzRequests } from "./requests.ts";
import type { Fuzzed } from "./types.ts";

const FINDINGS_SHOWN = 10;

/** `npm run -s fuzz -- --blobs 100000 --requests 10000 [--seed 1]`; exits with 3 if anything ended without a typed error. */
const { values } = parseArgs({
  options: {
    blobs: { type: "string", default: "100000" },
    requests: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
  },
});

const fuzzed: Record<string, Fuzzed> = {
  blobs: await fuzzBlobs(Number(values.blobs), seededRandom(values.seed)),
  requests: await fuzzRequests(Number(values.requests), seededRandom(values.seed)),
};
for (const [name, { count, outcomes, findings }] of Object.entries(fuzzed)) {
  const tally = Object.entries(outcomes).map(([outcome, times]) => `${outcome} ${times}`);
  process.stdout.write(`${findings.length === 0 ? "✓" : "✗"} ${count} ${name}: ${tally.join(", ")}; ${findings.length} findings\n`);
  for (const { what, message, stack } of findings.slice(0, FINDINGS_SHOWN))
    process.stdout.write(`  ${what}\n    ${message}\n    ${stack ?? ""}\n`);
}
process.exitCode = Object.values(fuzzed).some(({ findings }) => findings.length > 0) ? 3 : 0;
