import type { World } from "../../../shared/jobs/world.ts";
import { AppError } from "../../../shared/model/errors.ts";
import type { Answer } from "../answer.ts";
import type { Session } from "../session.ts";
import { type ApiCall, ApiRefusal, type AskNotes } from "./api.ts";

/**
 * Does it here, on the state; with `--at` asks the HTTP function for it, whose answer has the same members.
 * @param here what the route runs.
 */
export async function ask<T>(session: Session, call: ApiCall, here: (world: World) => Promise<T> | T, notes?: AskNotes): Promise<T> {
  if (session.api !== undefined) return (await session.api(call, notes)).body as T;
  const { adopting, ...others } = notes ?? { paused: true };
  return await here(await session.world(adopting ? { adopting } : {}, others));
}

/** As {@link ask}, for routes that answer with a list: its rows, and what could not be shown beside them. */
export async function askList<Row, Warning>(
  session: Session,
  call: ApiCall,
  here: (world: World) => Promise<{ rows: Row[]; warnings: Warning[] }>,
): Promise<{ rows: Row[]; warnings: Warning[] }> {
  if (session.api === undefined) return await here(await session.world());
  const { data, warnings = [] } = (await session.api(call)).body as { data: Row[]; warnings?: Warning[] };
  return { rows: data, warnings };
}

/** For what only runs where the command does. Errors: `invalid` with `--at`. */
export function requireHere({ options }: Session, what: string): void {
  if (options.at !== undefined) throw new AppError("invalid", `--at: ${what}; leave --at out`);
}

/** The answer to a refusal that has a report to show. */
export async function unlessRefused(run: () => Promise<Answer>, refused: (body: ApiRefusal["body"]) => Answer): Promise<Answer> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof ApiRefusal)) throw error;
    return refused(error.body);
  }
}
