import type { JobKind, Look } from "../../jobs/kind.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import { configuredCluster, type World } from "../../jobs/world.ts";
import { AppError } from "../../model/errors.ts";
import { reason } from "../../model/reason.ts";
import { listWithLost } from "../snapshots/gather.ts";
import { gatherPrune, hasNewestGood, isLost, stillExists } from "./gather.ts";
import { pruneResult, reportPrune } from "./show.ts";
import {
  type PruneData,
  type PruneInput,
  type PruneJob,
  type PruneObservation,
  type PruneTarget,
  prunedRepository,
  stepPrune,
  withRemoved,
} from "./step.ts";

interface Batch {
  snapshots: PruneTarget[];
}

/** The prune job and its effect; plan/retention/plan.ts and step.ts decide. */
export function pruneKind(world: World, work: OpenWork): JobKind<PruneInput, PruneData, PruneObservation> {
  /** What each job requested in this invocation, so that only this counts as removed by it. */
  const requested = new Map<string, PruneTarget[]>();
  const listing = (job: PruneJob) => listWithLost(world, prunedRepository(job.intent.input));

  return {
    gather: (job) => gatherPrune(world, work, job),
    step: stepPrune,

    effects: {
      deleteSnapshots: {
        async lookUp(job, args: Batch): Promise<Look<PruneData>> {
          const { snapshots: there, lost } = await listing(job);
          // An empty or shrunken listing is not a deletion; the next step refuses.
          if (!hasNewestGood(job, there)) return { found: "none" };
          // One that lost its own blob is not listed, and its root still names it: its deletion failed half-way.
          if (args.snapshots.some((target) => stillExists(target, there) || isLost(target, lost))) return { found: "none" };
          return deletedBy(job, requestedBy(job, args, requested));
        },
        async perform(job, args: Batch) {
          const repository = prunedRepository(job.intent.input);
          const { snapshots: there, lost } = await listing(job);
          if (!hasNewestGood(job, there))
            throw new AppError("conflict", `prune in ${repository}: the newest good snapshot no longer exists; nothing was deleted`, {
              reason: reason("prune.newestGone", { snapshot: job.head.data.plan?.newestGood?.name ?? "" }),
            });
          const stranger = args.snapshots.find(
            (target) => there.some((snapshot) => snapshot.name === target.name) && !stillExists(target, there),
          );
          if (stranger)
            throw new AppError("permanent", `prune ${stranger.name}: the name now belongs to another snapshot; nothing was deleted`, {
              reason: reason("prune.otherUuid", { snapshot: stranger.name }),
            });
          // A prune leaves what lost its own blob to a person, who may ask for exactly that.
          const isBroken = "deletion" in job.intent.input && job.intent.input.deletion.broken;
          const existing = args.snapshots.filter((target) => stillExists(target, there) || (isBroken && isLost(target, lost)));
          requested.set(job.id, [...(requested.get(job.id) ?? []), ...existing]);
          await world.cluster(configuredCluster(job)).deleteSnapshots(
            repository,
            existing.map(({ name }) => name),
          );
        },
      },
    },

    result: pruneResult,
    finished: (job) => reportPrune(world, job),
  };
}

/** After a crash it is unknown which of a batch existed at the request; an earlier attempt's whole batch counts. */
function requestedBy(job: PruneJob, { snapshots }: Batch, requested: ReadonlyMap<string, readonly PruneTarget[]>): PruneTarget[] {
  if ((job.head.claim?.attempt ?? 1) > 1) return snapshots;
  const ours = requested.get(job.id) ?? [];
  return snapshots.filter((target) => ours.some(({ name, uuid }) => name === target.name && uuid === target.uuid));
}

function deletedBy(job: PruneJob, gone: readonly PruneTarget[]): Look<PruneData> {
  const why = gone.length === 0 ? reason("prune.vanished") : reason("prune.deleted", { snapshots: gone.map(({ name }) => name) });
  return { found: "ours", state: "planned", reason: why, data: withRemoved(job.head.data, gone) };
}
