import type { Damage } from "../../shared/adapters/memory/clusterDamage.ts";
import type { Cluster, ClusterSnapshot, RegisteredRepositoryInput } from "../../shared/model/cluster.ts";

export type { Damage };

const POLL_INTERVAL_MS = 100;
const POLLS_MAX = 900;

/** What the suite needs in addition to the port: documents and locations, which ossnap itself never handles. */
export interface ClusterFixture {
  cluster: Cluster;
  /** `5.5.3` */
  version: string;
  /** Writes one document per id into an index (created if missing) so that searches and `_stats` see it. */
  writeDocuments(index: string, ids: number[], options?: { bytes?: number }): Promise<void>;
  /** `nested` is the name of a nested object in its mapping. */
  createIndex(index: string, shards: number, nested?: string): Promise<void>;
  /** An index whose only primary shard no node may hold. */
  createUnassigned(index: string): Promise<void>;
  closeIndex(index: string): Promise<void>;
  /** A data stream with one backing index; from 8.0 on (slim distributions of 7.x lack its module). */
  createStream(name: string): Promise<void>;
  /** The index of Elasticsearch's own feature `tasks`, whose name is fixed. */
  createTasksIndex(): Promise<void>;
  /** Adds the alias with the properties of an `add` action. */
  putAlias(alias: string, index: string, properties: Record<string, unknown> | string): Promise<void>;
  aliasProperties(alias: string, index: string): Promise<Record<string, unknown> | undefined>;
  /** A repository at a new, empty location that the cluster can write. */
  newRepository(name: string, settings?: Record<string, string | number | boolean>): RegisteredRepositoryInput;
  /** A repository at a location that the cluster must not write. */
  refusedRepository(name: string): RegisteredRepositoryInput;
  /** A read-only copy of a repository that another cluster wrote, by the name of its fixture (`es-6.7.0/repo`). */
  givenRepository(name: string, fixture: string): Promise<RegisteredRepositoryInput>;
  /** A read-only copy whose root lists only the named snapshots. */
  subsetRepository(name: string, of: RegisteredRepositoryInput, names: readonly string[]): Promise<RegisteredRepositoryInput>;
  /** Damages the files at a repository's location behind the cluster's back. */
  spoil(repository: RegisteredRepositoryInput, damage: Damage): Promise<void>;
  /** Transient settings by flat key; null takes one back. */
  putClusterSettings(settings: Record<string, string | null>): Promise<void>;
  close(): Promise<void>;
}

/** Waits until the snapshot is finished and the cluster can run the next one. */
export async function finished(cluster: Cluster, repository: string, snapshot: string): Promise<ClusterSnapshot> {
  let found: ClusterSnapshot | undefined;
  await until(`snapshot ${snapshot} is finished`, async () => {
    found = await cluster.getSnapshot(repository, snapshot);
    // Its last write may still occupy the cluster's only snapshot slot.
    return found !== undefined && found.state !== "IN_PROGRESS" && (await cluster.runningSnapshots()).length === 0;
  });
  if (found === undefined) throw new Error(`snapshot ${snapshot} vanished`);
  return found;
}

export async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  for (let poll = 0; poll < POLLS_MAX; poll += 1) {
    if (await isTrue()) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
  }
  throw new Error(`it never came true that ${what}`);
}
