import { readOpenWork } from "../../jobs/openWork.ts";
import { configured, type World } from "../../jobs/world.ts";
import { AppError } from "../../model/errors.ts";
import { INSTANCE_ID, INSTANCE_ID_FIX, type Instances, sharedRepositoryName } from "../../model/instances/instances.ts";
import { reason } from "../../model/reason.ts";
import type { SharingRequest, SharingSeen } from "./types.ts";

/** A cluster of ossnap.yaml as Alibaba Cloud knows it; `invalid` if ossnap.yaml does not say which instance it is. */
export function instanceOf(world: World, cluster: string): { id: string; instances: Instances } {
  const found = configured(world.config, "clusters", cluster);
  if (found.instanceId === undefined)
    throw new AppError(
      "invalid",
      `clusters.${cluster}.instanceId: is missing; add the id that the console shows, such as es-cn-0pp1jxvcl000z`,
      {
        reason: reason("config.noInstance", { cluster }),
      },
    );
  return { id: found.instanceId, instances: world.instances(found.region) };
}

/** The id of an instance that is named by it, or by a cluster of ossnap.yaml. */
function sourceId({ config }: World, named: string): string {
  const own = Object.hasOwn(config.clusters, named) ? config.clusters[named]?.instanceId : undefined;
  const id = own ?? named;
  if (INSTANCE_ID.test(id)) return id;
  throw new AppError(
    "invalid",
    `instance: ${JSON.stringify(named)} is neither an instance id nor a cluster of ossnap.yaml with instanceId; ${INSTANCE_ID_FIX}`,
  );
}

/** Reads both instances and what is shared between them; changes nothing. */
export async function gatherSharing(world: World, { cluster, instance }: SharingRequest): Promise<SharingSeen & { instances: Instances }> {
  const { id, instances } = instanceOf(world, cluster);
  const source = sourceId(world, instance);
  const target = await instances.describe(id);
  const repository = sharedRepositoryName(source);
  const isNamed = Object.hasOwn(world.config.repositories, repository) && world.config.repositories[repository]?.cluster === cluster;
  return {
    instances,
    cluster,
    target: { id, seen: target },
    source: { id: source, seen: await instances.describe(source) },
    shared: target ? await instances.sharedWith(id) : [],
    alternatives: target ? await instances.alternatives(id) : [],
    readers: await readersOf(world, cluster, repository),
    namedBy: isNamed ? [`repositories.${repository}`] : [],
  };
}

/** Open restores of the cluster from this repository. */
async function readersOf(world: World, cluster: string, repository: string): Promise<string[]> {
  const { jobs } = await readOpenWork(world);
  return jobs.flatMap(({ id, kind, intent }) => {
    const input = intent.input as { repository?: unknown } | undefined;
    return kind === "restore" && intent.cluster === cluster && input?.repository === repository ? id : [];
  });
}
