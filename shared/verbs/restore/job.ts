import { swapAliases } from "../../jobs/aliasSwap.ts";
import type { JobKind, Look } from "../../jobs/kind.ts";
import type { OpenWork } from "../../jobs/openWork.ts";
import { isInFlight } from "../../jobs/record.ts";
import { lookUpRegistration, registerRepository } from "../../jobs/registration.ts";
import { configuredCluster, type World } from "../../jobs/world.ts";
import type { ClusterIndex } from "../../model/cluster.ts";
import { AppError, hasCode } from "../../model/errors.ts";
import { isOld } from "../../model/overwriting/oldIndex.ts";
import { reason } from "../../model/reason.ts";
import { JOB_MARKER_SETTING, jobMarker, markingJob } from "../../model/restoredName.ts";
import { EXCLUDED_SETTINGS } from "../../plan/preflightSettings.ts";
import { lookUpSwap, movesOfArgs, type SwapArgs } from "./aliases/swap.ts";
import { gatherRestore } from "./gather.ts";
import { lookUpSettled, settle } from "./outcome/settle.ts";
import { overEffects } from "./over/effects.ts";
import { requireSameSnapshot } from "./sameSnapshot.ts";
import { reportRestore, restoreResult } from "./show.ts";
import { beforeState, requireDeletesAsPlanned } from "./states/beforeRequest.ts";
import { carriedState, streamEffects } from "./states/effects.ts";
import { type RestoreData, type RestoreInput, type RestoreJob, type RestoreObservation, stepRestore } from "./step.ts";
import { notingUnsure, stateUnknown, withStateReplaced } from "./stepStates.ts";
import { failingRestore } from "./stepUndo.ts";
import { registrationOf } from "./target/registrationOf.ts";

/** The restore job and its effects; step.ts decides. */
export function restoreKind(world: World, work: OpenWork): JobKind<RestoreInput, RestoreData, RestoreObservation> {
  const clusterOf = (job: RestoreJob) => world.cluster(configuredCluster(job));
  const questionOf = (job: RestoreJob) => {
    const question = registrationOf(world, configuredCluster(job), job.id, job.intent.input);
    if (!question) throw new AppError("invalid", `job ${job.id}: has nothing to register`);
    return question;
  };

  return {
    gather: (job) => gatherRestore(world, work, job),
    step: stepRestore,

    effects: {
      registerRepository: {
        lookUp: (job) => lookUpRegistration(world, questionOf(job), job.head.state, job.head.data),
        perform: (job) => registerRepository(world, questionOf(job)),
      },
      restoreIndex: {
        lookUp: (job, args: { index: string; as: string }) => lookUpRestored(world, job, args),
        async perform(job, args: { index: string; as: string }) {
          const { leftOut = [] } = job.head.data.targets.find(({ as }) => as === args.as) ?? {};
          const carried = await beforeState(job, args.as, async () => {
            const found = await carriedState(world, job, args);
            await requireSameSnapshot(world, job);
            await requireDeletesAsPlanned(clusterOf(job), job, args.as);
            return found;
          });
          await clusterOf(job).restore({
            repository: job.intent.input.repository,
            snapshot: job.intent.input.snapshot.name,
            index: args.index,
            as: args.as,
            indexSettings: { "index.number_of_replicas": 0, [JOB_MARKER_SETTING]: jobMarker(job.id, job.intent.input.over) },
            ignoreIndexSettings: [...EXCLUDED_SETTINGS, ...leftOut],
            ...carried,
          });
        },
      },
      ...streamEffects(world),
      ...overEffects(world),
      setReplicas: {
        async lookUp(job, args: { index: string; replicas: number }) {
          const index = (await clusterOf(job).listIndices()).find(({ name }) => name === args.index);
          if (index?.replicas !== args.replicas) return { found: "none" };
          return { found: "ours", state: job.head.state, reason: reason("restore.replicasSet", args), data: job.head.data };
        },
        async perform(job, args: { index: string; replicas: number }) {
          try {
            await clusterOf(job).updateIndexSettings(args.index, { "index.number_of_replicas": args.replicas });
          } catch (error) {
            // The restored and counted index serves without them; see step.ts.
            if (hasCode(error, "invalid")) throw new AppError("refused", error.message, { cause: error });
            throw error;
          }
        },
      },
      swapAlias: {
        lookUp: (job, args: SwapArgs) => lookUpSwap(world, job, args),
        perform: (job, args: SwapArgs) => swapAliases(clusterOf(job), movesOfArgs(args)),
      },
      settle: {
        lookUp: (job) => lookUpSettled(world, job),
        perform: (job) => settle(world, work, job),
      },
      deleteIndex: {
        async lookUp(job, args: { index: string; uuid: string }) {
          const there = (await clusterOf(job).listIndices()).find(({ name }) => name === args.index);
          if (!there || there.uuid !== args.uuid)
            return { found: "ours", state: job.head.state, reason: reason("cancel.tookBackIndex", args), data: job.head.data };
          return there.aliases.length > 0
            ? { found: "foreign", reason: reason("retire.serves", { index: args.index, aliases: there.aliases }) }
            : { found: "none" };
        },
        perform: (job, args: { index: string; uuid: string }) => clusterOf(job).deleteIndex(args.index),
      },
    },

    // A claim in flight is the one whose outcome makes the job fail: its request was refused, or not even sent.
    failing: (job, why) => failingRestore(isInFlight(job.head, world.clock.now()) ? job : notingUnsure(job), why),
    isGivingBack: ({ head: { data } }) => data.failing !== undefined,
    isHolding: ({ head: { data } }) => data.targets.some(({ old, restored }) => old?.closing !== undefined && !restored),
    result: restoreResult,
    finished: (job) => reportRestore(world, job),
  };
}

/** One that was opened since is closed again; until then the cluster refuses the restore. */
function lookOfOther({ head }: RestoreJob, there: ClusterIndex, args: { index: string; as: string }): Look<RestoreData> {
  const old = head.data.targets.find(({ as }) => as === args.as)?.old;
  if (!isOld(there, old)) return { found: "foreign", reason: reason("name.taken", args) };
  return there.state === "close" ? { found: "none" } : { found: "none", why: reason("over.openedSince", { index: args.as }) };
}

async function lookUpRestored(world: World, job: RestoreJob, args: { index: string; as: string }): Promise<Look<RestoreData>> {
  const cluster = world.cluster(configuredCluster(job));
  const there = (await cluster.listIndices()).find(({ name }) => name === args.as);
  const unknown = there ? undefined : stateUnknown(job, args.as);
  if (unknown) return { found: "foreign", reason: unknown };
  if (!there) return { found: "none" };
  if (markingJob(there.settings) !== job.id) return lookOfOther(job, there, args);
  try {
    await requireSameSnapshot(world, job);
  } catch (error) {
    // The started restore is removed first: without its snapshot it may never end, which on 5.5 blocks all snapshot work.
    if (hasCode(error, "permanent") && error.reason)
      return { found: "ours", state: "freeing", reason: error.reason, data: { ...job.head.data, failing: error.reason } };
    throw error;
  }
  if (args.as === job.intent.input.states?.carrier?.as)
    return {
      found: "ours",
      state: "restoring",
      reason: reason("state.carrierStarted", { index: args.as }),
      data: withStateReplaced(job.head.data),
    };
  return { found: "ours", state: "restoring", reason: reason("restore.started", args), data: job.head.data };
}
