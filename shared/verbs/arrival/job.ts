import type { JobKind } from "../../jobs/kind.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import { reason } from "../../model/reason.ts";
import type { SnapshotProof } from "../../model/repository.ts";
import { storeEvidence } from "../../reader/evidence.ts";
import { askRestore } from "../restore/ask.ts";
import { gatherArrival } from "./gather.ts";
import { restoreOrder, restoreRun } from "./restoreOrder.ts";
import { arrivalResult, reportArrival } from "./show.ts";
import { type ArrivalData, type ArrivalInput, type ArrivalObservation, stepArrival } from "./step.ts";

/** The arrival job. Its only effect requests the restore; step.ts decides when. */
export function arrivalKind(world: World, work: OpenWork): JobKind<ArrivalInput, ArrivalData, ArrivalObservation> {
  return {
    gather: (job) => gatherArrival(world, work, job),
    step: stepArrival,
    effects: {
      askRestore: {
        async lookUp(job) {
          const { id, done: ended, isOwn } = await restoreRun(world, restoreOrder(job.intent.input, job.id));
          if (ended && !isOwn && ended.state !== "done" && ended.state !== "skipped")
            return { found: "foreign", reason: reason("arrival.restoreEnded", { job: id, state: ended.state }) };
          return ended || (await world.log.read(id))
            ? { found: "ours", state: "asking", reason: reason("arrival.asked", { job: id }), data: { ...job.head.data, restore: id } }
            : { found: "none" };
        },
        async perform(job, _args, { proof, since }: { proof: SnapshotProof; since: Date }) {
          await storeEvidence(world, job.intent.input.watch.blobs, proof, since);
          const { order } = await restoreRun(world, restoreOrder(job.intent.input, job.id));
          const created = await askRestore(world, order);
          if (created.outcome === "created") work.jobs.push(created.job);
        },
      },
    },
    result: arrivalResult,
    finished: (job) => reportArrival(world, job),
  };
}
