import type { JobKind, Stepped } from "../jobs/kind.ts";
import type { OpenWork } from "../jobs/openWork.ts";
import type { Job } from "../jobs/record.ts";
import { givesBack } from "../jobs/step.ts";
import { UNSEEN } from "../jobs/trouble.ts";
import type { World } from "../jobs/world.ts";
import { becauseOf, reason } from "../model/reason.ts";
import { raiseNotice, resolveNotice } from "../notices/notices.ts";
import { keyText } from "../state/segment.ts";

const NOTICE = "job-holds:";
const keyOf = (id: string) => keyText(`${NOTICE}${id}`);
/** A first attempt may fail and the second succeed. */
const ATTEMPTS_TOLD = 2;

/** Tells of a job that gave up and cannot give back what it took, such as a block: it tries for a day, and others miss it meanwhile. */
export async function tellGivingBack(world: World, kind: JobKind, job: Job, { outcome }: Stepped): Promise<void> {
  const { claim, reason: why, trouble } = job.head;
  const isOver = new Date(job.intent.patienceUntil) <= world.clock.now();
  const isUnseen = trouble?.code === UNSEEN;
  const isHeld = givesBack(kind, job) || (isUnseen && kind.isHolding?.(job) === true);
  if (outcome === "finished" || !isOver || !isHeld || (!isUnseen && (claim?.attempt ?? 0) < ATTEMPTS_TOLD)) return;
  const told = reason("job.givingBack", becauseOf(trouble ?? why, { job: job.id, effect: isUnseen ? "" : (claim?.effect ?? "") }));
  await raiseNotice(world, { key: keyOf(job.id), code: "job.givingBack", severity: "bad", reason: told, job: job.id });
}

/** Once such a job has ended, its own notice says how. */
export async function resolveGivenBack(world: World, { live, jobs }: OpenWork): Promise<void> {
  const open = new Set(jobs.map(({ id }) => keyOf(id)));
  for (const key of [...live.notices.keys()])
    if (key.startsWith(NOTICE) && !open.has(key))
      await resolveNotice(world, key, "job.gaveBack", reason("job.gaveBack", { job: key.slice(NOTICE.length) }));
}
