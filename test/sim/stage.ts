import { type MemoryBucket, memoryBlobStore } from "../../shared/adapters/memory/blobStore.ts";
import { type MemoryCluster, memoryCluster } from "../../shared/adapters/memory/cluster.ts";
import { memoryPlaces } from "../../shared/adapters/memory/clusterPlaces.ts";
import type { SnapshotOutcome } from "../../shared/adapters/memory/clusterState.ts";
import { redactingNotifier, redactingStore } from "../../shared/adapters/wrap/redacting.ts";
import { retrying } from "../../shared/adapters/wrap/retryingBlobStore.ts";
import { jobLog } from "../../shared/jobs/log.ts";
import type { World } from "../../shared/jobs/world.ts";
import type { BlobStore } from "../../shared/model/blobStore.ts";
import type { Config, Place } from "../../shared/model/config.ts";
import { AppError } from "../../shared/model/errors.ts";
import type { Notice } from "../../shared/model/notice.ts";
import type { Tasks } from "../../shared/model/tasks.ts";
import { jsonLogger } from "../../shared/runtime/logger.ts";
import { redactor } from "../../shared/runtime/redact.ts";
import { initState, openState, type StateIdentity } from "../../shared/state/identity.ts";
import { type EffectWatch, gatedCluster, gatedNotifier, gatedStore, gatedTasks } from "./gates.ts";
import type { Actor, Kernel } from "./kernel.ts";
import type { Random } from "./random.ts";

const MINUTE_MS = 60_000;
/** As composed in the wire module. */
const RETRY = { attempts: 5, baseMs: 100, capMs: 5_000 };
const RETRY_SHARE = 4;
/** A response that arrives when the invocation ends is lost; this margin is kept for it. */
const DEADLINE_MARGIN_MS = 1_000;

export interface StageOptions {
  kernel: Kernel;
  random: Random;
  config: Config;
  /** The secret that must not appear anywhere. */
  secret: string;
  sourceVersion: string;
  targetVersion: string;
  pageKeys: number;
  tasks: Tasks;
  /** The longest duration of the clusters' own work. */
  workMinutesMax: number;
  /** The outcome of the next accepted snapshot. */
  nextOutcome(): SnapshotOutcome;
}

/** Everything outside the functions, and their access to it. */
export interface Stage {
  config: Config;
  kernel: Kernel;
  now(): Date;
  source: MemoryCluster;
  target: MemoryCluster;
  places: ReturnType<typeof memoryPlaces>;
  buckets: Map<string, MemoryBucket>;
  /** The bare store of a place: its actual contents. */
  bare(place: Place): BlobStore;
  /** The bare state's objects. */
  state: MemoryBucket;
  /** The identity as cached by a warm instance. */
  identity: StateIdentity | undefined;
  /** Whether a swap arrived so late that it moved the alias back. */
  swappedLate: boolean;
  notices: Notice[];
  /** Log lines since the last check. */
  lines: string[];
  watch: EffectWatch;
  /** The world of one invocation, opened through its gates like in the wire module. */
  open(actor: Actor): Promise<World>;
}

export async function newStage(options: StageOptions): Promise<Stage> {
  const { kernel, config, sourceVersion, targetVersion } = options;
  const now = () => new Date(kernel.nowMs());
  const buckets = new Map<string, MemoryBucket>();
  const bucketOf = (name: string): MemoryBucket => {
    const there = buckets.get(name) ?? new Map();
    buckets.set(name, there);
    return there;
  };
  const bare = ({ bucket, basePath }: Place): BlobStore => memoryBlobStore({ bucket: bucketOf(bucket), basePath, now });
  const places = memoryPlaces();
  const endless = { snapshotPolls: Number.POSITIVE_INFINITY, restorePolls: Number.POSITIVE_INFINITY };
  const stage: Stage = {
    config,
    kernel,
    now,
    places,
    buckets,
    bare,
    source: memoryCluster({ name: "source", version: sourceVersion, now, places, ...endless }),
    target: memoryCluster({ name: "target", version: targetVersion, now, places, ...endless }),
    state: bucketOf(config.state.bucket),
    identity: undefined,
    swappedLate: false,
    notices: [],
    lines: [],
    watch: { asked: () => undefined, before: async () => undefined, after: async () => undefined },
    open: (actor) => openWorld(stage, options, actor),
  };
  playOutcomes(stage, options);
  await initState(bare(config.state), "0123456789", now);
  return stage;
}

/** Each accepted snapshot gets the outcome and duration that the seed determines; restores take time too. */
function playOutcomes({ source, target }: Stage, { kernel, random, nextOutcome, workMinutesMax }: StageOptions): void {
  const later = (label: string, run: () => void) =>
    kernel.at(kernel.nowMs() + random.between(20_000, workMinutesMax * MINUTE_MS), label, run);
  const create = source.createSnapshot;
  let planned = false;
  source.createSnapshot = async (...args) => {
    if (!planned) source.nextSnapshots(nextOutcome());
    planned = true;
    try {
      await create(...args);
      planned = false;
      later("snapshots end", () => source.finishSnapshots());
    } catch (error) {
      if (error instanceof AppError && error.code === "transient") planned = false;
      throw error;
    }
  };
  const restore = target.restore;
  target.restore = async (...args) => {
    await restore(...args);
    later("restores end", () => target.finishRestores());
  };
}

async function openWorld(stage: Stage, options: StageOptions, actor: Actor): Promise<World> {
  const { kernel, config, bare, source, target } = stage;
  const gates = { kernel, actor, watch: stage.watch, pageKeys: options.pageKeys };
  const random = options.random.fork(actor.name);
  const skewMs = random.between(-2 * MINUTE_MS, 2 * MINUTE_MS);
  const localNow = () => new Date(kernel.nowMs() + skewMs);
  const sleep = (ms: number) =>
    kernel.gate(actor, {
      port: "sleep",
      call: `${Math.round(ms)} ms`,
      subject: "",
      writes: false,
      waitMs: ms,
      apply: async () => undefined,
    });
  const remainingMs = () => actor.deadlineMs - DEADLINE_MARGIN_MS - kernel.nowMs();
  const blobs = (place: Place) =>
    retrying(gatedStore(gates, place === config.state ? "state" : `${place.store}:${place.bucket}`, bare(place)), {
      ...RETRY,
      sleep,
      random: random.next,
      now: () => localNow().getTime(),
      patienceMs: (actor.deadlineMs - actor.startedMs) / RETRY_SHARE,
      remainingMs,
    });
  const redact = redactor([options.secret]);
  const state = redactingStore(blobs(config.state), redact);
  const { identity, clock, live } = await openState(state, localNow, options.random.chance(0.5) ? stage.identity : undefined);
  stage.identity = identity;
  const by = { function: actor.name.replace(/ .*/, ""), requestId: actor.name, nonce: `nonce ${actor.name}` };
  const known: Record<string, MemoryCluster> = { source, target };
  let keys = 0;
  return {
    config,
    state,
    identity,
    clock,
    by,
    log: jobLog(state, clock, by),
    live,
    paused: live.paused,
    cluster(name) {
      const cluster = known[name];
      if (!cluster) throw new AppError("invalid", `clusters: no "${name}"`);
      return gatedCluster(gates, cluster);
    },
    blobs,
    tasks: gatedTasks(gates, options.tasks),
    notifiers: [
      redactingNotifier(gatedNotifier(gates, { name: "memory", send: async (notice) => void stage.notices.push(notice) }), redact),
    ],
    logger: jsonLogger({ requestId: actor.name }, redact, (line) => void stage.lines.push(line)),
    remainingMs,
    sleep(ms) {
      actor.waitedMs += ms;
      return sleep(ms);
    },
    newKey() {
      keys += 1;
      return `${actor.name} ${keys}`;
    },
    copyFunction: "copyBlobs",
    continueFunction: "continueJob",
    version: "0.0.0",
  };
}
