import type { World } from "../../../shared/jobs/world.ts";
import { fingerprintOf } from "../../../shared/runtime/http/routes.ts";
import { askCopy } from "../../../shared/verbs/copy/ask.ts";
import type { Answer } from "../answer.ts";
import { path } from "../at/api.ts";
import { type ActingOptions, begin } from "../begin.ts";
import type { Session } from "../session.ts";

/** Requests a copy of the source in its current state; while it is open, the same root again yields the same job, and so does the same key ever after. */
export async function copy(session: Session, { name, ...options }: ActingOptions & { name: string }): Promise<Answer> {
  const fingerprint = fingerprintOf("POST", `/copies/${name}`, {});
  const here = (world: World) => askCopy(world, name, session.asked, { key: options.key, fingerprint });
  return begin(session, { call: { method: "POST", path: path`/copies/${name}` }, here, fingerprint }, options);
}
