import type { World } from "../../../shared/jobs/world.ts";
import { AppError } from "../../../shared/model/errors.ts";
import { percentEncoded } from "../../../shared/model/plainText.ts";
import type { Answer } from "../answer.ts";
import type { Session, WorldNotes } from "../session.ts";

/** One call of the HTTP function: a route of docs/http.md. */
export interface ApiCall {
  method: "GET" | "POST" | "DELETE";
  /** Made by {@link path}. */
  path: string;
  query?: Readonly<Record<string, string | number | undefined>>;
  body?: Readonly<Record<string, unknown>>;
  /** Of the request, for routes that create a job. */
  key?: string | undefined;
}

export interface ApiAnswer {
  body: unknown;
  /** An earlier request made it. */
  isReplayed: boolean;
}

export interface AskNotes extends WorldNotes {
  /** Of a state that was lost: see `World`. */
  adopting?: true;
}

/** Sends one call. Errors: those of the verb, as they are when it runs here; {@link ApiRefusal} where the answer has more to show. */
export type Api = (call: ApiCall, notes?: AskNotes) => Promise<ApiAnswer>;

/** What was refused after a look: the report of that look is in the body, here as well as from the function. */
export class ApiRefusal extends AppError {
  readonly body: Readonly<Record<string, unknown>>;

  constructor(message: string, body: Readonly<Record<string, unknown>>) {
    super("refused", message);
    this.body = body;
  }
}

/** `/jobs/restore-1`, each value as one encoded segment. */
export function path(texts: TemplateStringsArray, ...values: readonly string[]): string {
  return texts.map((text, at) => text + percentEncoded(values[at] ?? "")).join("");
}

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
