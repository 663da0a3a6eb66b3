import type { World } from "../../jobs/world.ts";
import type { SharedRepository } from "../../model/instances/instances.ts";
import { instanceOf } from "./gather.ts";

export interface SharedList {
  cluster: string;
  /** The cluster's instance. */
  target: string;
  shared: SharedRepository[];
  /** Ids of instances that could be shared with it and are not. */
  alternatives: string[];
}

/** The shared repositories of one cluster of ossnap.yaml, and the instances that could be added. */
export async function listShared(world: World, cluster: string): Promise<SharedList> {
  const { id, instances } = instanceOf(world, cluster);
  return { cluster, target: id, shared: await instances.sharedWith(id), alternatives: await instances.alternatives(id) };
}
