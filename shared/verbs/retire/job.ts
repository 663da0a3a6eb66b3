import type { JobKind } from "../../jobs/kind.ts";
import { type OpenWork, readOpenWork } from "../../jobs/openWork.ts";
import { configuredCluster, type World } from "../../jobs/world.ts";
import { AppError } from "../../model/errors.ts";
import { reason } from "../../model/reason.ts";
import { readOpen } from "../../notices/generations.ts";
import { gatherRetire, originOf, rollbackTo, successorOf } from "./gather.ts";
import { reportRetire, reportUnserved, unservedKey } from "./show.ts";
import { type RetireData, type RetireInput, type RetireObservation, stepRetire } from "./step.ts";

/** The retire job and its effects; step.ts decides. */
export function retireKind(world: World, work: OpenWork): JobKind<RetireInput, RetireData, RetireObservation> {
  return {
    gather: (job) => gatherRetire(world, work, job),
    step: stepRetire,
    effects: {
      deleteIndex: {
        async lookUp(job, args: { index: string; uuid: string }) {
          const cluster = world.cluster(configuredCluster(job));
          const all = await cluster.listIndices();
          const index = all.find(({ name }) => name === args.index);
          if (!index || index.uuid !== args.uuid)
            return { found: "ours", state: "kept", reason: reason("retire.deleted", { index: args.index }), data: job.head.data };
          if (index.aliases.length > 0)
            return { found: "foreign", reason: reason("retire.serves", { index: args.index, aliases: index.aliases }) };
          const { alias } = await originOf(world, job);
          const rollback = rollbackTo((await readOpenWork(world)).jobs, job);
          if (rollback !== undefined)
            throw new AppError("conflict", `index ${args.index}: ${rollback} puts the alias back on it; it is kept`, {
              reason: reason("retire.neededBack", { index: args.index, rollback }),
            });
          // A person may have deleted the successor since the last look: the request is put off, and the next look waits.
          if ((await successorOf(cluster, all, index, alias)) === undefined)
            throw new AppError("conflict", `index ${args.index}: no other index serves its alias any more; it is kept`);
          return { found: "none" };
        },
        perform: (job, args: { index: string; uuid: string }) => world.cluster(configuredCluster(job)).deleteIndex(args.index),
      },
      tellUnserved: {
        async lookUp(job) {
          if (!(await readOpen(world, unservedKey(job)))) return { found: "none" };
          return { found: "ours", state: "kept", reason: job.head.reason, data: { ...job.head.data, told: true } };
        },
        perform: (job) => reportUnserved(world, job),
      },
    },
    result: ({ intent: { input } }) => ({ index: input.index, uuid: input.uuid, notBefore: input.notBefore }),
    finished: (job) => reportRetire(world, job),
  };
}
