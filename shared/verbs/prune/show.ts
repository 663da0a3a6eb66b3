import type { World } from "../../jobs/world.ts";
import { raiseNotice, resolveNotice } from "../../notices/notices.ts";
import { stateKey } from "../../state/keys.ts";
import { writeObjectOnce } from "../../state/objects.ts";
import type { PruneJob } from "./step.ts";

/** The part of the result that the permanent record stores. */
export function pruneResult({ head }: PruneJob): unknown {
  return {
    hash: head.data.plan?.hash,
    removed: head.state === "done" ? (head.data.plan?.remove ?? []).map(({ name }) => name) : [],
  };
}

/** Records a plan that was applied by hand; reports a refusal, or that an earlier one is resolved. */
export async function reportPrune(world: World, job: PruneJob): Promise<void> {
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
    await raiseNotice(world, { key, code: "prune.refused", severity: "warning", reason: job.head.reason, job: job.id });
  else if (job.head.state === "done") await resolveNotice(world, key, "prune.refused", job.head.reason);
}
