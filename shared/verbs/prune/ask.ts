import type { Created } from "../../jobs/log.ts";
import { readOpenWork } from "../../jobs/openWork.ts";
import type { Asked } from "../../jobs/record.ts";
import { takenRepository } from "../../jobs/registration.ts";
import { configured, type World } from "../../jobs/world.ts";
import type { ClusterSnapshot } from "../../model/cluster.ts";
import type { BackupPolicy } from "../../model/config.ts";
import { AppError } from "../../model/errors.ts";
import { jobId } from "../../model/jobId.ts";
import { reason } from "../../model/reason.ts";
import { repositoryId } from "../../plan/policyFingerprint.ts";
import type { PrunePlan } from "../../plan/retention/plan.ts";
import { type Reach, reachOf } from "../../plan/retention/reach.ts";
import { type KeptUntil, keptUntil } from "../../plan/retention/until.ts";
import { type ComingSlot, nextSlots } from "../../plan/slots.ts";
import { gatherUncovered } from "../backup/gatherChoice.ts";
import { foreseenOtherCluster } from "../repositories/gatherOtherCluster.ts";
import { wasApplied } from "./gatherApplied.ts";
import { type FreedAnswer, freedAnswer, gatherFreed } from "./gatherFreed.ts";
import { gatherPrunePlan, type PolicyView } from "./gatherPlan.ts";
import { knownPlan } from "./knownPlan.ts";
import type { PolicyInput } from "./step.ts";

/** The rules that make a policy reach back; pins and guards keep single snapshots beyond it. */
const REACHING = ["newest", "last", "within", "hourly", "daily", "weekly", "monthly", "yearly", "atLeast"].map((rule) => `keep.${rule}`);

/** A prune that does not get its lane within this time fails and is left to the next night. */
const PRUNE_PATIENCE_MS = 4 * 3_600_000;

/** A plan with what a person wants to know before it is applied. */
export interface PruneDryRun extends PrunePlan, FreedAnswer {
  /** `until`: kept at least until this slot, if every slot gets a good snapshot; `null` if no schedule ends it. */
  keep: (PrunePlan["keep"][number] & { until: KeptUntil | null })[];
  remove: FreedAnswer["remove"];
  reach: Reach;
  timer: PruneTimer;
  /** Indices and data streams of the cluster that no policy takes. */
  uncovered: string[];
  timeZone: string;
  rules: PruneRules;
}

/** What decides about the policy's snapshots, defaults left out as in ossnap.yaml. */
export interface PruneRules extends Pick<BackupPolicy, "keep" | "prune" | "adopt"> {
  timeZone: string;
}

/** The next run on the timer; `null` without one. Before a plan was applied by hand once, a run deletes nothing. */
export interface PruneTimer {
  next: ComingSlot | null;
  appliedBefore: boolean;
}

/** Returns the current plan, what it would free and how far back the policy reaches, without writing anything. */
export async function dryPrune(world: World, policyName: string): Promise<PruneDryRun> {
  const policy = configured(world.config, "backups", policyName);
  const { plan, input, snapshots, indices, version, slotOver } = await planNow(world, policyName);
  const freed = await gatherFreed(world, policy.repository, plan.remove, snapshots);
  const until = keptUntil(plan.keep, input, policy.schedule, slotOver);
  const { cluster } = configured(world.config, "repositories", policy.repository);
  return {
    ...plan,
    keep: plan.keep.map((snapshot) => ({ ...snapshot, until: until.get(snapshot.name) ?? null })),
    ...freedAnswer(plan.remove, freed),
    reach: reachOf({ keep: policy.keep, schedule: policy.schedule, oldestKept: oldestKept(plan, snapshots) }, world.clock.now()),
    timer: await gatherTimer(world, policy, plan),
    uncovered: gatherUncovered(world, indices, { cluster, version }),
    timeZone: policy.schedule.timeZone,
    rules: rulesOf(policy),
  };
}

function rulesOf({ keep, prune, adopt, schedule: { timeZone } }: BackupPolicy): PruneRules {
  return { keep, ...(prune ? { prune } : {}), ...(adopt ? { adopt } : {}), timeZone };
}

async function gatherTimer(world: World, { prune, schedule }: BackupPolicy, { policy, fingerprint }: PrunePlan): Promise<PruneTimer> {
  const appliedBefore = await wasApplied(world, policy, fingerprint);
  const next = prune && nextSlots({ cron: prune.cron, timeZone: schedule.timeZone }, world.clock.now(), 1)[0];
  return { next: next ?? null, appliedBefore };
}

/** Of the good snapshots that the policy decides about. */
function oldestKept({ keep }: PrunePlan, snapshots: readonly ClusterSnapshot[]): Date | undefined {
  const good = new Map(snapshots.flatMap((snapshot) => (snapshot.state === "SUCCESS" ? [[snapshot.name, snapshot.startTime]] : [])));
  const times = keep.flatMap(({ name, reasons }) => (reasons.some(({ code }) => REACHING.includes(code)) ? (good.get(name) ?? []) : []));
  return times.sort((a, b) => a.getTime() - b.getTime())[0];
}

/** The plan of this moment; refused where a run would fail because the name is registered for another place. */
async function planNow(world: World, policyName: string): Promise<PolicyView> {
  const policy = configured(world.config, "backups", policyName);
  const { cluster } = configured(world.config, "repositories", policy.repository);
  const taken = await takenRepository(world, policy.repository, cluster);
  const view = await gatherPrunePlan(world, policyName, policy, await readOpenWork(world));
  const refusal = taken ?? view.needsUnknown ?? (await foreseenOtherCluster(world, policy.repository, cluster));
  return refusal ? { ...view, plan: { ...view.plan, refusal } } : view;
}

/** Requests a prune on a timer; it runs only if this policy was applied by hand before. */
export async function askPrune(world: World, policyName: string, slot: string, asked: Asked): Promise<Created> {
  return create(world, jobId.prune(policyName, slot), policyName, asked, {});
}

/**
 * Requests exactly the plan with this hash. If the current plan differs, throws `conflict` with the reason `plan.stale`, or `plan.carriedOut` for one
 * that was carried out more than an hour ago; for a plan that is refused, with the refusal.
 */
export async function applyPrune(world: World, policyName: string, hash: string, asked: Asked): Promise<Created> {
  const now = async () => (await planNow(world, policyName)).plan.hash;
  const { id, known } = await knownPlan(world, jobId.applyPrune(policyName, hash), { hash, about: `prune ${policyName}`, now });
  if (known) return known;
  const { plan } = await planNow(world, policyName);
  if (plan.hash !== hash)
    throw new AppError(
      "conflict",
      `prune ${policyName}: plan ${hash} is out of date, the current plan is ${plan.hash}; nothing was deleted; show it: \`ossnap prune ${policyName}\``,
      {
        reason: reason("plan.stale", { asked: hash, now: plan.hash }),
      },
    );
  if (plan.refusal)
    throw new AppError("conflict", `prune ${policyName}: plan ${hash} is refused; nothing was deleted`, { reason: plan.refusal });
  return create(world, id, policyName, asked, { hash });
}

async function create(world: World, id: string, policyName: string, asked: Asked, by: { hash?: string }): Promise<Created> {
  const policy = configured(world.config, "backups", policyName);
  const { cluster, place } = repositoryId(configured(world.config, "repositories", policy.repository));
  const input: PolicyInput = { policyName, policy, place, ...by };
  const patienceUntil = new Date(world.clock.now().getTime() + PRUNE_PATIENCE_MS).toISOString();
  return world.log.create(
    id,
    { about: `${policyName}${by.hash ? ` plan ${by.hash}` : ""}`, asked, cluster, patienceUntil, input },
    { state: "asked", reason: reason("prune.asked", { by: asked.who }), data: {} },
  );
}
