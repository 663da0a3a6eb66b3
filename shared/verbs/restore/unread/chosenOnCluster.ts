import type { World } from "../../../jobs/world.ts";
import type { ClusterSnapshot } from "../../../model/cluster.ts";
import { AppError } from "../../../model/errors.ts";
import { sharedSourceOf } from "../../../model/instances/instances.ts";
import { reason } from "../../../model/reason.ts";
import type { RootCatalogue, RootSnapshot } from "../../../model/repository.ts";
import { type ChosenByHand, chosenByHand } from "../handChecks.ts";
import type { Renames } from "../renames.ts";

interface Wanted {
  snapshot: string;
  repository: string;
  to: string;
  indices: readonly string[];
  as?: Renames | undefined;
}

/** The snapshot that a person means, from the cluster's own list. */
export async function chosenOnCluster(world: World, wanted: Wanted): Promise<ChosenByHand> {
  const { repository, to } = wanted;
  const cluster = world.cluster(to);
  const registered = await cluster.listRepositories();
  if (!registered.some(({ name }) => name === repository)) throw notThere(repository, to);
  const root = catalogueOf(await cluster.listSnapshots(repository, { ignoreUnavailable: true }), `${repository} on ${to}`);
  return chosenByHand(root, root.snapshots, wanted, { now: world.clock.now(), broken: new Map() });
}

function notThere(repository: string, cluster: string): AppError {
  const instance = sharedSourceOf(repository);
  const fix =
    instance === undefined
      ? "the platform registers it on each of its instances"
      : `share it first: \`ossnap shared add ${instance} --to ${cluster} --yes\``;
  return new AppError("invalid", `repository ${repository}: is not registered on ${cluster}; ${fix}`, {
    reason: reason("repository.notShared", { repository, cluster }),
  });
}

/** The cluster's list in the form of a root; 2.x has no uuids and uses names. */
function catalogueOf(listed: readonly ClusterSnapshot[], key: string): RootCatalogue & { snapshots: RootSnapshot[] } {
  const uuidOf = ({ name, uuid = name }: ClusterSnapshot) => uuid;
  const holders = new Map<string, string[]>();
  for (const snapshot of listed)
    for (const index of snapshot.indices) holders.set(index, [...(holders.get(index) ?? []), uuidOf(snapshot)]);
  return {
    generation: 0,
    key,
    sha256: "",
    sizeBytes: 0,
    snapshots: listed.map((snapshot) => {
      const { name, state, version, startTime } = snapshot;
      return { name, uuid: uuidOf(snapshot), state, version, startTime };
    }),
    indices: [...holders].map(([name, snapshots]) => ({ name, id: name, snapshots, shardGenerations: undefined })),
    indexMetadata: {},
    minVersion: undefined,
    repositoryUuid: undefined,
  };
}
