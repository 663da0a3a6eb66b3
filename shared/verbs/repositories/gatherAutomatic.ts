import type { World } from "../../jobs/world.ts";
import { isAmazonAutomatic } from "../../model/amazon/automatic.ts";
import { hasCode } from "../../model/errors.ts";

export interface AutomaticRepository {
  cluster: string;
  name: string;
  type: string;
}

/** Amazon's own repositories on the domains of ossnap.yaml, which nobody registers: whoever looks for them is told why they are of no use. */
export async function gatherAutomatic(world: World): Promise<AutomaticRepository[]> {
  const domains = Object.entries(world.config.clusters).filter(([, { aws }]) => aws !== undefined);
  const found = await Promise.all(domains.map(([cluster]) => automaticOf(world, cluster)));
  return found.flat();
}

async function automaticOf(world: World, cluster: string): Promise<AutomaticRepository[]> {
  try {
    const listed = await world.cluster(cluster).listRepositories();
    return listed.filter(({ name }) => isAmazonAutomatic(name)).map(({ name, type }) => ({ cluster, name, type }));
  } catch (error) {
    // That the cluster does not answer is said by the rows of its other repositories.
    if (!hasCode(error, "transient", "denied", "refused", "permanent", "absent")) throw error;
    return [];
  }
}
