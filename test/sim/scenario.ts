import type { SnapshotOutcome } from "../../shared/adapters/memory/clusterState.ts";
import type { Config, Place } from "../../shared/model/config.ts";
import type { Faults } from "./faults.ts";
import type { Kernel } from "./kernel.ts";
import type { Platform } from "./platform.ts";
import type { Random } from "./random.ts";
import type { Stage } from "./stage.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;

const oss = (bucket: string, basePath: string): Place => ({ store: "oss", bucket, basePath, region: "cn-hangzhou" });
export const MOVED = oss("moved", "movies");
export const BACKUPS = oss("backups", "");
export const AWS: Place = { store: "s3", bucket: "aws", basePath: "repo", region: "us-east-1", accessKeyId: "AKIA-planted" };
/** Where the target's registration finds the copied repository. */
export const MOVED_LOCATION = { location: "/srv/moved" };
export const BACKUPS_LOCATION = { location: "/srv/backups" };
/** Must show in no state object, log line or notice. */
export const SECRET = "planted-Secret+key/42";
export const POLICY = "nightly";
export const WATCH = "moved";
export const ALIAS = "served";

/** What a scenario is played on. */
export interface Play {
  stage: Stage;
  kernel: Kernel;
  platform: Platform;
  faults: Faults;
  random: Random;
}

/** A world, and all that happens in it by itself. */
export interface Scenario {
  name: string;
  config: Config;
  sourceVersion: string;
  targetVersion: string;
  pageKeys: number;
  /** What the clusters' own work takes at most. */
  workMinutesMax: number;
  startMs: number;
  /** From then on nothing fails any more. */
  faultsEndMs: number;
  endMs: number;
  /** Slots that come when all is quiet, and must succeed. */
  quietSlots: readonly string[];
  /** Fixtures of the copied repository, as it lives on. */
  steps: readonly string[];
  /** Of it, what is restored. */
  index: string;
  outcome(random: Random, nowMs: number): SnapshotOutcome;
  begin(play: Play): Promise<void>;
  /** What counts of the end; the same whatever crashed on the way. */
  summary?(play: Play): Promise<unknown>;
  /** Nothing more will happen: the run may end before its time. */
  over?(play: Play): boolean;
}

export interface Parts {
  backups: boolean;
  copy: boolean;
  /** Somebody else's copier fills the watched prefix. */
  outside: boolean;
}

/**
 * A night in two hours; later everything is quiet, and two more slots show that nothing stands in the way for ever.
 * A request may come an hour late. Longer than that after an attempt its name is pruned at the earliest: the name is what refuses the late one.
 */
const SLOT_CRON = "0 0 1,3,5,7,9,13,15 * * *";
const COPY_CRON = "0 35 1-9,13 * * *";

export function simConfig(parts: Parts, index: string): Config {
  const config: Config = {
    version: 1,
    state: oss("state", ""),
    clusters: { source: { url: "http://127.0.0.1:9252" }, target: { url: "http://127.0.0.1:9253" } },
    repositories: { backups: { cluster: "source", register: { type: "fs", settings: BACKUPS_LOCATION }, blobs: BACKUPS } },
    backups: {},
    copies: {},
    watches: {},
    http: { tokens: [] },
    notify: [],
  };
  if (parts.backups)
    config.backups[POLICY] = {
      repository: "backups",
      indices: ["movies*"],
      schedule: { cron: SLOT_CRON, timeZone: "UTC", missed: "run" },
      attempts: 3,
      patienceMs: 25 * MINUTE_MS,
      metadata: {},
      keep: { last: 2, hourly: 2, atLeast: 1 },
      prune: { cron: "0 20,50 * * * *", atMost: 4, atMostPercent: 60 },
    };
  if (parts.copy) {
    config.repositories.aws = {
      cluster: "source",
      register: { type: "s3", settings: { bucket: "aws", base_path: "repo" } },
      blobs: { ...AWS, secretAccessKey: SECRET },
    };
    config.copies.move = { from: "aws", to: MOVED, snapshots: "all", schedule: { cron: COPY_CRON, timeZone: "UTC", missed: "run" } };
  }
  if (parts.copy || parts.outside)
    config.watches[WATCH] = {
      blobs: MOVED,
      cluster: "target",
      register: { name: "moved-movies", type: "fs", settings: MOVED_LOCATION },
      restore: { indices: [index], alias: ALIAS, which: "latest", replicas: 0, keepOldMs: HOUR_MS },
      patienceMs: 8 * HOUR_MS,
    };
  return config;
}
