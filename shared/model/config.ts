import type { Vpc } from "./deployment/deployedName.ts";

/** Location of blobs. Without keys, the credentials of the function's role in the environment are used. */
export interface Place {
  store: "oss" | "s3" | "directory";
  /** A bucket, or an absolute path for `directory`. */
  bucket: string;
  /** No leading or trailing slash; "" for the root of the bucket. */
  basePath: string;
  endpoint?: string | undefined;
  region?: string | undefined;
  accessKeyId?: string | undefined;
  secretAccessKey?: string | undefined;
  /** Of temporary keys, such as those of a role. */
  sessionToken?: string | undefined;
}

/** A domain of Amazon's managed service: requests are signed, with the keys of the environment if there are none here. */
export interface AwsAccess {
  region: string;
  accessKeyId?: string | undefined;
  secretAccessKey?: string | undefined;
  sessionToken?: string | undefined;
}

export interface ClusterConfig {
  url: string;
  username?: string | undefined;
  password?: string | undefined;
  /** The encoded form that Elasticsearch returns, or `id:key`. */
  apiKey?: string | undefined;
  /** The certificate of a private CA: PEM, or the path of a file with PEM until the settings are read. */
  ca?: string | undefined;
  /** SHA-256 of the CA's certificate, hex with or without colons. */
  fingerprint?: string | undefined;
  /** As Alibaba Cloud knows the cluster; for its OpenAPI. */
  instanceId?: string | undefined;
  aws?: AwsAccess | undefined;
  /** Of the instance; absent, it is that of the function, in a terminal that of the state. */
  region?: string | undefined;
  /** Of what restores by hand and rollbacks keep on it, in primary shards; the oldest is deleted before its time. */
  keepOldBytes?: number | undefined;
}

export interface Registration {
  type: "oss" | "s3" | "fs" | "source" | "gcs" | "azure";
  settings: Record<string, string | number | boolean>;
}

export interface RepositoryConfig {
  cluster: string;
  /** Absent for a repository that others register and write: ossnap reads it, and changes nothing of it. */
  register?: Registration | undefined;
  /** Absent when the location of the blobs is unknown (an `fs` repository without `blobs`). */
  blobs?: Place | undefined;
}

export interface Schedule {
  cron: string;
  timeZone: string;
  missed: "run" | "skip";
}

export interface KeepRules {
  last?: number | undefined;
  hourly?: number | undefined;
  daily?: number | undefined;
  weekly?: number | undefined;
  monthly?: number | undefined;
  yearly?: number | undefined;
  withinMs?: number | undefined;
  /**
   * How long the last snapshot of an index is protected after the index left the cluster, in milliseconds. Absent, as in policies stored by
   * earlier versions, it means `always`; ossnap.yaml has a default.
   */
  lastOfIndex?: number | "always" | "never" | undefined;
  /** The rule for snapshots taken by hand. Absent, as in policies stored by earlier versions, {@link MANUAL_LAST_DEFAULT} applies. */
  manual?: { last: number } | undefined;
  /** Lower bound: retention always keeps at least this many good snapshots. */
  atLeast: number;
}

/** How many snapshots taken by hand are kept by default. */
export const MANUAL_LAST_DEFAULT = 5;

/** Which snapshots of other tools a policy thins out by its own rules; a snapshot must match everything that is given. */
export interface AdoptRule {
  /** A name with `*`. */
  pattern?: string | undefined;
  /** Members of the snapshot's metadata, as SLM writes `policy`. */
  metadata?: Record<string, string> | undefined;
}

export interface BackupPolicy {
  repository: string;
  indices: string[];
  schedule: Schedule;
  attempts: number;
  patienceMs: number;
  rpoMs?: number | undefined;
  metadata: Record<string, string>;
  /** The cluster's settings, templates and, from 7.12 on without `featureStates`, the states of all features. */
  globalState?: boolean | undefined;
  /** Names of features whose states are taken along; `none` with a global state. */
  featureStates?: string[] | undefined;
  partial?: boolean | undefined;
  /** Absent in policies stored by earlier versions. */
  shrinkAtMost?: { percent: number; action: "tell" | "refuse" } | undefined;
  /** What is proven of each success from the bucket; the bytes limit how much is read at level contents. */
  verify?: { level: "metadata" | "footers" | "contents"; budgetBytes?: number | undefined } | undefined;
  keep: KeepRules;
  adopt?: AdoptRule | undefined;
  prune?: { cron: string; atMost: number; atMostPercent: number } | undefined;
}

export type SnapshotChoice = "latest" | "all" | { since: string } | { pattern: string };

export interface CopyRule {
  from: string;
  to: Place;
  snapshots: SnapshotChoice;
  /** The policy whose success starts this copy. */
  after?: string | undefined;
  schedule?: Schedule | undefined;
  /** Which of the snapshots that the source has stay listed at the destination; all of them without it. */
  keep?: CopyKeep | undefined;
  /** Blobs at the destination that no listed snapshot needs are deleted after a day, so many percent of all blobs at once. Without it they stay. */
  unneeded?: { deleteAtMostPercent: number } | undefined;
}

export type CopyKeep = Pick<KeepRules, "last" | "hourly" | "daily" | "weekly" | "monthly" | "yearly" | "withinMs"> & { timeZone: string };

/** More is a slip of the pen; servers accept any number and then refuse the shards. */
export const REPLICAS_MAX = 9_999;

export interface WatchRestore {
  indices: string[];
  alias?: string | undefined;
  /** Instead of `alias`: several aliases, each with a pattern of the snapshot's indices. */
  aliases?: Readonly<Record<string, string>> | undefined;
  which: "latest" | "each" | "by-hand";
  replicas: number;
  keepOldMs: number;
  /** Of what served before, in primary shards; the oldest is deleted before its time. */
  keepOldBytes?: number;
  /** Every node of the cluster has the files that the analysis of the indices names. */
  filesThere?: true;
}

export interface Watch {
  blobs: Place;
  cluster: string;
  /** Always registered read-only. */
  register: Registration & { name: string };
  restore: WatchRestore;
  patienceMs: number;
}

/** From one cluster to another; the policy, the copy and the watch that it stands for have its name. */
export interface Migration {
  /** The passes before the cut-over put what they restore behind `<alias>-next`. */
  warm: boolean;
  /** The policy that takes over on the new cluster. */
  backups?: string | undefined;
}

export interface HttpToken {
  name: string;
  role: "viewer" | "operator";
  /** 64 hex digits. */
  sha256: string;
}

export interface NotifyChannel {
  type: "webhook";
  url: string;
  secret?: string | undefined;
}

/** ossnap.yaml, validated and resolved. */
export interface Config {
  version: 1;
  /** Part of the functions' names, where several deployments share an account and region. */
  deployment?: string | undefined;
  vpc?: Vpc | undefined;
  state: Place;
  clusters: Record<string, ClusterConfig>;
  repositories: Record<string, RepositoryConfig>;
  backups: Record<string, BackupPolicy>;
  copies: Record<string, CopyRule>;
  watches: Record<string, Watch>;
  migrations: Record<string, Migration>;
  http: { tokens: HttpToken[] };
  notify: NotifyChannel[];
}
