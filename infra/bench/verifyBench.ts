import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type OssServer, startOss } from "../local/oss/startOss.ts";
import { runProgram } from "../local/servers/runProgram.ts";
import { installRclone } from "../local/servers/s3.ts";
import { generateRepository } from "./generatedRepository.ts";
import type { ProofFigures } from "./prove.ts";

const BUCKET = "bench";
const REGION = "cn-hangzhou";
const KEYS = { accessKeyId: "bench-key-id", secretAccessKey: "bench-key-secret" };

/** With plenty of memory V8 delays garbage collection; the limit shows how much the proof needs. */
const HEAP_MB = 128;

/** The proof of a generated repository compared with a plain listing of the same keys; `ratio` is the ratio of the seconds. */
export interface VerifyFigures {
  keys: number;
  /** The minimum for a proof: listing pages, metadata blobs, and a check of the roots before and after. */
  needed: { list: number; get: number };
  ours: { seconds: number; requests: Record<string, number>; maxRssBytes: number; heapLimitMb: number; verdict: string; blobs: number };
  rclone: { seconds: number; requests: Record<string, number> };
  ratio: number;
}

/** Both run in their own processes against one stand-in in this process, which counts their requests. */
export async function benchVerify(blobs: number, onNote: (text: string) => void): Promise<VerifyFigures> {
  const rclone = await installRclone(onNote);
  const repository = generateRepository(blobs);
  const root = await mkdtemp(join(tmpdir(), "ossnap-bench-"));
  const server = await startOss({ root, port: 0, region: REGION, credentials: [KEYS], virtualBuckets: { [BUCKET]: repository } });
  try {
    onNote(`proving ${repository.count} keys`);
    const ours = await timed(server, () => prove(server.url, repository.snapshot));
    onNote("listing them with rclone");
    const theirs = await timed(server, () => listWithRclone(rclone, server.url));
    const { verdict, blobs: proven, maxRssBytes } = JSON.parse(ours.output) as ProofFigures;
    return {
      keys: repository.count,
      needed: { list: Math.ceil(repository.count / 1000) + 2, get: repository.metadataBlobs },
      ours: { seconds: ours.seconds, requests: ours.requests, maxRssBytes, heapLimitMb: HEAP_MB, verdict, blobs: proven },
      rclone: { seconds: theirs.seconds, requests: theirs.requests },
      ratio: Math.round((ours.seconds / theirs.seconds) * 100) / 100,
    };
  } finally {
    await server.close();
    await rm(root, { recursive: true, force: true });
  }
}

async function timed(server: OssServer, run: () => Promise<string>) {
  server.requests.reset();
  const startedMs = performance.now();
  const output = await run();
  const seconds = Math.round(performance.now() - startedMs) / 1000;
  return { output, seconds, requests: server.requests.counts() };
}

function prove(endpoint: string, snapshot: string): Promise<string> {
  const program = fileURLToPath(new URL("prove.ts", import.meta.url));
  const env = { ...process.env, BENCH_KEY_ID: KEYS.accessKeyId, BENCH_KEY_SECRET: KEYS.secretAccessKey };
  return runProgram(
    "proof",
    process.execPath,
    [`--max-old-space-size=${HEAP_MB}`, "--import", "tsx", program, endpoint, BUCKET, snapshot],
    { env },
  );
}

/** An S3 remote configured by the environment only, path style as for any non-AWS endpoint; the listing is discarded. */
function listWithRclone(rclone: string, endpoint: string): Promise<string> {
  const remote = {
    TYPE: "s3",
    PROVIDER: "Other",
    ENDPOINT: endpoint,
    REGION,
    ACCESS_KEY_ID: KEYS.accessKeyId,
    SECRET_ACCESS_KEY: KEYS.secretAccessKey,
    FORCE_PATH_STYLE: "true",
    LIST_VERSION: "2",
  };
  const env = Object.fromEntries(Object.entries(remote).map(([name, value]) => [`RCLONE_CONFIG_BENCH_${name}`, value]));
  const command = 'exec "$0" lsf -R --fast-list --config "" "$1" > /dev/null';
  return runProgram("listing with rclone", "sh", ["-c", command, rclone, `bench:${BUCKET}`], { env: { ...process.env, ...env } });
}
