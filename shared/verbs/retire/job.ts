import type { JobKind } from "../../jobs/step.ts";
import { configuredCluster, type World } from "../../jobs/world.ts";
import { reason } from "../../model/reason.ts";
import { JOB_MARKER_KEY } from "../../model/restoredName.ts";
import { tellBegin } from "../../notices/notices.ts";
import { type RetireInput, type RetireObservation, stepRetire } from "./step.ts";

/** How retiring looks at the index; the decision is in jobs/steps/retire.ts. */
export function retireKind(world: World): JobKind<RetireInput, Record<string, never>, RetireObservation> {
  return {
    async gather(job) {
      if (new Date(job.intent.input.notBefore) > world.clock.now()) return { there: false };
      const index = (await world.cluster(configuredCluster(job)).listIndices()).find(({ name }) => name === job.intent.input.index);
      return index
        ? { there: true, uuid: index.uuid, aliases: index.aliases, marked: index.settings[JOB_MARKER_KEY] !== undefined }
        : { there: false };
    },
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
    async finished(job) {
      // A swap that was frozen on its way may have landed after a newer one: then an old index serves again, and nothing else would say so.
      if (job.head.reason.code === "retire.serves")
        await tellBegin(world, {
          key: `retired-serves:${job.intent.input.index}`,
          code: "retire.serves",
          severity: "bad",
          reason: job.head.reason,
          job: job.id,
        });
    },
  };
}
