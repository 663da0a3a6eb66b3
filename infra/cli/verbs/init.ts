import { initialise } from "../../../shared/runtime/initialise.ts";
import type { Answer } from "../answer.ts";
import { requireHere } from "../at/ask.ts";
import { EXIT } from "../exitCodes.ts";
import { commandText, type Look, marked } from "../screen/look.ts";
import type { Session } from "../session.ts";

const ADOPT_HINT = "If snapshots exist already or a state was lost, before the first function runs:";

/** Writes the identity of a new state; leaves an existing identity unchanged. */
export async function init(session: Session): Promise<Answer> {
  requireHere(session, "init writes the identity of the state, without which no function runs");
  const settings = await session.settings();
  const { url, identity, created } = await initialise(settings, session.context(settings.config.state.region));
  const text = (look: Look) =>
    created
      ? `${marked(look, "good", `state ${url}: initialised as ${identity.id}`)}\n${ADOPT_HINT}  ${commandText(look, "adopt")}`
      : marked(look, "good", `state ${url}: was initialised at ${identity.createdAt} as ${identity.id}; nothing was changed`);
  return { schema: "init/1", data: { url, id: identity.id, createdAt: identity.createdAt, created }, exitCode: EXIT.ok, text };
}
