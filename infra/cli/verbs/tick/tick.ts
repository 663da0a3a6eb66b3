import type { Advanced } from "../../../../shared/tick/advanced.ts";
import { type HereReport, type Turn, tickHere } from "../../../../shared/tick/here/tickHere.ts";
import { counted } from "../../../../shared/words/numbers.ts";
import { say } from "../../../../shared/words/say.ts";
import { FUNCTION_LIMITS } from "../../../deploy/functionLimits.ts";
import type { Answer } from "../../answer.ts";
import { requireHere } from "../../at/ask.ts";
import { toneOf } from "../../begin.ts";
import { EXIT } from "../../exitCodes.ts";
import { type Look, marked, type Tone } from "../../screen/look.ts";
import { PAUSED_NOTE } from "../../screen/terminal.ts";
import type { Session } from "../../session.ts";

/** One turn of what the functions do each minute, for whoever has none: starts what is due and advances every open job. */
export async function tick(session: Session): Promise<Answer> {
  requireHere(session, "tick is the turn of a machine without functions");
  let isPaused = false;
  const data = await tickHere(async (turn: Turn) => {
    const world = await session.turn(FUNCTION_LIMITS[turn].timeoutSeconds);
    if (world.paused && !isPaused) session.terminal.note(PAUSED_NOTE);
    isPaused = world.paused;
    return world;
  });
  return { schema: "tick/1", data, exitCode: isWell(data) ? EXIT.ok : EXIT.failed, text: (look) => tickText(data, look) };
}

function isWell({ advanced, failed, tasks }: HereReport): boolean {
  return failed.length === 0 && advanced.every(({ outcome }) => outcome !== "error") && tasks.every(({ error }) => error === undefined);
}

function tickText({ advanced, failed, tasks }: HereReport, look: Look): string {
  const lines = [
    ...advanced.flatMap((one) => [marked(look, toneOfTurn(one), `${one.job}: ${one.state}`), `    ${say(one.reason)}`]),
    ...failed.map(({ look: name, message }) => marked(look, "bad", `${name}: could not be looked at: ${message}`)),
    ...tasks.map(({ task, error }) => marked(look, error === undefined ? "good" : "bad", `task ${task}: ${error ?? "ended"}`)),
  ];
  if (lines.length === 0) return "Nothing is due, and no job is open.";
  return [`${counted(advanced.length, "job", "jobs")} looked at.`, ...lines].join("\n");
}

function toneOfTurn({ outcome, state }: Advanced): Tone {
  return outcome === "error" ? "bad" : toneOf(state);
}
