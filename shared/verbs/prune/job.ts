import type { JobKind, Look } from "../../jobs/kind.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import { reason } from "../../model/reason.ts";
import { listWithLost } from "../snapshots/gather.ts";
import { type Batch, deleteBatch } from "./deleteBatch.ts";
import { gatherPrune, hasNewestGood, isLost, stillExists } from "./gather.ts";
import { pruneResult, reportPrune, stoppedAfter } from "./show.ts";
import {
  type PruneData,
  type PruneInput,
  type PruneJob,
  type PruneObservation,
  type PruneTarget,
  prunedRepository,
  type Superseded,
  stepPrune,
  withRemoved,
} from "./step.ts";

/** The prune job and its effect; plan/retention/plan.ts and step.ts decide. */
export function pruneKind(world: World, work: OpenWork): JobKind<PruneInput, PruneData, PruneObservation | Superseded> {
  /** What each request of this invocation named, so that only this counts as removed by it. */
  const requested = new Map<Batch, PruneTarget[]>();

  return {
    gather: (job) => gatherPrune(world, work, job),
    step: stepPrune,
    undoesNothing: true,
    endingEarly: (_job, ending) => stoppedAfter(ending),

    effects: {
      deleteSnapshots: {
        async lookUp(job, args: Batch): Promise<Look<PruneData>> {
          const { snapshots: there, lost } = await listWithLost(world, prunedRepository(job.intent.input));
          // An empty or shrunken listing is not a deletion; the next step refuses.
          if (!hasNewestGood(job, there)) return { found: "none" };
          // One that lost its own blob is not listed, and its root still names it: its deletion failed half-way.
          const gone = args.snapshots.filter((target) => !stillExists(target, there) && !isLost(target, lost));
          const ours = requested.get(args);
          if (gone.length === args.snapshots.length) return deletedBy(job, requestedBy(job, args, ours));
          const removed = gone.filter((target) => ours?.includes(target));
          return removed.length === 0 ? { found: "none" } : deletedBy(job, removed);
        },
        async perform(job, args: Batch, { atOnce }: { atOnce: number }) {
          const named: PruneTarget[] = [];
          requested.set(args, named);
          await deleteBatch(world, job, { ...args, atOnce }, (targets) => named.push(...targets));
        },
      },
    },

    result: pruneResult,
    finished: (job) => reportPrune(world, job),
  };
}

/** After a crash it is unknown which of a batch existed at the request; an earlier attempt's whole batch counts. */
function requestedBy(job: PruneJob, { snapshots }: Batch, requested: readonly PruneTarget[] = []): PruneTarget[] {
  return (job.head.claim?.attempt ?? 1) > 1 ? snapshots : snapshots.filter((target) => requested.includes(target));
}

function deletedBy(job: PruneJob, gone: readonly PruneTarget[]): Look<PruneData> {
  const why = gone.length === 0 ? reason("prune.vanished") : reason("prune.deleted", { snapshots: gone.map(({ name }) => name) });
  return { found: "ours", state: "planned", reason: why, data: withRemoved(job.head.data, gone) };
}
