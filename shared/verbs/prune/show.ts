import type { HeadRecord } from "../../jobs/kind.ts";
import type { World } from "../../jobs/world.ts";
import { becauseOf, type Reason, reason } from "../../model/reason.ts";
import { resolveDeletions } from "../../notices/deletionNotices.ts";
import { deletionKey } from "../../notices/noticeKeys.ts";
import { raiseNotice, resolveNotice } from "../../notices/notices.ts";
import { stateKey } from "../../state/keys.ts";
import { writeObject } from "../../state/objects.ts";
import { wasApplied } from "./gatherApplied.ts";
import { type DeletionInput, freedBy, idOf, type PruneData, type PruneJob, type PruneTarget } from "./step.ts";

/** The part of the result that the permanent record stores: what was seen to be gone after this job requested it. */
export function pruneResult({ head }: PruneJob): unknown {
  const { plan, removed: seen } = head.data;
  // A plan stored by an earlier version did not record what was seen.
  const removed = seen ?? (head.state === "done" ? (plan?.remove ?? []) : []);
  const freed = plan && freedBy(plan, removed);
  const left = leftOf(head.state, head.data, removed);
  return {
    hash: plan?.hash,
    removed: removed.map(({ name }) => name),
    ...(removed.length === 0 ? {} : { uuids: removed.map(({ uuid }) => uuid ?? null) }),
    ...(left === undefined ? {} : { left }),
    // From the blobs as they were when the plan was made: an estimate.
    ...(freed === undefined ? {} : { freed: { ...freed, estimated: true } }),
  };
}

/** Why a prune ended before all of its plan was removed, and how many were. */
export function stoppedAfter({ reason: why, data }: HeadRecord<PruneData>): Reason {
  const removed = data.removed?.length ?? 0;
  if (removed === 0) return why;
  const counts = { removed, asked: data.plan?.remove.length ?? removed };
  return reason("prune.stopped", becauseOf(why, counts));
}

/** Requested and not seen to be gone: a deletion that was not answered may still take effect. By uuid, or name on 2.x. */
function leftOf(state: string, { plan, asked }: PruneData, removed: readonly PruneTarget[]): string[] | undefined {
  const gone = new Set(removed.map(idOf));
  // A plan stored by an earlier version did not record what was requested, which may be any of it.
  const left = plan && (asked ?? plan.remove.map(idOf)).filter((snapshot) => !gone.has(snapshot));
  return state === "done" && left?.length === 0 ? undefined : left;
}

/** Records a plan that was applied by hand; reports a refusal, or that an earlier one is resolved. */
export async function reportPrune(world: World, job: PruneJob): Promise<void> {
  const { input } = job.intent;
  if ("deletion" in input) return reportDeletion(world, job, input);
  const { policyName, hash } = input;
  const { plan } = job.head.data;
  // Once; a damaged one is replaced.
  if (job.head.state === "done" && hash !== undefined && plan && !(await wasApplied(world, policyName, plan.fingerprint)))
    await writeObject(world.state, stateKey.applied(policyName, plan.fingerprint), {
      hash,
      at: world.clock.now().toISOString(),
      by: job.intent.asked.who,
    });
  const key = `prune-refused:${policyName}`;
  // A plan applied by hand that does not match is answered at once; no one waits for a later refusal.
  const isAnswered = hash !== undefined && !plan && job.head.reason.code === "plan.stale";
  if (job.head.state === "failed" || (job.head.state === "refused" && !isAnswered))
    await raiseNotice(world, { key, code: "prune.refused", severity: "warning", reason: job.head.reason, job: job.id });
  else if (job.head.state === "done") await resolveNotice(world, key, "prune.refused", job.head.reason);
}

/** A refusal is answered at once; only a deletion that failed later is reported, until its own snapshots are gone. */
async function reportDeletion(world: World, { id, head }: PruneJob, { deletion, hash }: DeletionInput): Promise<void> {
  const { repository, wanted } = deletion;
  const { plan, removed = [] } = head.data;
  const gone = new Set(removed.flatMap(({ name, uuid }) => [name, uuid ?? name]));
  if (head.state === "failed") {
    const snapshots = (plan?.remove ?? wanted).map(({ name, uuid }) => uuid ?? name).filter((snapshot) => !gone.has(snapshot));
    const fact = { key: deletionKey(repository, hash), code: "prune.refused", severity: "warning" as const };
    await raiseNotice(world, { ...fact, reason: head.reason, job: id, about: snapshots, snapshots });
  } else if (head.state === "done")
    await resolveDeletions(world, repository, { isGone: (snapshot) => gone.has(snapshot), why: head.reason });
}
