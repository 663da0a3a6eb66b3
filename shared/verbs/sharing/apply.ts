import type { World } from "../../jobs/world.ts";
import { AppError, hasCode } from "../../model/errors.ts";
import type { Instances } from "../../model/instances/instances.ts";
import { reason } from "../../model/reason.ts";
import { gatherSharing } from "./gather.ts";
import { planAddition, planRemoval } from "./plan.ts";
import type { SharingPlan, SharingRequest } from "./types.ts";

/** What adding or removing would do, and what is in its way. */
export async function drySharing(world: World, kind: SharingPlan["kind"], request: SharingRequest): Promise<SharingPlan> {
  const seen = await gatherSharing(world, request);
  return kind === "add" ? planAddition(seen) : planRemoval(seen);
}

/**
 * Makes the change unless something is in its way, and reads it back: an answer that was lost says nothing about whether it was made.
 * `done` is false when nothing was changed; the plan says why.
 */
export async function applySharing(
  world: World,
  kind: SharingPlan["kind"],
  request: SharingRequest,
): Promise<{ plan: SharingPlan; done: boolean }> {
  if (world.paused)
    throw new AppError("conflict", `shared repositories of ${request.cluster}: ossnap is paused; resume it first: \`ossnap resume\``, {
      reason: reason("job.paused"),
    });
  const { instances, ...seen } = await gatherSharing(world, request);
  const plan = kind === "add" ? planAddition(seen) : planRemoval(seen);
  if (plan.already || plan.refusals.length > 0) return { plan, done: false };
  await change(instances, plan, world.newKey());
  return { plan, done: true };
}

async function change(instances: Instances, { kind, target, instance }: SharingPlan, token: string): Promise<void> {
  const isAsWanted = async () => (await instances.sharedWith(target)).some((one) => one.instance === instance) === (kind === "add");
  try {
    await instances[kind](target, instance, token);
  } catch (error) {
    if (!hasCode(error, "transient", "conflict", "refused", "invalid") || !(await isAsWanted())) throw error;
    return;
  }
  if (await isAsWanted()) return;
  const why = kind === "add" ? "accepted, and the list does not show it" : "accepted, and the list still shows it";
  throw new AppError("transient", `${instance} shared with ${target}: the request to ${kind} it was ${why} yet; look again in a minute`);
}
