import { AMAZON_AUTOMATIC, isAmazonAutomatic } from "../model/amazon/automatic.ts";
import type { BlobStore } from "../model/blobStore.ts";
import type { Cluster } from "../model/cluster.ts";
import type { BackupPolicy, ClusterConfig, Config, CopyRule, Migration, Place, RepositoryConfig, Watch } from "../model/config.ts";
import { AppError } from "../model/errors.ts";
import type { Instances } from "../model/instances/instances.ts";
import type { Logger } from "../model/logger.ts";
import type { Notifier } from "../model/notice.ts";
import { reason } from "../model/reason.ts";
import type { Tasks } from "../model/tasks.ts";
import type { Fault } from "../repository/fault.ts";
import { thereText } from "../repository/fault.ts";
import type { StateClock, StateIdentity } from "../state/identity.ts";
import type { LiveView } from "../state/liveView.ts";
import type { Terminal } from "./kind.ts";
import type { JobLog } from "./log.ts";
import type { By, Job } from "./record.ts";

/** Everything a verb may use, composed once per invocation by `runtime/wire.ts`. */
export interface World {
  config: Config;
  /** What works and is hardly meant in ossnap.yaml; it contains no secrets. */
  warnings?: readonly Fault[] | undefined;
  state: BlobStore;
  identity: StateIdentity;
  clock: StateClock;
  log: JobLog;
  by: By;
  /** The listing that opened the state, used by the first `readOpenWork`. */
  live?: LiveView;
  /** While true, effects are held back; reading continues. */
  paused: boolean;
  cluster(name: string): Cluster;
  /** `moving`: for reading and writing many blobs, at the least cost for each. */
  blobs(place: Place, use?: "moving"): BlobStore;
  /** Alibaba Cloud's control plane of Elasticsearch instances; without a region that of the functions, in a terminal that of the state. */
  instances(region: string | undefined): Instances;
  tasks: Tasks;
  /** There is no Function Compute: no timer fires but the tick. */
  isOnlyTimer?: true | undefined;
  notifiers: readonly Notifier[];
  logger: Logger;
  /** Milliseconds left of this invocation, or of a job's slice of it. */
  remainingMs(): number;
  sleep(ms: number): Promise<void>;
  /** Present when a person's terminal runs the verb; its ossnap.yaml may be another than that of the functions. */
  terminal?: Terminal | undefined;
  /** Only shows what a step would do: no notice is raised or resolved, and nothing is stored. */
  isPreview?: true | undefined;
  /** Without the right to write below destinations of copies, as the HTTP function is. */
  writesNoCopies?: true | undefined;
  /** Returns a unique, unguessable key for jobs requested without one. */
  newKey(): string;
  /** The Function Compute function that moves batches. */
  copyFunction: string;
  /** The Function Compute function that continues a job whose look does not fit into a tick. */
  continueFunction: string;
  /** Version of this code, stored in evidence. */
  version: string;
}

type Section = {
  clusters: ClusterConfig;
  backups: BackupPolicy;
  repositories: RepositoryConfig;
  copies: CopyRule;
  watches: Watch;
  migrations: Migration;
};

/** An entry of ossnap.yaml by name; an unknown name is `invalid`, and the message lists the known ones. */
export function configured<K extends keyof Section>(
  config: Config,
  section: K,
  name: string,
  /** Names that the caller accepts beside those of the section. */
  also: readonly string[] = [],
): Section[K] {
  const entries = config[section] as Record<string, Section[K]>;
  const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
  if (entry === undefined) {
    if (section === "repositories" && isAmazonAutomatic(name)) {
      const why = reason("repository.amazonAutomatic", { repository: name });
      throw new AppError("invalid", `repositories: ${name} is ${AMAZON_AUTOMATIC}`, { reason: why });
    }
    const known = [...Object.keys(entries), ...also];
    throw new AppError("invalid", `${section}: no "${name}" in ossnap.yaml; ${thereText(known)}`, {
      reason: reason("config.unknown", { section, name, known }),
    });
  }
  return entry;
}

/** Where a repository's blobs can be read; `invalid` if ossnap.yaml does not define it. */
export function placeOf(config: Config, repository: string, also: readonly string[] = []): Place {
  const { blobs } = configured(config, "repositories", repository, also);
  if (!blobs)
    throw new AppError(
      "invalid",
      `repositories.${repository}.blobs: is missing, so nothing can be read or proven; add blobs: { store, bucket, basePath, … }`,
      {
        reason: reason("config.noBlobs", { repository }),
      },
    );
  return blobs;
}

/** The cluster whose lane a job uses; not called for kinds without a cluster. */
export function configuredCluster(job: { id: string; intent: Job["intent"] }): string {
  const { cluster } = job.intent;
  if (cluster === undefined) throw new AppError("invalid", `job ${job.id}: names no cluster`);
  return cluster;
}
