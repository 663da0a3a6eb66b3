import { parseDigits } from "../model/restoredName.ts";

/** A mark that an invocation writes before it reads something new, and removes afterwards: one that is left over shows that it died. */
export interface LookMark {
  /** What is read: the mark of a root. */
  mark: string;
  /** When the invocation ends at the latest; `undefined` once these bytes were read without harm. */
  until: Date | undefined;
  key: string;
}

const HARMLESS = "harmless";

/** The last segment of a mark's key. */
export const lookLeaf = (mark: string, untilDigits: string, nonce: string) => `${mark}~${untilDigits}~${nonce}`;
export const harmlessLeaf = (mark: string) => `${mark}~${HARMLESS}`;

export function parseLookLeaf(leaf: string, key: string): LookMark | undefined {
  const [mark = "", until = ""] = leaf.split("~");
  if (until === HARMLESS) return { mark, until: undefined, key };
  const time = parseDigits(until);
  return time && { mark, until: time, key };
}

/** A death has other causes too, so one is not enough to put aside what was being done. */
export const DEATHS_MAX = 2;
/** Two deaths may also be chance: it is tried again after this time, and after twice as long for each further death. */
const TRY_AGAIN_MS = 3_600_000;
const TRY_AGAIN_MS_MAX = 24 * 3_600_000;

/** When what was put aside after these deaths is tried again. */
export function nextTry(deaths: readonly LookMark[]): Date {
  const lastMs = Math.max(...deaths.map(({ until }) => until?.getTime() ?? 0));
  return new Date(lastMs + Math.min(TRY_AGAIN_MS_MAX, TRY_AGAIN_MS * 2 ** (deaths.length - DEATHS_MAX)));
}

/** The name under which a job's marks are stored. */
export const lookOfJob = (id: string) => `jobs.${id}`;
