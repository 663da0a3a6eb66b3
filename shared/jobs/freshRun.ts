import { AppError } from "../model/errors.ts";
import { reason } from "../model/reason.ts";
import type { Created } from "./log.ts";
import type { World } from "./world.ts";

/** How often a failed job may be requested again under the same natural id. */
const RUNS_MAX = 100;

/**
 * Returns the id itself, or the id of the next run if that job ended without success; with `again` also if it succeeded. For requests by hand and for a
 * copy's schedule; not for events that may be delivered twice.
 * @throws AppError `conflict` by hand while the job is being cancelled: what is asked for would end with it.
 */
export async function freshRun(world: World, id: string, { again = false, byHand = false } = {}): Promise<string> {
  for (let run = 1; run < RUNS_MAX; run += 1) {
    const candidate = run === 1 ? id : `${id}-r${run}`;
    const done = await world.log.done(candidate);
    if (done && (done.state !== "done" || again)) continue;
    const open = done || !byHand ? undefined : await world.log.read(candidate);
    if (open?.head.cancelling) throw beingCancelled(candidate);
    return candidate;
  }
  return again ? `${id}-r-${world.newKey()}` : id;
}

function beingCancelled(job: string): AppError {
  return new AppError("conflict", `${job} is being cancelled; ask again when it has ended: \`ossnap jobs show ${job}\``, {
    reason: reason("job.beingCancelled", { job }),
  });
}

/** A job that was requested before, finished or open; `undefined` if there is none. */
export async function knownRun({ log }: World, id: string): Promise<Created | undefined> {
  const done = await log.done(id);
  if (done) return { outcome: "done", done };
  const job = await log.read(id);
  return job && { outcome: "open", job };
}
