import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startOss } from "../../local/oss/startOss.ts";
import type { VirtualBucket } from "../../local/oss/store/virtualBuckets.ts";
import { runProgram } from "../../local/servers/runProgram.ts";
import { CONFIGURATIONS, REGION } from "../configurations.ts";
import { generateRepository } from "../generatedRepository.ts";
import type { PlanFigures } from "./plan.ts";

const KEYS = { accessKeyId: "bench-key-id", secretAccessKey: "bench-key-secret" };
/** With plenty of memory V8 delays garbage collection; the limit shows how much a plan needs. */
const HEAP_MB = 128;
/** The root and `index.latest`, which a copy writes last: a destination without them is one that a copy was interrupted at. */
const ROOT_KEYS = 2;

/** What the destination holds of the source before the copy is planned. */
export const FILLINGS = ["empty", "full", "half"] as const;
export type Filling = (typeof FILLINGS)[number];

export interface PlanBench {
  keys: number;
  heapLimitMb: number;
  /** By what the destination holds; `cut` is the plan for an empty one whose time was up several times, in one process. */
  plans: Record<Filling | "cut", PlanFigures & { requests: Record<string, number> }>;
}

/** Plans the copy of a generated repository, each plan in its own process against a stand-in in this one, which counts its requests. */
export async function benchPlan(blobs: number, note: (text: string) => void): Promise<PlanBench> {
  const repository = generateRepository(blobs);
  const root = await mkdtemp(join(tmpdir(), "ossnap-bench-"));
  for (const bucket of ["state", "empty"]) await mkdir(join(root, bucket));
  const virtualBuckets = { source: repository, full: part(repository, 1), half: part(repository, 2) };
  const server = await startOss({ root, port: 0, region: REGION, credentials: [KEYS], virtualBuckets });
  const config = join(root, "ossnap.json");
  await writeFile(
    config,
    JSON.stringify(CONFIGURATIONS.plan({ clusterUrl: "", ossUrl: server.url, stateDirectory: root, location: "/srv/bench" })),
  );
  const run = async (filling: Filling, cuts: number) => {
    note(`planning ${repository.count} keys, destination ${filling}${cuts > 0 ? `, cut ${cuts} times` : ""}`);
    server.requests.reset();
    const output = await planWith(config, filling, cuts);
    const requests = server.requests.counts();
    await rm(join(root, "state"), { recursive: true, force: true });
    await mkdir(join(root, "state"));
    return { ...(JSON.parse(output) as PlanFigures), requests };
  };
  try {
    const plans = {} as PlanBench["plans"];
    for (const filling of FILLINGS) plans[filling] = await run(filling, 0);
    plans.cut = await run("empty", 4);
    return { keys: repository.count, heapLimitMb: HEAP_MB, plans };
  } finally {
    await server.close();
    await rm(root, { recursive: true, force: true });
  }
}

/** Every `nth` key of the repository, without its root. */
function part(whole: VirtualBucket, nth: number): VirtualBucket {
  const at = (position: number) => ROOT_KEYS + position * nth;
  return {
    count: Math.ceil((whole.count - ROOT_KEYS) / nth),
    keyAt: (position) => whole.keyAt(at(position)),
    sizeAt: (position) => whole.sizeAt(at(position)),
    bytesOf: (key) => whole.bytesOf(key),
  };
}

function planWith(config: string, copy: string, cuts: number): Promise<string> {
  const program = fileURLToPath(new URL("plan.ts", import.meta.url));
  const env = { ...process.env, OSSNAP_CONFIG: config, BENCH_KEY_ID: KEYS.accessKeyId, BENCH_KEY_SECRET: KEYS.secretAccessKey };
  const heap = `--max-old-space-size=${HEAP_MB}`;
  return runProgram("plan", process.execPath, [heap, "--import", "tsx", program, copy, String(cuts)], { env });
}
