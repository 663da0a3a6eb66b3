import { swapAlias } from "../../jobs/aliasSwap.ts";
import type { JobKind, Look } from "../../jobs/kind.ts";
import { configuredCluster, type World } from "../../jobs/world.ts";
import { jobId } from "../../model/jobId.ts";
import { reason } from "../../model/reason.ts";
import { askRetire } from "../retire/ask.ts";
import { gatherRollback } from "./gather.ts";
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
    gather: (job) => gatherRollback(world, job),
    step: (job, seen) => stepRollback(job, seen),
    effects: {
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

/** Looks at the writes once more right before the alias moves. */
async function lookUpSwap(world: World, job: RollbackJob): Promise<Look<RollbackData>> {
  const { input } = job.intent;
  const seen = await gatherRollback(world, job);
  if (isBack(input, seen)) {
    const why = reason("restore.swapped", { alias: input.alias, to: input.to.name, from: [input.from.name] });
    return { found: "ours", state: "served", reason: why, data: job.head.data };
  }
  const refusal = refusalOf(input, seen);
  return refusal ? { found: "foreign", reason: refusal, instead: { state: "refused", data: job.head.data } } : { found: "none" };
}
