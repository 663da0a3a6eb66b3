import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "../../../shared/model/errors.ts";
import { makeServerDirectories, requireEnterable, serverUid } from "../host/places.ts";
import { openDistribution } from "./distribution.ts";
import { type ElasticsearchVersion, elasticsearchVersion, type NodeSettings } from "./elasticsearchVersions.ts";
import { requireFreePort } from "./ports.ts";
import { type Child, startChild, tailOf } from "./process.ts";
import { requireJava } from "./tools.ts";
import { waitForHttp } from "./waitForHttp.ts";

const HEAP_MB_DEFAULT = 512;
/** Measured start times are six to twenty seconds; two concurrent starts on two busy cores take longer. */
const START_TIMEOUT_MS = 180_000;

export interface ElasticsearchOptions {
  version: string;
  /** The cluster's name: `source`. */
  name: string;
  httpPort: number;
  transportPort: number;
  /** Data, logs and configuration of this node; created if missing and handed over to the server's uid. */
  runDirectory: string;
  /** The permitted locations of `fs` repositories; created if missing and handed over, with their contents, to the server's uid. */
  repoDirectories: string[];
  heapMb?: number;
  /** Of the node, which awareness and filters find. */
  attributes?: Readonly<Record<string, string>>;
  /** Called for steps that take seconds. */
  onNote?: (text: string) => void;
}

export interface ElasticsearchServer {
  url: string;
  version: string;
  pid: number;
  /** Requests a clean stop and waits; the data is kept. */
  stop(): Promise<void>;
  /** Simulates a power failure. */
  kill(): Promise<void>;
}

/**
 * Starts a real single-node Elasticsearch on 127.0.0.1 and waits until it responds; it never outlives this process.
 * Errors: `conflict` for a port in use, `invalid` for an unknown version, a missing Java or a directory its uid cannot enter, `transient`
 * with the end of the log when it cannot be fetched or dies.
 */
export async function startElasticsearch(options: ElasticsearchOptions): Promise<ElasticsearchServer> {
  const { name, httpPort, runDirectory, repoDirectories, onNote = () => undefined } = options;
  const subject = `${name} Elasticsearch`;
  const version = elasticsearchVersion(options.version);
  await requireFreePort(httpPort, subject);
  await requireFreePort(options.transportPort, `${subject}, transport`);
  const java = await requireJava(version.java);
  const home = await openDistribution(version, onNote);
  const node = { ...options, heapMb: options.heapMb ?? HEAP_MB_DEFAULT };
  await prepareRun(version, node, home);
  for (const directory of [runDirectory, ...repoDirectories]) await requireEnterable(directory, subject);

  onNote(`starting ${subject} ${options.version} on port ${httpPort}`);
  const uid = serverUid();
  const logFile = join(runDirectory, "output.log");
  const child = await startChild({
    name: subject,
    ...version.command(node, home, java.home),
    cwd: runDirectory,
    logFile,
    pidFile: `${runDirectory}.pid`,
    uid,
    gid: uid,
  });
  const url = `http://127.0.0.1:${httpPort}`;
  await waitUntilUp(url, { child, subject, logFile: join(runDirectory, "logs", `${name}.log`) });
  return { url, version: options.version, pid: child.pid, stop: () => child.stop(), kill: () => child.kill() };
}

async function prepareRun(version: ElasticsearchVersion, node: NodeSettings, home: string): Promise<void> {
  const config = join(node.runDirectory, "config");
  await mkdir(config, { recursive: true });
  await cp(join(home, "config"), config, { recursive: true });
  // Some distributions lack this directory, from which 2.x reads scripts.
  await mkdir(join(config, "scripts"), { recursive: true });
  await writeFile(join(config, "elasticsearch.yml"), version.config(node));
  await pointJvmOptionsAt(node.runDirectory, join(config, "jvm.options"));
  const directories = ["data", "logs", "tmp"].map((name) => join(node.runDirectory, name));
  await makeServerDirectories([...directories, node.runDirectory, ...node.repoDirectories]);
}

/** 8.x writes its GC log relative to the distribution, where its uid has no write permission. */
async function pointJvmOptionsAt(runDirectory: string, path: string): Promise<void> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    // The slim zips of 5.x and 6.x have no such file and need no changes.
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return;
  const absolute = text.replaceAll("=logs/", `=${runDirectory}/logs/`).replaceAll("HeapDumpPath=data", `HeapDumpPath=${runDirectory}/data`);
  await writeFile(path, absolute);
}

async function waitUntilUp(url: string, { child, subject, logFile }: { child: Child; subject: string; logFile: string }): Promise<void> {
  try {
    // `GET /` is no liveness check: the slim distributions of 8.x and later answer 405.
    const health = `${url}/_cluster/health?timeout=1s&master_timeout=1s`;
    await waitForHttp(health, { child, timeoutMs: START_TIMEOUT_MS, isReady: (status) => status === 200 });
  } catch (cause) {
    const end = child.ended();
    await child.kill();
    const said = [child.logTail(), tailOf(logFile)].filter((text) => text !== "").join("\n");
    const what = end === undefined ? "did not become ready" : `ended with ${end} while starting`;
    throw new AppError("transient", `${subject} at ${url} ${what}; the end of its log:`, { cause, lines: said.split("\n") });
  }
}
