import { type MemoryBucket, memoryBlobStore } from "../../shared/adapters/memory/blobStore.ts";
import { type MemoryCluster, memoryCluster } from "../../shared/adapters/memory/cluster.ts";
import { memoryPlaces } from "../../shared/adapters/memory/clusterPlaces.ts";
import type { SnapshotOutcome } from "../../shared/adapters/memory/clusterState.ts";
import type { BlobStore } from "../../shared/model/blobStore.ts";
import type { Config, Place } from "../../shared/model/config.ts";
import { AppError } from "../../shared/model/errors.ts";
import type { Notice } from "../../shared/model/notice.ts";
import type { Tasks } from "../../shared/model/tasks.ts";
import { initState, type StateIdentity } from "../../shared/state/identity.ts";
import type { EffectWatch } from "./gates.ts";
import type { Kernel } from "./kernel.ts";
import { MOVED } from "./names.ts";
import type { Random } from "./random.ts";

const MINUTE_MS = 60_000;
const TARGET_NODES = 2;

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

/** What people did beside ossnap: the product is not answerable for it. */
export interface People {
  /** Names like ours that a person gave to snapshots. */
  copiedNames: Set<string>;
  /** Names of a slot's first attempt under which a person took a snapshot; before 7.3 it counts as ours if it holds what the policy wants. */
  takenNames: Set<string>;
  /** When a person last deleted a snapshot of the backups. */
  deletedMs: number;
  /** Blobs of the copied repository that were deleted or damaged: key → when. */
  brokenKeys: Map<string, number>;
  /** Restored indices that were deleted or closed, or whose alias was moved. */
  touched: Set<string>;
  /** A blob at the source of the copy was damaged. */
  rotten: boolean;
  /** A node of the target left for longer than a restore waits without progress. */
  nodeLost: boolean;
}

/** Everything outside the functions, and their access to it. */
export interface Stage {
  /** ossnap.yaml as it is deployed now; people replace it. */
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
  people: People;
  /** Whether an instance's clock was corrected by minutes while it ran: what it measured then is wrong by as much. */
  clockJumped: boolean;
  notices: Notice[];
  /** Log lines since the last check. */
  lines: string[];
  watch: EffectWatch;
  /** Called with the keys that anyone wrote to or deleted from the copied repository. */
  movedChanged(keys: readonly string[]): void;
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
  const bare = (place: Place): BlobStore => {
    const store = memoryBlobStore({ bucket: bucketOf(place.bucket), name: place.bucket, basePath: place.basePath, now });
    return place.bucket === MOVED.bucket ? watched(store, (keys) => stage.movedChanged(keys)) : store;
  };
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
    target: memoryCluster({ name: "target", version: targetVersion, now, places, dataNodes: TARGET_NODES, ...endless }),
    state: bucketOf(config.state.bucket),
    identity: undefined,
    swappedLate: false,
    people: {
      copiedNames: new Set(),
      takenNames: new Set(),
      deletedMs: Number.NEGATIVE_INFINITY,
      brokenKeys: new Map(),
      touched: new Set(),
      rotten: false,
      nodeLost: false,
    },
    clockJumped: false,
    notices: [],
    lines: [],
    watch: { asked: () => undefined, before: async () => undefined, after: async () => undefined },
    movedChanged: () => undefined,
  };
  playOutcomes(stage, options);
  await initState(bare(config.state), "0123456789", now);
  return stage;
}

function watched(store: BlobStore, changed: (keys: readonly string[]) => void): BlobStore {
  return {
    ...store,
    async put(key, body, options) {
      const written = await store.put(key, body, options);
      changed([key]);
      return written;
    },
    async delete(keys) {
      await store.delete(keys);
      changed(keys);
    },
  };
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
