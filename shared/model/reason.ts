/** Why something was decided, refused or found wrong: data, never a sentence; `shared/words` turns it into one. */
export interface Reason {
  /** Dotted, lower case: `lane.busy`, `keep.daily`, `alias.isIndex`. */
  code: string;
  params: Readonly<Record<string, ReasonParam>>;
}

export type ReasonParam = string | number | boolean | null | readonly string[];

export function reason(code: string, params: Readonly<Record<string, ReasonParam>> = {}): Reason {
  return { code, params };
}
