/** Why something was decided, rejected or found wrong. It holds data, never a sentence; `shared/words` renders the sentence. */
export interface Reason {
  /** Dotted, lower case: `lane.busy`, `keep.daily`, `alias.isIndex`. */
  code: string;
  params: Readonly<Record<string, ReasonParam>>;
}

export type ReasonParam = string | number | boolean | null | readonly string[];

export function reason(code: string, params: Readonly<Record<string, ReasonParam>> = {}): Reason {
  return { code, params };
}
