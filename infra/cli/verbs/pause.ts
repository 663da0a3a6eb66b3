import { setPaused } from "../../../shared/verbs/jobs/ask.ts";
import type { Answer } from "../answer.ts";
import { ask } from "../at/ask.ts";
import { EXIT } from "../exitCodes.ts";
import { commandText, type Look, marked } from "../screen/look.ts";
import type { Session } from "../session.ts";

/** Pauses or resumes effects; checks continue in either case. */
export async function pause(session: Session, paused: boolean): Promise<Answer> {
  const call = { method: "POST", path: paused ? "/pause" : "/resume" } as const;
  const data = await ask(session, call, (world) => setPaused(world, paused, session.asked.who), { paused: false });
  const text = (look: Look) =>
    data.paused
      ? marked(look, "attention", `ossnap is paused and changes nothing. To continue:  ${commandText(look, "resume")}`)
      : marked(look, "good", "ossnap is resumed: work continues");
  return { schema: "pause/1", data, exitCode: EXIT.ok, text };
}
