import type { JobKind } from "../../jobs/kind.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import { configuredCluster, type World } from "../../jobs/world.ts";
import { AppError } from "../../model/errors.ts";
import { reason } from "../../model/reason.ts";
import { listedSnapshots } from "../snapshots/gather.ts";
import { gatherPrune, stillExists } from "./gather.ts";
import { pruneResult, reportPrune } from "./show.ts";
import { type PruneData, type PruneInput, type PruneObservation, type PruneTarget, stepPrune } from "./step.ts";

/** The prune job and its effect; plan/retention.ts and step.ts decide. */
export function pruneKind(world: World, work: OpenWork): JobKind<PruneInput, PruneData, PruneObservation> {
  return {
    gather: (job) => gatherPrune(world, work, job),
    step: stepPrune,

    effects: {
      deleteSnapshots: {
        async lookUp(job, args: { snapshots: PruneTarget[] }) {
          const there = await listedSnapshots(world, job.intent.input.policy.repository);
          const left = args.snapshots.filter((target) => stillExists(target, there));
          if (left.length > 0) return { found: "none" };
          return {
            found: "ours",
            state: "planned",
            reason: reason("prune.deleted", { snapshots: args.snapshots.map(({ name }) => name) }),
            data: job.head.data,
          };
        },
        async perform(job, args: { snapshots: PruneTarget[] }) {
          const { repository } = job.intent.input.policy;
          const cluster = world.cluster(configuredCluster(job));
          const there = await listedSnapshots(world, repository);
          const stranger = args.snapshots.find(
            (target) => there.some((snapshot) => snapshot.name === target.name) && !stillExists(target, there),
          );
          if (stranger)
            throw new AppError("permanent", `prune ${stranger.name}: another snapshot has this name now, nothing was deleted`, {
              reason: reason("prune.otherUuid", { snapshot: stranger.name }),
            });
          await cluster.deleteSnapshots(
            repository,
            args.snapshots.filter((target) => stillExists(target, there)).map(({ name }) => name),
          );
        },
      },
    },

    result: pruneResult,
    finished: (job) => reportPrune(world, job),
  };
}
