import { initialise } from "../../../shared/runtime/initialise.ts";
import type { Answer } from "../answer.ts";
import { EXIT } from "../exitCodes.ts";
import { type Look, marked } from "../look.ts";
import type { Session } from "../session.ts";

/** Writes the identity of a new state; one of ours that is there is left as it is. */
export async function init(session: Session): Promise<Answer> {
  const settings = session.settings();
  const { url, identity, created } = await initialise(settings, session.context(settings.config.state.region));
  const text = (look: Look) =>
    marked(
      look,
      "good",
      created
        ? `state ${url}: initialised as ${identity.id}`
        : `state ${url}: was initialised before, ${identity.createdAt}, as ${identity.id}`,
    );
  return { schema: "init/1", data: { url, id: identity.id, createdAt: identity.createdAt, created }, exitCode: EXIT.ok, text };
}
