import type { SnapshotOutcome } from "../../shared/adapters/memory/clusterState.ts";
import type { BackupPolicy, Config, SnapshotChoice } from "../../shared/model/config.ts";
import type { MovedAccount } from "./account/moved.ts";
import type { WrittenStep } from "./account/written.ts";
import type { Calendar } from "./calendar.ts";
import type { Faults } from "./faults.ts";
import type { Kernel } from "./kernel.ts";
import { ALIAS, AWS, BACKUPS, BACKUPS_LOCATION, HOUR_MS, MINUTE_MS, MOVED, MOVED_LOCATION, POLICY, SECRET, STATE, WATCH } from "./names.ts";
import type { Platform } from "./platform.ts";
import type { Random } from "./random.ts";
import type { Stage } from "./stage.ts";

/** What a scenario runs on. */
export interface Play {
  stage: Stage;
  kernel: Kernel;
  platform: Platform;
  faults: Faults;
  random: Random;
  /** The copied repository over time. */
  steps: readonly WrittenStep[];
  account: MovedAccount;
}

/** A world, with all events that happen in it. */
export interface Scenario {
  name: string;
  config: Config;
  sourceVersion: string;
  targetVersion: string;
  pageKeys: number;
  /** The longest duration of the clusters' own work. */
  workMinutesMax: number;
  startMs: number;
  /** No fault is injected from this time on. */
  faultsEndMs: number;
  endMs: number;
  /** Slots that are due when everything is quiet, and must succeed. */
  quietSlots: readonly string[];
  /** Slots of the policy's schedule in its time zone; any other is nobody's. */
  slots: readonly string[];
  /** Slots of which each ends with a success, or is reported as failed or missed. */
  answeredSlots?: readonly string[];
  /** The copied repository over time. */
  steps: readonly WrittenStep[];
  /** The index to restore from it. */
  index: string;
  outcome(random: Random, nowMs: number): SnapshotOutcome;
  begin(play: Play): Promise<void>;
  /** The relevant part of the final state; the same whatever crashed in between. */
  summary?(play: Play): Promise<unknown>;
  /** Returns true if nothing more will happen, so that the run may stop early. */
  over?(play: Play): boolean;
}

export interface Parts {
  backups: boolean;
  copy: boolean;
  /** Another tool's copier fills the watched prefix. */
  outside: boolean;
}

export interface ConfigOptions extends Pick<Calendar, "timeZone" | "slotCron" | "pruneCron" | "copyCron"> {
  index: string;
  /** What the copy selects. */
  copied: SnapshotChoice;
  keep: BackupPolicy["keep"];
  prune: { atMost: number; atMostPercent: number };
  replicas: number;
}

/**
 * A night in two hours. A request may arrive an hour late. Its name is pruned no earlier than that after the attempt, because the name is
 * what makes the cluster refuse the late request.
 */
export function simConfig(
  parts: Parts,
  { index, timeZone, slotCron, pruneCron, copyCron, copied, keep, prune, replicas }: ConfigOptions,
): Config {
  const config: Config = {
    version: 1,
    state: STATE,
    clusters: { source: { url: "http://127.0.0.1:9252" }, target: { url: "http://127.0.0.1:9253" } },
    repositories: { backups: { cluster: "source", register: { type: "fs", settings: BACKUPS_LOCATION }, blobs: BACKUPS } },
    backups: {},
    copies: {},
    watches: {},
    migrations: {},
    http: { tokens: [] },
    notify: [],
  };
  if (parts.backups)
    config.backups[POLICY] = {
      repository: "backups",
      indices: ["movies*"],
      schedule: { cron: slotCron, timeZone, missed: "run" },
      attempts: 3,
      patienceMs: 25 * MINUTE_MS,
      metadata: {},
      keep,
      prune: { cron: pruneCron, ...prune },
    };
  if (parts.copy) {
    config.repositories.aws = {
      cluster: "source",
      register: { type: "s3", settings: { bucket: "aws", base_path: "repo" } },
      blobs: { ...AWS, secretAccessKey: SECRET },
    };
    config.copies.move = {
      from: "aws",
      to: MOVED,
      snapshots: copied,
      schedule: { cron: copyCron, timeZone, missed: "run" },
      unneeded: { deleteAtMostPercent: 50 },
    };
  }
  if (parts.copy || parts.outside)
    config.watches[WATCH] = {
      blobs: MOVED,
      cluster: "target",
      register: { name: "moved-movies", type: "fs", settings: MOVED_LOCATION },
      restore: { indices: [index], alias: ALIAS, which: "latest", replicas, keepOldMs: HOUR_MS },
      patienceMs: 8 * HOUR_MS,
    };
  return config;
}
