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

/** What a cause has in common with the reason that names it, by name: kept apart. */
const OF_CAUSE = "because.";

/**
 * The parameters of a reason that another one caused: `because` is the cause's code, and the cause's own are there for its sentence. Of the same name,
 * its own `because` above all, they stand below `because.`, so that a cause may have a cause. {@link causeOf} is the way back.
 */
export function becauseOf({ code, params: own }: Reason, params: Reason["params"] = {}): Reason["params"] {
  const isApart = (name: string) => name === "because" || name.startsWith(OF_CAUSE) || Object.hasOwn(params, name);
  const kept = Object.entries(own).map(([name, value]) => [isApart(name) ? `${OF_CAUSE}${name}` : name, value]);
  return { ...Object.fromEntries(kept), ...params, because: code };
}

/** The cause that a reason names in `because`, with what its sentence needs; it may hold parameters of the whole too. */
export function causeOf(code: string, params: Reason["params"]): Reason {
  const { because: _, ...others } = params;
  const isOfCause = ([name]: [string, unknown]) => name.startsWith(OF_CAUSE);
  const own = Object.entries(others).filter(isOfCause);
  const common = Object.entries(others).filter((entry) => !isOfCause(entry));
  return {
    code,
    params: { ...Object.fromEntries(common), ...Object.fromEntries(own.map(([name, value]) => [name.slice(OF_CAUSE.length), value])) },
  };
}

function shortened(params: Reason["params"]): Reason["params"] {
  const short = (value: ReasonParam) => (typeof value === "string" ? shownCut(value, PARAM_CHARACTERS_MAX) : value);
  const cut = (value: ReasonParam) => (Array.isArray(value) ? value.map((item: string) => short(item) as string) : short(value));
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, cut(value)]));
}
