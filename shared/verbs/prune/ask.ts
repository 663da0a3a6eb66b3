import { freshRun } from "../../jobs/freshRun.ts";
import type { Created } from "../../jobs/log.ts";
import { readOpenWork } from "../../jobs/openWork.ts";
import type { Asked } from "../../jobs/record.ts";
import { configured, type World } from "../../jobs/world.ts";
import { AppError } from "../../model/errors.ts";
import { jobId } from "../../model/jobId.ts";
import { reason } from "../../model/reason.ts";
import { repositoryId } from "../../plan/policyFingerprint.ts";
import type { PrunePlan } from "../../plan/retention/plan.ts";
import { takenRepository } from "./gather.ts";
import { gatherPrunePlan } from "./gatherPlan.ts";
import type { PruneInput } from "./step.ts";

/** A prune that does not get its lane within this time fails and is left to the next night. */
const PRUNE_PATIENCE_MS = 4 * 3_600_000;

/** Returns the current plan without writing anything; refused where a run would fail because the name is registered for another place. */
export async function dryPrune(world: World, policyName: string): Promise<PrunePlan> {
  const policy = configured(world.config, "backups", policyName);
  const { cluster } = configured(world.config, "repositories", policy.repository);
  const taken = await takenRepository(world, policy.repository, cluster);
  const { plan, mountsUnknown } = await gatherPrunePlan(world, policyName, policy, await readOpenWork(world));
  const refusal = taken ?? mountsUnknown;
  return refusal ? { ...plan, refusal } : plan;
}

/** Requests a prune on a timer; it runs only if this policy was applied by hand before. */
export async function askPrune(world: World, policyName: string, slot: string, asked: Asked): Promise<Created> {
  return create(world, jobId.prune(policyName, slot), policyName, asked, {});
}

/** Requests exactly the plan with this hash. If the current plan differs, throws `conflict` with the reason `plan.stale`. */
export async function applyPrune(world: World, policyName: string, hash: string, asked: Asked): Promise<Created> {
  const id = await freshRun(world, jobId.applyPrune(policyName, hash));
  const before = await world.log.done(id);
  if (before) return { outcome: "done", done: before };
  const open = await world.log.read(id);
  if (open) return { outcome: "open", job: open };
  const plan = await dryPrune(world, policyName);
  if (plan.hash !== hash)
    throw new AppError(
      "conflict",
      `prune ${policyName}: plan ${hash} is out of date, the current plan is ${plan.hash}; nothing was deleted; show it: \`ossnap prune ${policyName}\``,
      {
        reason: reason("plan.stale", { asked: hash, now: plan.hash }),
      },
    );
  return create(world, id, policyName, asked, { hash });
}

async function create(world: World, id: string, policyName: string, asked: Asked, by: { hash?: string }): Promise<Created> {
  const policy = configured(world.config, "backups", policyName);
  const { cluster, place } = repositoryId(configured(world.config, "repositories", policy.repository));
  const input: PruneInput = { policyName, policy, place, ...by };
  const patienceUntil = new Date(world.clock.now().getTime() + PRUNE_PATIENCE_MS).toISOString();
  return world.log.create(
    id,
    { about: `${policyName}${by.hash ? ` plan ${by.hash}` : ""}`, asked, cluster, patienceUntil, input },
    { state: "asked", reason: reason("prune.asked", { by: asked.who }), data: {} },
  );
}
