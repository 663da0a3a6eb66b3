import { setPaused } from "../../../shared/verbs/jobs/ask.ts";
import type { Answer } from "../answer.ts";
import { EXIT } from "../exitCodes.ts";
import { commandText, type Look, marked } from "../screen/look.ts";
import type { Session } from "../session.ts";

/** Pauses or resumes effects; checks continue in either case. */
export async function pause(session: Session, paused: boolean): Promise<Answer> {
  const data = await setPaused(await session.world({}, { paused: false }), paused, session.asked.who);
  const text = (look: Look) =>
    data.paused
      ? marked(look, "attention", `ossnap is paused and changes nothing. To continue:  ${commandText(look, "resume")}`)
      : marked(look, "good", "ossnap is resumed: work continues");
  return { schema: "pause/1", data, exitCode: EXIT.ok, text };
}
