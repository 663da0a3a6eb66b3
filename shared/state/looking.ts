import { digitsTime } from "../model/restoredName.ts";

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
  return /^\d{17}$/.test(until) ? { mark, until: digitsTime(until), key } : undefined;
}
