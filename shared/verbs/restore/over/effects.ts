import type { Effect, Look } from "../../../jobs/kind.ts";
import { configuredCluster, type World } from "../../../jobs/world.ts";
import type { ClusterIndex } from "../../../model/cluster.ts";
import { hasCode } from "../../../model/errors.ts";
import type { OldIndex } from "../../../model/overwriting/oldIndex.ts";
import { isOld } from "../../../model/overwriting/oldIndex.ts";
import { type Reason, reason } from "../../../model/reason.ts";
import { requireSameSnapshot } from "../sameSnapshot.ts";
import type { RestoreData, RestoreInput, RestoreJob } from "../types.ts";
import { mustStay } from "./oldIndices.ts";

interface Guarded {
  index: string;
  guard: string;
}

/** What a restore over an index does to it before it begins, and how it is taken back; step.ts decides. */
export function overEffects(world: World): Record<"guardOld" | "closeOld" | "unguardOld" | "openOld", Effect<RestoreInput, RestoreData>> {
  const clusterOf = (job: RestoreJob) => world.cluster(configuredCluster(job));
  const find = async (job: RestoreJob, name: string) => (await clusterOf(job).listIndices()).find((index) => index.name === name);

  return {
    guardOld: {
      async lookUp(job, { index: name, guard }: Guarded) {
        const { index, foreign } = plannedOne(job, name, await find(job, name));
        if (foreign) return foreign;
        return index.aliases.includes(guard) ? closing(job, reason("over.guarded", { index: name, guard })) : { found: "none" };
      },
      perform: (job, { index, guard }: Guarded) => clusterOf(job).moveAliases([{ alias: guard, from: [], to: [index] }]),
    },
    closeOld: {
      async lookUp(job, { index: name }: Guarded) {
        const { index, old, foreign } = plannedOne(job, name, await find(job, name));
        if (foreign) return foreign;
        if (index.state === "close") return closing(job, reason("over.closed", { index: name }));
        const why = (await mustStay(clusterOf(job), index, old, job.intent.input)) ?? (await otherSnapshot(world, job));
        return why ? { found: "foreign", reason: why } : { found: "none" };
      },
      perform: (job, { guard }: Guarded) => clusterOf(job).closeBehind(guard),
    },
    unguardOld: {
      async lookUp(job, { index: name, guard }: Guarded) {
        const index = await find(job, name);
        if (index?.aliases.includes(guard)) return { found: "none" };
        return { found: "ours", state: job.head.state, reason: reason("over.unguarded", { index: name, guard }), data: job.head.data };
      },
      perform: (job, { index, guard }: Guarded) => clusterOf(job).moveAliases([{ alias: guard, from: [], named: [index], to: [] }]),
    },
    openOld: {
      async lookUp(job, { index: name, uuid }: { index: string; uuid: string }) {
        const index = await find(job, name);
        if (index?.uuid === uuid && index.state === "close") return { found: "none" };
        return { found: "ours", state: job.head.state, reason: reason("over.opened", { index: name }), data: job.head.data };
      },
      perform: (job, { index }: { index: string }) => clusterOf(job).openIndex(index),
    },
  };
}

type Planned =
  | { index: ClusterIndex; old: OldIndex; foreign?: undefined }
  | { index?: undefined; old?: undefined; foreign: Look<RestoreData> };

/** Only the index that was planned, with the contents that it had then, is closed. */
function plannedOne({ head }: RestoreJob, name: string, index: ClusterIndex | undefined): Planned {
  const old = head.data.targets.find(({ as }) => as === name)?.old;
  if (index && isOld(index, old)) return { index, old };
  return { foreign: { found: "foreign", reason: reason("over.otherSince", { index: name }) } };
}

function closing(job: RestoreJob, why: Reason): Look<RestoreData> {
  return { found: "ours", state: "closing", reason: why, data: job.head.data };
}

/** Nothing is closed for a snapshot that cannot be restored any more. */
async function otherSnapshot(world: World, job: RestoreJob): Promise<Reason | undefined> {
  try {
    await requireSameSnapshot(world, job);
    return undefined;
  } catch (error) {
    if (hasCode(error, "permanent") && error.reason) return error.reason;
    throw error;
  }
}
