import { freshRun, knownRun } from "../../jobs/freshRun.ts";
import type { Created } from "../../jobs/log.ts";
import type { World } from "../../jobs/world.ts";
import { AppError, hasCode } from "../../model/errors.ts";
import { reason } from "../../model/reason.ts";

/** A request whose answer was lost is repeated at once; a person who repeats it later takes an old plan for the current one. */
const REPEAT_MS = 3_600_000;

/** A plan as it was asked for; `now` computes the hash of the current one. */
export interface AskedPlan {
  hash: string;
  about: string;
  now: () => Promise<string>;
}

/**
 * The job of a plan that was requested before, or the id for a new one. Throws `conflict` with `plan.carriedOut` if the plan was carried out more
 * than an hour ago and is not the current one.
 */
export async function knownPlan(world: World, firstId: string, { hash, about, now }: AskedPlan): Promise<{ id: string; known?: Created }> {
  const id = await freshRun(world, firstId, { byHand: true });
  const known = await knownRun(world, id);
  if (known?.outcome !== "done" || world.clock.now().getTime() - Date.parse(known.done.at) <= REPEAT_MS)
    return { id, ...(known && { known }) };
  const current = await now().catch((error: unknown) => {
    // What it deleted is no longer listed.
    if (!hasCode(error, "absent")) throw error;
    return undefined;
  });
  if (current === hash) return { id, known };
  const { at } = known.done;
  throw new AppError(
    "conflict",
    `${about}: plan ${hash} was carried out at ${at}; nothing is deleted now; show the current plan before you apply it`,
    {
      reason: reason("plan.carriedOut", { asked: hash, at }),
    },
  );
}
