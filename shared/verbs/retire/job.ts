import type { JobKind } from "../../jobs/kind.ts";
import { configuredCluster, type World } from "../../jobs/world.ts";
import { reason } from "../../model/reason.ts";
import { gatherRetire } from "./gather.ts";
import { reportRetire } from "./show.ts";
import { type RetireInput, type RetireObservation, stepRetire } from "./step.ts";

/** The retire job and its effect; step.ts decides. */
export function retireKind(world: World): JobKind<RetireInput, Record<string, never>, RetireObservation> {
  return {
    gather: (job) => gatherRetire(world, job),
    step: stepRetire,
    effects: {
      deleteIndex: {
        async lookUp(job, args: { index: string; uuid: string }) {
          const index = (await world.cluster(configuredCluster(job)).listIndices()).find(({ name }) => name === args.index);
          if (!index || index.uuid !== args.uuid)
            return { found: "ours", state: "kept", reason: reason("retire.deleted", { index: args.index }), data: job.head.data };
          return index.aliases.length > 0
            ? { found: "foreign", reason: reason("retire.serves", { index: args.index, aliases: index.aliases }) }
            : { found: "none" };
        },
        perform: (job, args: { index: string; uuid: string }) => world.cluster(configuredCluster(job)).deleteIndex(args.index),
      },
    },
    result: ({ intent }) => intent.input,
    finished: (job) => reportRetire(world, job),
  };
}
