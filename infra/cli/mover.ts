import type { World } from "../../shared/jobs/world.ts";
import { hasCode } from "../../shared/model/errors.ts";
import { readLive } from "../../shared/state/liveView.ts";
import { commandText, type Look } from "./screen/look.ts";

/**
 * What moves an open job when nobody watches it. `terminal`: so far only commands like this one did. `nobody`: moreover no tick has ever run on
 * this state.
 */
export type Mover = "functions" | "paused" | "terminal" | "nobody";

/** Reads the state; if it does not answer, nothing speaks against the functions. */
export async function moverOf(world: World, id: string): Promise<Mover> {
  try {
    const live = await readLive(world.state);
    if (live.paused) return "paused";
    const own = world.by.function;
    if ((await world.log.history(id)).some(({ by }) => by !== own)) return "functions";
    // The first tick marks every policy.
    return Object.keys(world.config.backups).length > 0 && live.slots.size === 0 ? "nobody" : "terminal";
  } catch (error) {
    if (!hasCode(error, "transient")) throw error;
    return "functions";
  }
}

/** What becomes of the job now that it is not watched any more, with the way out if nothing moves it. */
export function outlook(mover: Mover, look: Look): string[] {
  if (mover === "functions") return ["The job continues."];
  if (mover === "paused") return [`ossnap is paused: the job does not continue until:  ${commandText(look, "resume")}`];
  const seen = mover === "nobody" ? ", and no tick has run on this state yet" : "";
  return [
    `Only a terminal has advanced the job so far${seen}; where the functions are deployed, they advance it each minute.`,
    "Whether they do is shown in column BY of the job's history.",
  ];
}
