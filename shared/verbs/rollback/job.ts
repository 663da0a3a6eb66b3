import { swapAliases, swapConflict } from "../../jobs/aliasSwap.ts";
import type { JobKind, Look } from "../../jobs/kind.ts";
import { configuredCluster, type World } from "../../jobs/world.ts";
import { AppError } from "../../model/errors.ts";
import { jobId } from "../../model/jobId.ts";
import { reason } from "../../model/reason.ts";
import type { LeftIndex, SwapMove } from "../../plan/aliases/moves.ts";
import { cancelJob } from "../jobs/ask.ts";
import { askRetire } from "../retire/ask.ts";
import { type Looked, observeRollback } from "./gather.ts";
import { reportRollback } from "./show.ts";
import {
  isBack,
  namedMoves,
  type RollbackData,
  type RollbackInput,
  type RollbackJob,
  type RollbackObservation,
  refusalOf,
  stepRollback,
  told,
} from "./step.ts";

/** The rollback job and its effects; step.ts decides. */
export function rollbackKind(world: World): JobKind<RollbackInput, RollbackData, RollbackObservation> {
  return {
    gather: (job) => observeRollback(world, lookedFor(job)),
    step: (job, seen) => stepRollback(job, seen),
    effects: {
      keepEarlier: {
        async lookUp(job, args: { job: string; index: string }) {
          const retire = await world.log.read(args.job);
          if (retire && !retire.head.cancelling) return { found: "none" };
          const why = reason("rollback.earlierKept", args);
          return { found: "ours", state: job.head.state, reason: why, data: job.head.data };
        },
        async perform(job, args: { job: string; index: string }) {
          await cancelJob(world, args.job, { by: "ossnap", who: job.id });
        },
      },
      swapAlias: {
        lookUp: (job) => lookUpSwap(world, job),
        perform: (job, args: { moves: readonly SwapMove[] }) => swapAliases(world.cluster(configuredCluster(job)), args.moves),
      },
      settle: {
        async lookUp(job) {
          for (const { uuid } of leftBy(job)) {
            const id = jobId.retire(job.id, uuid);
            if (!(await world.log.done(id)) && !(await world.log.read(id))) return { found: "none" };
          }
          const why = reason("rollback.settled", { index: told(job.intent.input).from });
          return { found: "ours", state: "settled", reason: why, data: job.head.data };
        },
        async perform(job) {
          for (const index of leftBy(job)) await askRetire(world, job, index);
        },
      },
    },
    result: ({ intent: { input }, head: { data } }) => ({
      restore: input.restore,
      moves: namedMoves(input),
      lost: data.lost ?? null,
    }),
    finished: (job) => reportRollback(world, job),
  };
}

/** What served until now; an index that one alias leaves and another returns to, or stays on, is not left. */
function leftBy({ intent: { input } }: RollbackJob): LeftIndex[] {
  const back = new Set([...(input.serving ?? []), ...input.moves.flatMap(({ to }) => to.map(({ uuid }) => uuid))]);
  const left = input.moves.flatMap(({ alias, from }) => from.map(({ name, uuid }) => ({ name, uuid, alias })));
  return [...new Map(left.map((index) => [index.uuid, index])).values()].filter(({ uuid }) => !back.has(uuid));
}

function lookedFor(job: RollbackJob): Looked {
  return { id: job.id, cluster: configuredCluster(job), input: job.intent.input };
}

/** Looks at everything once more right before the alias moves, at other jobs too: this job's claim is written by then. */
async function lookUpSwap(world: World, job: RollbackJob): Promise<Look<RollbackData>> {
  const { input } = job.intent;
  const seen = await observeRollback(world, lookedFor(job));
  if (isBack(input, seen)) {
    const why = reason("rollback.swapped", told(input));
    return { found: "ours", state: "served", reason: why, data: job.head.data };
  }
  const refusal = refusalOf(input, seen);
  if (refusal) return { found: "foreign", reason: refusal, instead: { state: "refused", data: job.head.data } };
  if (seen.retire)
    throw new AppError("conflict", `${seen.retire.id} may be deleting ${seen.retire.index}`, {
      reason: reason("rollback.retireRuns", { job: seen.retire.id, index: seen.retire.index }),
    });
  if (seen.waits?.code === "alias.moving") throw swapConflict(seen.waits);
  return { found: "none" };
}
