/** Where blobs lie. Keys come from the environment of the function's role when left out. */
export interface Place {
  store: "oss" | "s3" | "directory";
  /** A bucket, or for `directory` an absolute path. */
  bucket: string;
  /** No leading or trailing slash; "" for the bucket's root. */
  basePath: string;
  endpoint?: string | undefined;
  region?: string | undefined;
  accessKeyId?: string | undefined;
  secretAccessKey?: string | undefined;
}

export interface ClusterConfig {
  url: string;
  username?: string | undefined;
  password?: string | undefined;
  instanceId?: string | undefined;
}

export interface Registration {
  type: "oss" | "s3" | "fs" | "source" | "gcs" | "azure";
  settings: Record<string, string | number | boolean>;
}

export interface RepositoryConfig {
  cluster: string;
  register: Registration;
  /** Absent when nothing tells where the blobs lie (an `fs` repository without `blobs`). */
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
  /** The floor: never fewer good ones than this. */
  atLeast: number;
}

export interface BackupPolicy {
  repository: string;
  indices: string[];
  schedule: Schedule;
  attempts: number;
  patienceMs: number;
  rpoMs?: number | undefined;
  metadata: Record<string, string>;
  keep: KeepRules;
  prune?: { cron: string; atMost: number; atMostPercent: number } | undefined;
}

export type SnapshotChoice = "latest" | "all" | { since: string } | { pattern: string };

export interface CopyRule {
  from: string;
  to: Place;
  snapshots: SnapshotChoice;
  /** The policy whose success starts it. */
  after?: string | undefined;
  schedule?: Schedule | undefined;
}

export interface WatchRestore {
  indices: string[];
  alias?: string | undefined;
  which: "latest" | "each" | "by-hand";
  replicas: number;
  keepOldMs: number;
}

export interface Watch {
  blobs: Place;
  cluster: string;
  /** Registered read-only, always. */
  register: Registration & { name: string };
  restore: WatchRestore;
  patienceMs: number;
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

/** ossnap.yaml, checked and resolved. */
export interface Config {
  version: 1;
  state: Place;
  clusters: Record<string, ClusterConfig>;
  repositories: Record<string, RepositoryConfig>;
  backups: Record<string, BackupPolicy>;
  copies: Record<string, CopyRule>;
  watches: Record<string, Watch>;
  http: { tokens: HttpToken[] };
  notify: NotifyChannel[];
}
