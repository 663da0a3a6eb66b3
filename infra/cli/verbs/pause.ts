import { setPaused } from "../../../shared/verbs/jobs/ask.ts";
import type { Answer } from "../answer.ts";
import { EXIT } from "../exitCodes.ts";
import { commandText, type Look, marked } from "../screen/look.ts";
import type { Session } from "../session.ts";

/** Pauses or resumes effects; checks continue in either case. */
export async function pause(session: Session, paused: boolean): Promise<Answer> {
  const data = await setPaused(await session.world(), paused, session.asked.who);
  const text = (look: Look) =>
    data.paused
      ? marked(look, "attention", `paused: ossnap changes nothing until: ${commandText(look, "resume")}`)
      : marked(look, "good", "resumed: work continues");
  return { schema: "pause/1", data, exitCode: EXIT.ok, text };
}
