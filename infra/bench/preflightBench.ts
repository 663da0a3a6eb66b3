import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { initialise } from "../../shared/runtime/initialise.ts";
import { readSettings } from "../../shared/runtime/settings.ts";
import { openWorld } from "../../shared/runtime/wire.ts";
import { preflightRestore } from "../../shared/verbs/restore/askByHand.ts";
import { startOss } from "../local/oss/startOss.ts";
import { clusterStub } from "./clusterStub.ts";
import { CONFIGURATIONS, REGION } from "./configurations.ts";
import { generateRepository } from "./generatedRepository.ts";

const KEYS = { accessKeyId: "bench-key-id", secretAccessKey: "bench-key-secret" };
const INDICES = [1, 10, 1_000];
const RUNS = 3;
/** Restores what 5.5 wrote, and is asked for running work too. */
const VERSION = "6.7.0";

interface PreflightFigures {
  /** Requests of one preflight, which are the same for each. */
  elasticsearch: Record<string, number>;
  oss: Record<string, number>;
  /** Of the fastest of {@link RUNS}, the proof of all blobs included. */
  milliseconds: number;
  checks: number;
}

/** A restore's dry run by the number of indices, in this process, against a stub of Elasticsearch and a stand-in for OSS that count requests. */
export async function benchPreflight(
  note: (text: string) => void,
  numbers: readonly number[] = INDICES,
): Promise<Record<string, PreflightFigures>> {
  const figures: Record<string, PreflightFigures> = {};
  for (const indices of numbers) {
    note(`${indices} indices`);
    figures[indices] = await withIndices(indices);
  }
  return figures;
}

async function withIndices(indices: number): Promise<PreflightFigures> {
  const root = await mkdtemp(join(tmpdir(), "ossnap-bench-"));
  await mkdir(join(root, "state"));
  const repository = generateRepository(0, "uuids", { indices, filesPerShard: 2 });
  const oss = await startOss({ root, port: 0, region: REGION, credentials: [KEYS], virtualBuckets: { moved: repository } });
  const cluster = await clusterStub(VERSION);
  try {
    const parts = { clusterUrl: cluster.url, ossUrl: oss.url, stateDirectory: join(root, "state"), location: "/srv/bench" };
    const path = join(root, "ossnap.json");
    await writeFile(path, JSON.stringify(CONFIGURATIONS.preflight(parts)));
    const env = { ALIBABA_CLOUD_ACCESS_KEY_ID: KEYS.accessKeyId, ALIBABA_CLOUD_ACCESS_KEY_SECRET: KEYS.secretAccessKey };
    const settings = readSettings(path, env);
    const context = { requestId: "bench", function: { name: "bench", timeout: 3600 } };
    await initialise(settings, context);
    const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const times: number[] = [];
    let checks = 0;
    for (let run = 0; run < RUNS; run += 1) {
      const world = await openWorld(settings, { functionName: "bench", context, startedMs: Date.now(), logger });
      oss.requests.reset();
      cluster.requests.reset();
      const startedMs = performance.now();
      const request = { snapshot: "latest", repository: "moved", to: "bench", indices: ["*"] };
      const report = await preflightRestore(world, request);
      times.push(performance.now() - startedMs);
      if (report.targets.length !== indices || report.refused)
        throw new Error(`not restorable: ${JSON.stringify(report.checks).slice(0, 900)}`);
      checks = report.checks.length;
    }
    return { elasticsearch: cluster.requests.counts(), oss: oss.requests.counts(), milliseconds: Math.round(Math.min(...times)), checks };
  } finally {
    await Promise.all([oss.close(), cluster.close()]);
    await rm(root, { recursive: true, force: true });
  }
}
