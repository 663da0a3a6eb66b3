import type { Damage } from "../../shared/adapters/memory/clusterDamage.ts";
import type { Cluster, ClusterSnapshot, RegisteredRepositoryInput } from "../../shared/model/cluster.ts";

export type { Damage };

const POLL_INTERVAL_MS = 100;
const POLLS_MAX = 900;

/** What the suite needs beside the port: documents and places are no business of ours. */
export interface ClusterFixture {
  cluster: Cluster;
  /** `5.5.3` */
  version: string;
  /** Writes one document per id into an index (made when missing) so that searches and `_stats` see it. */
  writeDocuments(index: string, ids: number[], options?: { bytes?: number }): Promise<void>;
  createIndex(index: string, shards: number): Promise<void>;
  closeIndex(index: string): Promise<void>;
  /** A repository in a fresh, empty place that the cluster can write. */
  newRepository(name: string, settings?: Record<string, string | number | boolean>): RegisteredRepositoryInput;
  /** A repository of a place that the cluster must not write. */
  refusedRepository(name: string): RegisteredRepositoryInput;
  /** A copy of what another cluster wrote, by the name of its fixture (`es-6.7.0/repo`), to be read only. */
  givenRepository(name: string, fixture: string): Promise<RegisteredRepositoryInput>;
  /** A copy whose root lists only the snapshots of these names, to be read only. */
  subsetRepository(name: string, of: RegisteredRepositoryInput, names: readonly string[]): Promise<RegisteredRepositoryInput>;
  /** Behind the cluster's back, at the place of a repository. */
  spoil(repository: RegisteredRepositoryInput, damage: Damage): Promise<void>;
  close(): Promise<void>;
}

/** Waits for the snapshot to be finished, and for the cluster to be free for the next. */
export async function finished(cluster: Cluster, repository: string, snapshot: string): Promise<ClusterSnapshot> {
  let found: ClusterSnapshot | undefined;
  await until(`snapshot ${snapshot} is finished`, async () => {
    found = await cluster.getSnapshot(repository, snapshot);
    // Its last write may still hold the cluster's one snapshot slot.
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
