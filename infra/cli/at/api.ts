import { AppError } from "../../../shared/model/errors.ts";
import { percentEncoded } from "../../../shared/model/plainText.ts";

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

export interface AskNotes {
  /** Whether a pause is reported. */
  paused: boolean;
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

/**
 * `/jobs/restore-1`, each value as one encoded segment. Errors: `invalid` for one that URLs take for a step up or for nothing: `POST /jobs/../resume`
 * would end a pause.
 */
export function path(texts: TemplateStringsArray, ...values: readonly string[]): string {
  const wrong = values.find((value) => /^\.{0,2}$/.test(value));
  if (wrong !== undefined) throw new AppError("invalid", `${JSON.stringify(wrong)}: is no name; write the name as it is listed`);
  return texts.map((text, at) => text + percentEncoded(values[at] ?? "")).join("");
}
