import { swapAlias, swapConflict } from "../../jobs/aliasSwap.ts";
import type { JobKind, Look } from "../../jobs/kind.ts";
import { configuredCluster, type World } from "../../jobs/world.ts";
import { AppError } from "../../model/errors.ts";
import { jobId } from "../../model/jobId.ts";
import { reason } from "../../model/reason.ts";
import { cancelJob } from "../jobs/ask.ts";
import { askRetire } from "../retire/ask.ts";
import { type Looked, observeRollback } from "./gather.ts";
import { reportRollback } from "./show.ts";
import {
  isBack,
  type RollbackData,
  type RollbackInput,
  type RollbackJob,
  type RollbackObservation,
  refusalOf,
  stepRollback,
} from "./step.ts";

/** The rollback job and its effects; step.ts decides. */
export function rollbackKind(world: World): JobKind<RollbackInput, RollbackData, RollbackObservation> {
  return {
    gather: (job) => observeRollback(world, lookedFor(job)),
    step: (job, seen) => stepRollback(job, seen),
    effects: {
      keepEarlier: {
        async lookUp(job, args: { job: string }) {
          const retire = await world.log.read(args.job);
          if (retire && !retire.head.cancelling) return { found: "none" };
          const why = reason("rollback.earlierKept", { job: args.job, index: job.intent.input.to.name });
          return { found: "ours", state: job.head.state, reason: why, data: job.head.data };
        },
        async perform(job, args: { job: string }) {
          await cancelJob(world, args.job, { by: "ossnap", who: job.id });
        },
      },
      swapAlias: {
        lookUp: (job) => lookUpSwap(world, job),
        perform: (job, args: { alias: string; to: string }) => swapAlias(world.cluster(configuredCluster(job)), args),
      },
      settle: {
        async lookUp(job) {
          const id = jobId.retire(job.id, job.intent.input.from.uuid);
          if (!(await world.log.done(id)) && !(await world.log.read(id))) return { found: "none" };
          const why = reason("rollback.settled", { index: job.intent.input.from.name });
          return { found: "ours", state: "settled", reason: why, data: job.head.data };
        },
        perform: (job) => askRetire(world, job, job.intent.input.from),
      },
    },
    result: ({ intent: { input }, head: { data } }) => ({
      restore: input.restore,
      alias: input.alias,
      from: input.from.name,
      to: input.to.name,
      lost: data.lost ?? null,
    }),
    finished: (job) => reportRollback(world, job),
  };
}

function lookedFor(job: RollbackJob): Looked {
  return { id: job.id, cluster: configuredCluster(job), input: job.intent.input };
}

/** Looks at everything once more right before the alias moves, at other jobs too: this job's claim is written by then. */
async function lookUpSwap(world: World, job: RollbackJob): Promise<Look<RollbackData>> {
  const { input } = job.intent;
  const seen = await observeRollback(world, lookedFor(job));
  if (isBack(input, seen)) {
    const why = reason("restore.swapped", { alias: input.alias, to: input.to.name, from: [input.from.name] });
    return { found: "ours", state: "served", reason: why, data: job.head.data };
  }
  const refusal = refusalOf(input, seen);
  if (refusal) return { found: "foreign", reason: refusal, instead: { state: "refused", data: job.head.data } };
  if (seen.retire)
    throw new AppError("conflict", `${seen.retire.id} may be deleting ${input.to.name}`, {
      reason: reason("rollback.retireRuns", { job: seen.retire.id, index: input.to.name }),
    });
  if (seen.waits?.code === "alias.moving") throw swapConflict(seen.waits);
  return { found: "none" };
}
