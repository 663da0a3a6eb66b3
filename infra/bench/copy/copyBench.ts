import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { BUNDLED, IMPORT_META_URL } from "../../deploy/bundle.ts";
import { type OssServer, startOss } from "../../local/oss/startOss.ts";
import { freePort } from "../../local/servers/ports.ts";
import { runProgram } from "../../local/servers/runProgram.ts";
import { installRclone, startS3 } from "../../local/servers/s3.ts";
import { REGION } from "../configurations.ts";
import type { CopyFigures } from "./copyProcess.ts";
import { type RcloneFigures, rcloneWith } from "./rcloneRuns.ts";
import { COPY_SHAPE, type RepositoryShape, type WrittenRepository, writeRepository } from "./writtenRepository.ts";

const KEYS = { accessKeyId: "bench-key-id", secretAccessKey: "bench-key-secret" };
const SOURCE = "source";
const TRANSFERS = [4, 16, 64];
const BLOBS_AT_ONCE = [16, 64];
/** Of each, in turn, so that a busy moment of the machine is everybody's; the best counts. */
const ROUNDS = 3;

export interface CopyBenchOptions {
  shape?: RepositoryShape;
  rounds?: number;
}

/** Without the start of the process. */
interface Run {
  seconds: number;
  objectsPerSecond: number;
  cpuSeconds: number;
}

interface OurRun extends Run {
  blobsAtOnce: number;
  /** Of the whole copy, which plans, moves, proves what arrived and publishes the root. */
  movingSeconds: number;
  movingCpuSeconds: number;
  /** Of both stores while batches were moved, for each object; the state's are beside them. */
  requestsPerObject: number;
  requests: Record<string, number>;
  stateRequests: number;
  secondSeconds: number;
  secondCpuSeconds: number;
  maxRssMegabytes: number;
  all: number[];
}

interface TheirRun extends Run {
  transfers: number;
  /** At the destination. */
  requestsPerObject: number;
  secondSeconds: number;
  secondCpuSeconds: number;
  all: number[];
}

export interface CopyBench {
  objects: number;
  bytes: number;
  ours: OurRun[];
  rclone: TheirRun[];
  /** The worse of ours beside the best of rclone: of whole copies, and of moving alone, which is what rclone does. */
  ratios: Record<"objectsPerSecond" | "movingObjectsPerSecond" | "cpu" | "movingCpu" | "second", number>;
}

interface Stage {
  note: (text: string) => void;
  root: string;
  oss: OssServer;
  state: OssServer;
  source: string;
  bundle: string;
  rclone: (args: readonly string[]) => Promise<RcloneFigures>;
  repository: WrittenRepository;
}

/** A real repository is copied from an S3 server into the OSS stand-in, by ossnap's own code in a process of its own and by rclone, in turn. */
export async function benchCopy(
  note: (text: string) => void,
  { shape = COPY_SHAPE, rounds = ROUNDS }: CopyBenchOptions = {},
): Promise<CopyBench> {
  const program = await installRclone(note);
  const root = await mkdtemp(join(tmpdir(), "ossnap-bench-copy-"));
  const closers: (() => Promise<void>)[] = [() => rm(root, { recursive: true, force: true })];
  try {
    note("writing a repository");
    const repository = await writeRepository(join(root, "s3", SOURCE), shape);
    for (const directory of ["oss", "state/state"]) await mkdir(join(root, directory), { recursive: true });
    const s3 = await startS3({ root: join(root, "s3"), port: await freePort(), ...KEYS });
    closers.push(s3.close);
    const oss = await startOss({ root: join(root, "oss"), port: 0, region: REGION, credentials: [KEYS] });
    closers.push(oss.close);
    const state = await startOss({ root: join(root, "state"), port: 0, region: REGION, credentials: [KEYS] });
    closers.push(state.close);
    const bundle = await bundled(root);
    const rclone = rcloneWith(program, {
      src: { endpoint: s3.url, region: "us-east-1", ...KEYS },
      dst: { endpoint: oss.url, region: REGION, ...KEYS },
    });
    return await inTurn({ note, root, oss, state, source: s3.url, bundle, rclone, repository }, rounds);
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

async function inTurn(stage: Stage, rounds: number): Promise<CopyBench> {
  const { blobs: objects, bytes } = stage.repository;
  const ours = new Map<number, OurRun[]>();
  const theirs = new Map<number, TheirRun[]>();
  const start = await stage.rclone(["version"]);
  for (let round = 1; round <= rounds; round += 1) {
    stage.note(`round ${round} of ${rounds}`);
    for (const [at, transfers] of TRANSFERS.entries()) {
      theirs.set(transfers, [...(theirs.get(transfers) ?? []), await runTheirs(stage, transfers, start)]);
      const blobsAtOnce = BLOBS_AT_ONCE[at];
      if (blobsAtOnce !== undefined) ours.set(blobsAtOnce, [...(ours.get(blobsAtOnce) ?? []), await runOurs(stage, blobsAtOnce)]);
    }
  }
  const [our, their] = [[...ours.values()].map(best), [...theirs.values()].map(best)];
  return { objects, bytes, ours: our, rclone: their, ratios: ratiosOf(our, their) };
}

/** Of the one that was faster than the others of its kind; all are named beside it. */
function best<One extends Run & { secondSeconds: number; all: number[] }>(runs: readonly One[]): One {
  const [fastest] = [...runs].sort((one, other) => one.seconds - other.seconds) as [One];
  const secondSeconds = Math.min(...runs.map((run) => run.secondSeconds));
  return { ...fastest, secondSeconds, all: runs.map(({ seconds }) => seconds) };
}

function ratiosOf(ours: readonly OurRun[], theirs: readonly TheirRun[]): CopyBench["ratios"] {
  const worst = (what: (run: OurRun) => number) => Math.max(...ours.map(what));
  const least = (what: "seconds" | "cpuSeconds" | "secondSeconds") => Math.min(...theirs.map((run) => run[what]));
  return {
    objectsPerSecond: rounded(least("seconds") / worst(({ seconds }) => seconds)),
    movingObjectsPerSecond: rounded(least("seconds") / worst(({ movingSeconds }) => movingSeconds)),
    cpu: rounded(worst(({ cpuSeconds }) => cpuSeconds) / least("cpuSeconds")),
    movingCpu: rounded(worst(({ movingCpuSeconds }) => movingCpuSeconds) / least("cpuSeconds")),
    second: rounded(worst(({ secondSeconds }) => secondSeconds) / least("secondSeconds")),
  };
}

async function runTheirs({ root, oss, rclone, repository }: Stage, transfers: number, start: RcloneFigures): Promise<TheirRun> {
  const bucket = `rclone-${transfers}`;
  await mkdir(join(root, "oss", bucket), { recursive: true });
  const between = [`src:${SOURCE}`, `dst:${bucket}/copied`];
  oss.requests.reset();
  const first = await rclone(["copy", "--transfers", String(transfers), "--checkers", String(transfers), ...between]);
  const requests = sum(oss.requests.counts());
  const second = await rclone(["copy", "--checksum", "--fast-list", ...between]);
  await rm(join(root, "oss", bucket), { recursive: true });
  return {
    transfers,
    ...runOf(repository, { seconds: first.seconds - start.seconds, cpuSeconds: first.cpuSeconds - start.cpuSeconds }),
    requestsPerObject: rounded(requests / repository.blobs),
    secondSeconds: rounded(second.seconds - start.seconds),
    secondCpuSeconds: rounded(second.cpuSeconds - start.cpuSeconds),
    all: [],
  };
}

async function runOurs({ root, oss, state, source, bundle, repository }: Stage, blobsAtOnce: number): Promise<OurRun> {
  const bucket = `ours-${blobsAtOnce}`;
  await mkdir(join(root, "oss", bucket), { recursive: true });
  const config = join(root, `${bucket}.json`);
  await writeFile(config, JSON.stringify(configOf({ bucket, source, oss: oss.url, state: state.url })));
  const env = { ...process.env, OSSNAP_CONFIG: config };
  const output = await runProgram("the copier", process.execPath, [bundle, "move", String(blobsAtOnce)], { env });
  const { first, second, maxRssBytes } = JSON.parse(output) as CopyFigures;
  if (first.moved.blobs !== repository.blobs || second.moved.blobs !== 0)
    throw new Error(`the copier: moved ${JSON.stringify([first, second])}`);
  await rm(join(root, "oss", bucket), { recursive: true });
  const isState = ([call]: [string, number]) => / state\./.test(call);
  const moving = Object.entries(first.movingRequests).filter((entry) => !isState(entry));
  return {
    blobsAtOnce,
    ...runOf(repository, first),
    movingSeconds: rounded(first.movingSeconds),
    movingCpuSeconds: rounded(first.movingCpuSeconds),
    requestsPerObject: rounded(sum(Object.fromEntries(moving)) / repository.blobs, 1000),
    requests: Object.fromEntries(Object.entries(first.requests).filter((entry) => !isState(entry))),
    stateRequests: sum(Object.fromEntries(Object.entries(first.requests).filter(isState))),
    secondSeconds: rounded(second.seconds),
    secondCpuSeconds: rounded(second.cpuSeconds),
    maxRssMegabytes: Math.round(maxRssBytes / 1024 / 1024),
    all: [],
  };
}

function runOf({ blobs }: WrittenRepository, { seconds, cpuSeconds }: { seconds: number; cpuSeconds: number }): Run {
  return { seconds: rounded(seconds), objectsPerSecond: Math.round(blobs / seconds), cpuSeconds: rounded(cpuSeconds) };
}

function configOf({ bucket, source, oss, state }: { bucket: string; source: string; oss: string; state: string }): object {
  const place = (endpoint: string, name: string) => ({ store: "oss", bucket: name, endpoint, region: REGION, ...KEYS });
  const blobs = { store: "s3", bucket: SOURCE, endpoint: source, region: "us-east-1", basePath: "", ...KEYS };
  const register = { type: "s3", settings: { bucket: SOURCE } };
  const { store: _, ...stored } = place(state, "state");
  return {
    version: 1,
    state: { ...stored, prefix: `${bucket}-${Date.now()}/` },
    clusters: { bench: { url: "http://127.0.0.1:1" } },
    repositories: { aws: { cluster: "bench", register, blobs } },
    copies: { move: { from: "aws", to: { ...place(oss, bucket), basePath: "copied" }, snapshots: "all" } },
  };
}

/** One file, as a function's bundle is: a loader of TypeScript would be most of the process's memory. */
async function bundled(root: string): Promise<string> {
  const outfile = join(root, "copyProcess.cjs");
  const entry = fileURLToPath(new URL("copyProcess.ts", import.meta.url));
  await build({ ...BUNDLED, entryPoints: [entry], outfile, banner: { js: IMPORT_META_URL } });
  return outfile;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function rounded(value: number, parts = 100): number {
  return Math.round(value * parts) / parts;
}
