import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { SOURCE_LOOK_MINUTES } from "../../shared/verbs/copy/look.ts";
import { type OssServer, startOss } from "../local/oss/startOss.ts";
import { type ClusterStub, clusterStub } from "./clusterStub.ts";
import { CONFIGURATIONS, REGION, TICK_BUCKETS } from "./configurations.ts";
import type { TickAnswer, TickOrder } from "./tick.ts";

const KEYS = { accessKeyId: "bench-key-id", secretAccessKey: "bench-key-secret" };
const WATCHES = 1;
const OPEN_JOBS = [1, 100];
/** Measured ticks per situation, after the ticks that lead to it. */
const TICKS_MEASURED = 21;
/** A job is requested, its repository registered, its snapshot started; then it waits. */
const TICKS_TO_SETTLE = 4;

export interface TickFigures {
  /** Median of {@link TICKS_MEASURED} ticks. */
  milliseconds: number;
  millisecondsMax: number;
  /** Requests of one tick; the same for each tick. */
  oss: Record<string, number>;
  elasticsearch: Record<string, number>;
  /** Jobs that the tick advanced or found waiting. */
  jobs: number;
}

export interface TickBench {
  watches: number;
  /** Not included in the ticks below: each copy that follows a policy lists its source at this interval. */
  copySourceLookMinutes: number;
  /** The first tick of an instance, with its modules loaded. */
  cold: TickFigures;
  idle: TickFigures;
  /** By the number of open backups: the snapshot of one runs, and the others wait for their cluster's lane. */
  open: Record<string, TickFigures>;
}

interface Setting {
  oss: OssServer;
  cluster: ClusterStub;
  instance: ChildProcess;
}

/** Measures ticks of a warm instance in its own process, against an OSS stand-in and an Elasticsearch stub here, which count requests. */
export async function benchTick(note: (text: string) => void): Promise<TickBench> {
  const root = await mkdtemp(join(tmpdir(), "ossnap-bench-"));
  for (const bucket of TICK_BUCKETS) await mkdir(join(root, bucket));
  for (const bucket of ["source", "moved"]) await writeFile(join(root, bucket, "index-0"), '{"snapshots":[],"indices":{}}');
  const oss = await startOss({ root, port: 0, region: REGION, credentials: [KEYS] });
  const cluster = await clusterStub();
  const config = join(root, "ossnap.json");
  const parts = { clusterUrl: cluster.url, ossUrl: oss.url, stateDirectory: root, location: "/srv/bench" };
  await writeFile(config, JSON.stringify(CONFIGURATIONS.tick(parts)));
  const instance = startInstance(config);
  try {
    await order(instance, { do: "init" });
    return await measureAll({ oss, cluster, instance }, note);
  } finally {
    instance.kill();
    await Promise.all([oss.close(), cluster.close()]);
    await rm(root, { recursive: true, force: true });
  }
}

async function measureAll(setting: Setting, note: (text: string) => void): Promise<TickBench> {
  note("an idle deployment");
  const cold = await measure(setting, 1);
  await settle(setting);
  const idle = await measure(setting, TICKS_MEASURED);
  const open: Record<string, TickFigures> = {};
  let asked = 0;
  for (const jobs of OPEN_JOBS) {
    note(`${jobs} open jobs`);
    await order(setting.instance, { do: "ask", from: asked, to: jobs });
    asked = jobs;
    await settle(setting);
    open[String(jobs)] = await measure(setting, TICKS_MEASURED);
  }
  return { watches: WATCHES, copySourceLookMinutes: SOURCE_LOOK_MINUTES, cold, idle, open };
}

/** A measurement takes seconds; none may extend into a minute in which copies check their source. */
async function outsideSourceLooks(): Promise<void> {
  const isNear = () => [Date.now(), Date.now() + 20_000].some((time) => new Date(time).getUTCMinutes() % SOURCE_LOOK_MINUTES === 0);
  while (isNear()) await setTimeout(1_000);
}

async function settle({ instance }: Setting): Promise<void> {
  for (let tick = 0; tick < TICKS_TO_SETTLE; tick += 1) await order(instance, { do: "tick" });
}

/** Throws when a tick sends other requests than the one before, because the figures would be meaningless. */
async function measure({ oss, cluster, instance }: Setting, ticks: number): Promise<TickFigures> {
  const times: number[] = [];
  const requests = new Set<string>();
  let jobs = 0;
  await outsideSourceLooks();
  for (let tick = 0; tick < ticks; tick += 1) {
    oss.requests.reset();
    cluster.requests.reset();
    const { milliseconds, report } = await order(instance, { do: "tick" });
    if (report?.failed.length !== 0) throw new Error(`a look failed: ${JSON.stringify(report?.failed)}`);
    const unread = report.advanced.find(({ reason }) => reason?.code === "gather.failed");
    if (unread) throw new Error(`the stub was not understood: ${JSON.stringify(unread)}`);
    times.push(milliseconds);
    jobs = report.advanced.filter(({ outcome }) => outcome === "waiting").length;
    requests.add(JSON.stringify({ oss: oss.requests.counts(), elasticsearch: cluster.requests.counts() }));
  }
  const [only, other] = [...requests];
  if (only === undefined || other !== undefined) throw new Error(`ticks differ: ${[...requests].join(" and ")}`);
  const sorted = times.sort((a, b) => a - b).map((time) => Math.round(time * 10) / 10);
  const counts = JSON.parse(only) as Pick<TickFigures, "oss" | "elasticsearch">;
  return { milliseconds: sorted[Math.floor(ticks / 2)] ?? 0, millisecondsMax: sorted.at(-1) ?? 0, ...counts, jobs };
}

async function order(instance: ChildProcess, what: TickOrder): Promise<Exclude<TickAnswer, { error: string }>> {
  instance.send(what);
  const [answer] = (await once(instance, "message")) as [TickAnswer];
  if ("error" in answer) throw new Error(`the instance: ${answer.error}`);
  return answer;
}

function startInstance(config: string): ChildProcess {
  const env = { ...process.env, OSSNAP_CONFIG: config, BENCH_KEY_ID: KEYS.accessKeyId, BENCH_KEY_SECRET: KEYS.secretAccessKey };
  const program = fileURLToPath(new URL("tick.ts", import.meta.url));
  return fork(program, { env, execArgv: ["--import", "tsx"], stdio: ["ignore", "ignore", "inherit", "ipc"] });
}
