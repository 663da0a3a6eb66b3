import { shownCut } from "./plainText.ts";

/** Why something was decided, rejected or found wrong. It holds data, never a sentence; `shared/words` renders the sentence. */
export interface Reason {
  /** Dotted, lower case: `lane.busy`, `keep.daily`, `alias.isIndex`. */
  code: string;
  params: Readonly<Record<string, ReasonParam>>;
}

export type ReasonParam = string | number | boolean | null | readonly string[];

/** Of one parameter that is a text: names and messages from outside may have any length, and reasons are stored, sent and shown. */
export const PARAM_CHARACTERS_MAX = 2_000;

/** Whether an object of ossnap's own state is damaged: no request or configuration is to blame. */
export function isStateDamage(why: Reason | undefined): boolean {
  return why?.code === "state.objectDamaged" || why?.code === "evidence.damagedRecord";
}

/** Whether both say the same of the same. */
export function isSameReason(one: Reason, other: Reason): boolean {
  return one.code === other.code && JSON.stringify(one.params) === JSON.stringify(other.params);
}

export function reason(code: string, params: Readonly<Record<string, ReasonParam>> = {}): Reason {
  const isShort = (value: ReasonParam): boolean =>
    Array.isArray(value) ? value.every(isShort) : typeof value !== "string" || value.length <= PARAM_CHARACTERS_MAX;
  return { code, params: Object.values(params).every(isShort) ? params : shortened(params) };
}

function shortened(params: Reason["params"]): Reason["params"] {
  const short = (value: ReasonParam) => (typeof value === "string" ? shownCut(value, PARAM_CHARACTERS_MAX) : value);
  const cut = (value: ReasonParam) => (Array.isArray(value) ? value.map((item: string) => short(item) as string) : short(value));
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, cut(value)]));
}
