import { type MemoryBucket, memoryBlobStore } from "../../shared/adapters/memory/blobStore.ts";
import { type MemoryCluster, memoryCluster } from "../../shared/adapters/memory/cluster.ts";
import { memoryPlaces } from "../../shared/adapters/memory/clusterPlaces.ts";
import { type MemoryInstances, memoryInstances } from "../../shared/adapters/memory/instances.ts";
import { type FaultyBlobStore, faulty } from "../../shared/adapters/wrap/faultyBlobStore.ts";
import { redactingNotifier, redactingStore } from "../../shared/adapters/wrap/redacting.ts";
import { jobLog } from "../../shared/jobs/log.ts";
import type { World } from "../../shared/jobs/world.ts";
import type { BlobStore } from "../../shared/model/blobStore.ts";
import type { BackupPolicy, Config, Place } from "../../shared/model/config.ts";
import { AppError } from "../../shared/model/errors.ts";
import type { Notice } from "../../shared/model/notice.ts";
import type { TaskState } from "../../shared/model/tasks.ts";
import { redactor } from "../../shared/runtime/redact.ts";
import { initState, type OpenOptions, openState } from "../../shared/state/identity.ts";
import { continueJob } from "../../shared/tick/continueJob.ts";
import { copyBlobs } from "../../shared/tick/copyBlobs.ts";
import type { CopyTask } from "../../shared/verbs/copy/move.ts";

/** The deployed function's name. */
const CONTINUE = "continue-job";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

export const oss = (bucket: string, basePath: string): Place => ({ store: "oss", bucket, basePath, region: "cn-hangzhou" });
export const MOVED = oss("moved", "movies");

export const NIGHTLY: BackupPolicy = {
  repository: "backups",
  indices: ["movies*"],
  schedule: { cron: "0 30 1 * * *", timeZone: "UTC", missed: "run" },
  attempts: 3,
  patienceMs: 4 * HOUR_MS,
  metadata: { owner: "search-team" },
  keep: { last: 2, atLeast: 1 },
  prune: { cron: "0 30 2 * * *", atMost: 10, atMostPercent: 100 },
};

export function testConfig(change: (config: Config) => void = () => undefined): Config {
  const config: Config = {
    version: 1,
    state: oss("state", ""),
    clusters: { source: { url: "http://127.0.0.1:9252" }, target: { url: "http://127.0.0.1:9253" } },
    repositories: {
      backups: { cluster: "source", register: { type: "fs", settings: { location: "/srv/backups" } }, blobs: oss("backups", "") },
    },
    backups: { nightly: structuredClone(NIGHTLY) },
    copies: {},
    watches: {
      moved: {
        blobs: MOVED,
        cluster: "target",
        register: { name: "moved-movies", type: "fs", settings: { location: "/srv/moved" } },
        restore: { indices: ["fx-orders"], alias: "orders", which: "latest", replicas: 0, keepOldMs: DAY_MS },
        patienceMs: DAY_MS,
      },
    },
    migrations: {},
    http: { tokens: [] },
    notify: [],
  };
  change(config);
  return config;
}

export interface TestWorldOptions {
  config?: Config;
  sourceVersion?: string;
  /** How far the source cluster's clock is ahead. */
  sourceSkewMs?: number;
  targetVersion?: string;
  start?: string;
  /** The number of polls for which a restore runs; `Infinity` until finished explicitly. */
  restorePolls?: number;
  /** Redacted in what is written and reported, as in production; the errors of the ports are not. */
  secrets?: readonly string[];
}

/** One deployment in memory: each `open` is one function invocation with its own nonce. */
export interface TestWorld {
  config: Config;
  now(): Date;
  advance(ms: number): void;
  source: MemoryCluster;
  target: MemoryCluster;
  /** Empty until a test puts some. */
  instances: MemoryInstances;
  places: ReturnType<typeof memoryPlaces>;
  state: FaultyBlobStore;
  stateKeys(prefix?: string): Promise<string[]>;
  blobs(place: Place): BlobStore;
  /** Writes the blobs of a fixture below a place's base path. */
  fill(place: Place, blobs: ReadonlyMap<string, Uint8Array>, except?: readonly string[]): Promise<void>;
  notices: Notice[];
  /** Notices about indices that no policy takes. */
  coverage: Notice[];
  lines: { level: string; message: string; fields: unknown }[];
  tasks: { id: string; function: string; payload: CopyTask; state: TaskState }[];
  /** Runs every queued task, as Function Compute would. */
  runTasks(): Promise<void>;
  remainingMs: number;
  open(options?: OpenOptions): Promise<World>;
}

export async function testWorld(options: TestWorldOptions = {}): Promise<TestWorld> {
  const {
    config = testConfig(),
    sourceVersion = "5.5.3",
    sourceSkewMs = 0,
    targetVersion = "5.5.3",
    start = "2026-11-21T01:30:00Z",
    restorePolls = 2,
    secrets = [],
  } = options;
  const redact = redactor(secrets);
  let nowMs = new Date(start).getTime();
  const now = () => new Date(nowMs);
  const buckets = new Map<string, MemoryBucket>();
  const blobs = ({ bucket, basePath, endpoint = "" }: Place) => {
    const key = `${endpoint}/${bucket}`;
    const there = buckets.get(key) ?? new Map();
    buckets.set(key, there);
    return memoryBlobStore({ bucket: there, name: bucket, basePath, now });
  };
  const places = memoryPlaces();
  const source = memoryCluster({
    name: "source",
    version: sourceVersion,
    now,
    skewMs: sourceSkewMs,
    places,
    snapshotPolls: Number.POSITIVE_INFINITY,
  });
  const target = memoryCluster({ name: "target", version: targetVersion, now, places, restorePolls });
  const state = faulty(blobs(config.state));
  await initState(state, "0123456789", now);
  const instances = memoryInstances();
  const notices: Notice[] = [];
  const coverage: Notice[] = [];
  const lines: TestWorld["lines"] = [];
  const tasks: TestWorld["tasks"] = [];
  const line = (level: string) => (message: string, fields?: unknown) => void lines.push({ level, message, fields });
  const logger = { info: line("info"), warn: line("warn"), error: line("error") };
  let invocations = 0;

  const world: TestWorld = {
    config,
    now,
    advance: (ms) => {
      nowMs += ms;
    },
    source,
    target,
    instances,
    places,
    state,
    blobs,
    notices,
    coverage,
    lines,
    tasks,
    remainingMs: 240_000,
    async stateKeys(prefix = "") {
      const keys: string[] = [];
      for await (const { key } of blobs(config.state).list(prefix)) keys.push(key);
      return keys;
    },
    async fill(place, content, except = []) {
      for (const [key, bytes] of content) if (!except.includes(key)) await blobs(place).put(key, bytes);
    },
    async runTasks() {
      for (const task of tasks.filter((queued) => queued.state === "running")) {
        const run =
          task.function === CONTINUE ? continueJob(await world.open(), task.payload.job) : copyBlobs(await world.open(), task.payload);
        await run;
        task.state = "succeeded";
      }
    },
    async open(options) {
      invocations += 1;
      const by = { function: "test", requestId: `request-${invocations}`, nonce: `nonce-${invocations}` };
      const opened = secrets.length === 0 ? state : redactingStore(state, redact);
      const { identity, clock, live } = await openState(opened, now, undefined, options);
      const channel = { name: "memory", send: async (notice: Notice) => void (isCoverage(notice) ? coverage : notices).push(notice) };
      return {
        config,
        state: opened,
        identity,
        clock,
        by,
        log: jobLog(opened, clock, by),
        live,
        paused: live.paused,
        cluster: (name) => clusterOf(name, { source, target }),
        blobs,
        instances: () => instances,
        tasks: {
          async start(name, id, payload) {
            if (!tasks.some((task) => task.id === id)) tasks.push({ id, function: name, payload: payload as CopyTask, state: "running" });
          },
          state: async (_function, id) => tasks.find((task) => task.id === id)?.state ?? "unknown",
        },
        // Most worlds have an index that no policy takes; its notice has tests of its own.
        notifiers: [redactingNotifier(channel, redact)],
        logger,
        remainingMs: () => world.remainingMs,
        sleep: async () => undefined,
        newKey: () => `key-${invocations}`,
        copyFunction: "copy-blobs",
        continueFunction: CONTINUE,
        version: "0.0.0",
      };
    },
  };
  return world;
}

const isCoverage = ({ key }: Notice) => key.startsWith("uncovered:");

function clusterOf(name: string, known: Record<string, MemoryCluster>): MemoryCluster {
  const cluster = known[name];
  if (!cluster) throw new AppError("invalid", `clusters: no "${name}"`);
  return cluster;
}
