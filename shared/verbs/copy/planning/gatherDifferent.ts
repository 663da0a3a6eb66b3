import type { World } from "../../../jobs/world.ts";
import type { CopyJob } from "../types.ts";

/** Keys at the destination that this job read and found to be other bytes. */
export async function differentKeys(_world: World, _job: CopyJob): Promise<ReadonlySet<string>> {
  return new Set();
}
