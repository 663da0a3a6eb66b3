import { blockOf, type OpenWork, readOpenWork } from "../../jobs/openWork.ts";
import { repositoryState } from "../../jobs/registration.ts";
import type { JobKind } from "../../jobs/step.ts";
import { configured, configuredCluster, type World } from "../../jobs/world.ts";
import type { ClusterSnapshot } from "../../model/cluster.ts";
import { AppError } from "../../model/errors.ts";
import { reason } from "../../model/reason.ts";
import { tellBegin, tellOver } from "../../notices/notices.ts";
import type { PrunePlan } from "../../plan/retention.ts";
import { deletesMany } from "../../plan/versions.ts";
import { stateKey } from "../../state/keys.ts";
import { readObject, writeObjectOnce } from "../../state/objects.ts";
import { gatherPrunePlan } from "./gather.ts";
import { type PruneData, type PruneInput, type PruneObservation, type PruneTarget, stepPrune } from "./step.ts";

/** Names of 60 bytes each stay below the 3,900 bytes that a request line may have. */
const MULTI_DELETE_MAX = 40;

/** How a prune looks at the world and what it may do there; the decisions are in plan/prune.ts and jobs/steps/prune.ts. */
export function pruneKind(world: World, work: OpenWork): JobKind<PruneInput, PruneData, PruneObservation> {
  return {
    async gather(job) {
      const { policy, policyName } = job.intent.input;
      const { register } = configured(world.config, "repositories", policy.repository);
      const { need } = await repositoryState(world, { cluster: configuredCluster(job), name: policy.repository, register });
      // Read anew: a restore may have been asked for since this invocation began, and its snapshot must stay.
      const { plan, snapshots, version } = await gatherPrunePlan(world, policyName, policy, await readOpenWork(world));
      const applied = await readObject(world.state, stateKey.applied(policyName, plan.fingerprint));
      const newest = job.head.data.plan?.newestGood;
      const remaining = (job.head.data.plan?.remove ?? []).filter((target) => isThere(target, snapshots));
      return {
        plan,
        appliedBefore: applied !== undefined,
        repository: need && "fault" in need ? need : undefined,
        remaining,
        newestGoodThere:
          !newest || snapshots.some(({ name, uuid, state }) => name === newest.name && uuid === newest.uuid && state === "SUCCESS"),
        protectedSince: remaining.find(({ name }) => isProtected(plan, name))?.name,
        batchMax: deletesMany(version) ? MULTI_DELETE_MAX : 1,
        blocked: await blockOf(world.cluster(configuredCluster(job)), version, job, work, { snapshots: [], indices: [] }),
      };
    },

    step: stepPrune,

    effects: {
      deleteSnapshots: {
        async lookUp(job, args: { snapshots: PruneTarget[] }) {
          const there = await world.cluster(configuredCluster(job)).listSnapshots(job.intent.input.policy.repository);
          const left = args.snapshots.filter((target) => isThere(target, there));
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
          const there = await cluster.listSnapshots(repository);
          const stranger = args.snapshots.find(
            (target) => there.some((snapshot) => snapshot.name === target.name) && !isThere(target, there),
          );
          if (stranger)
            throw new AppError("permanent", `prune ${stranger.name}: another snapshot has this name now, nothing was deleted`, {
              reason: reason("prune.otherUuid", { snapshot: stranger.name }),
            });
          await cluster.deleteSnapshots(
            repository,
            args.snapshots.filter((target) => isThere(target, there)).map(({ name }) => name),
          );
        },
      },
    },

    result: ({ head }) => ({
      hash: head.data.plan?.hash,
      removed: head.state === "done" ? (head.data.plan?.remove ?? []).map(({ name }) => name) : [],
    }),

    async finished(job) {
      const { policyName, hash } = job.intent.input;
      const { plan } = job.head.data;
      if (job.head.state === "done" && hash !== undefined && plan)
        await writeObjectOnce(world.state, stateKey.applied(policyName, plan.fingerprint), {
          hash,
          at: world.clock.now().toISOString(),
          by: job.intent.asked.who,
        });
      const key = `prune-refused:${policyName}`;
      if (job.head.state === "failed" || (job.head.state === "refused" && hash === undefined))
        await tellBegin(world, { key, code: "prune.refused", severity: "warning", reason: job.head.reason, job: job.id });
      else if (job.head.state === "done") await tellOver(world, key, "prune.refused", job.head.reason);
    },
  };
}

/** The same name with another uuid is another snapshot; on 2.x the start time stands in for the uuid. */
function isThere(target: PruneTarget, snapshots: readonly ClusterSnapshot[]): boolean {
  return snapshots.some(
    (snapshot) =>
      snapshot.name === target.name &&
      (target.uuid === undefined ? snapshot.startTime.toISOString() === target.startTime : snapshot.uuid === target.uuid),
  );
}

function isProtected(plan: PrunePlan, name: string): boolean {
  const kept = plan.keep.find((snapshot) => snapshot.name === name);
  return kept?.reasons.some(({ code }) => code === "keep.pinned" || code === "keep.needed") ?? false;
}
