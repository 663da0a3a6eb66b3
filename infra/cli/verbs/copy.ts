import { askCopy } from "../../../shared/verbs/copy/ask.ts";
import type { Answer } from "../answer.ts";
import { type ActingOptions, begin } from "../begin.ts";
import type { Session } from "../session.ts";

/** Requests a copy of the source in its current state; the same root again yields the same job. */
export async function copy(session: Session, { name, ...options }: ActingOptions & { name: string }): Promise<Answer> {
  const world = await session.world();
  return begin(session, world, await askCopy(world, name, session.asked), options);
}
