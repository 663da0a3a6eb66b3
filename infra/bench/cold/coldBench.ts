import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { BUNDLED, type Bundle, bundleFunctions } from "../../deploy/bundle.ts";
import { oldestNode } from "../../deploy/bundling/oldestNode.ts";
import { zippedBytes } from "../../deploy/bundling/zippedBytes.ts";
import { FUNCTION_NAMES, type FunctionName } from "../../deploy/functionLimits.ts";

const run = promisify(execFile);

/** Fresh processes of each kind, one of each in turn, so that a busy moment of the machine is everybody's. */
const PROCESSES = 20;

/** Writes how long it took to load its arguments, and the processor's part of it, in milliseconds. */
const LOADER = `const started = performance.now();
const before = process.cpuUsage();
for (const file of process.argv.slice(2)) require(file);
const { user, system } = process.cpuUsage(before);
process.stdout.write(JSON.stringify({ milliseconds: performance.now() - started, cpuMilliseconds: (user + system) / 1000 }));
`;

type Loaded = Record<"milliseconds" | "cpuMilliseconds", number>;

const OSS = "shared/adapters/oss/blobStore.ts";
const ELASTICSEARCH = "shared/adapters/elasticsearch/cluster.ts";

/** The sources whose files an invocation loads beside `index.js`, by what it does; each brings what it needs, and the vendor's library. */
const USES = {
  /** The function's own file, which alone is loaded before its handler runs. */
  start: [],
  /** Every invocation reads the state: its first request loads the client of OSS. */
  state: [OSS],
  /** The first call to a cluster loads the client of Elasticsearch too. */
  cluster: [OSS, ELASTICSEARCH],
  /** The step of a job loads its kind: this is the largest. */
  restore: [OSS, ELASTICSEARCH, "shared/verbs/restore/job.ts"],
} as const;
type Use = keyof typeof USES;

/** Medians of fresh processes. */
export interface ColdFigure extends Loaded {
  /** Of the peer's median in the same run. */
  toPeer: number;
  /** The same of the processor's time, which other work on the machine changes less. */
  cpuToPeer: number;
}

export interface ColdBench {
  /** The version of Node that loaded everything. */
  node: string;
  processes: number;
  /** ali-oss alone, in one file as well, with nothing left out. */
  peer: Loaded & { name: string };
  functions: Record<string, Record<Use, ColdFigure> & { indexBytes: number; zippedBytes: number }>;
}

export interface ColdOptions {
  processes?: number;
  nodeOf?: () => Promise<{ node: string; version: string }>;
  names?: readonly FunctionName[];
}

/** Loads every bundle, and what its first requests load, in fresh processes of the oldest Node that Function Compute is known to use. */
export async function benchCold(
  note: (text: string) => void,
  { processes = PROCESSES, nodeOf = oldestNode, names = FUNCTION_NAMES }: ColdOptions = {},
): Promise<ColdBench> {
  const outDir = await mkdtemp(join(tmpdir(), "ossnap-cold-"));
  try {
    const bundles = await bundleFunctions({ configText: await readFile("ossnap.yaml", "utf8"), outDir, names });
    const { node, version } = await nodeOf();
    const loader = join(outDir, "loader.cjs");
    await writeFile(loader, LOADER);
    const subjects = [{ id: PEER, files: [await bundlePeer(outDir)] }, ...subjectsOf(bundles)];
    const times = new Map(subjects.map(({ id }) => [id, [] as Loaded[]]));
    for (let round = 1; round <= processes; round += 1) {
      note(`round ${round} of ${processes}`);
      for (const { id, files } of subjects) times.get(id)?.push(JSON.parse((await run(node, [loader, ...files])).stdout));
    }
    const medianOf = (id: string) => ({
      milliseconds: median((times.get(id) ?? []).map(({ milliseconds }) => milliseconds)),
      cpuMilliseconds: median((times.get(id) ?? []).map(({ cpuMilliseconds }) => cpuMilliseconds)),
    });
    return { node: version, processes, ...(await figuresOf(bundles, medianOf)) };
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
}

const PEER = "ali-oss";

async function bundlePeer(outDir: string): Promise<string> {
  const outfile = join(outDir, "peer", "ali-oss.js");
  const stdin = { contents: `module.exports = require(${JSON.stringify(PEER)});`, resolveDir: process.cwd() };
  await build({ ...BUNDLED, plugins: [], stdin, outfile });
  return outfile;
}

function subjectsOf(bundles: readonly Bundle[]): { id: string; files: string[] }[] {
  return bundles.flatMap(({ name, path, files }) =>
    Object.entries(USES).map(([use, sources]) => ({
      id: `${name}/${use}`,
      files: [path, ...sources.map((source) => join(dirname(path), fileWith(files, source)))],
    })),
  );
}

function fileWith(files: Bundle["files"], source: string): string {
  const found = files.find(({ sources }) => sources.some((one) => one.endsWith(source)));
  if (found === undefined) throw new Error(`no file of the bundle has ${source}`);
  return found.file;
}

async function figuresOf(bundles: readonly Bundle[], medianOf: (id: string) => Loaded): Promise<Pick<ColdBench, "peer" | "functions">> {
  const peer = medianOf(PEER);
  const figure = (id: string): ColdFigure => {
    const { milliseconds, cpuMilliseconds } = medianOf(id);
    const toPeer = rounded(milliseconds / peer.milliseconds, 100);
    return { ...shown({ milliseconds, cpuMilliseconds }), toPeer, cpuToPeer: rounded(cpuMilliseconds / peer.cpuMilliseconds, 100) };
  };
  const functions: ColdBench["functions"] = {};
  for (const { name, path, sizeBytes } of bundles)
    functions[name] = {
      start: figure(`${name}/start`),
      state: figure(`${name}/state`),
      cluster: figure(`${name}/cluster`),
      restore: figure(`${name}/restore`),
      indexBytes: sizeBytes,
      zippedBytes: await zippedBytes(dirname(path)),
    };
  return { peer: { name: PEER, ...shown(peer) }, functions };
}

function shown({ milliseconds, cpuMilliseconds }: Loaded): Loaded {
  return { milliseconds: rounded(milliseconds), cpuMilliseconds: rounded(cpuMilliseconds) };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function rounded(value: number, parts = 10): number {
  return Math.round(value * parts) / parts;
}
