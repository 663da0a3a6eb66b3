import { setPaused } from "../../../shared/verbs/jobs/ask.ts";
import type { Answer } from "../answer.ts";
import { EXIT } from "../exitCodes.ts";
import { marked } from "../look.ts";
import type { Session } from "../session.ts";

/** Pauses or resumes effects; checks continue in either case. */
export async function pause(session: Session, paused: boolean): Promise<Answer> {
  const data = await setPaused(await session.world(), paused, session.asked.who);
  const sentence = data.paused ? "paused: nothing is changed anywhere until: ossnap resume" : "not paused: work goes on";
  return { schema: "pause/1", data, exitCode: EXIT.ok, text: (look) => marked(look, data.paused ? "attention" : "good", sentence) };
}
