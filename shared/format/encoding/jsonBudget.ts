import { inMegabytes } from "../../model/memory/weights.ts";
import { invalidBytes } from "../invalid.ts";

/** Lists of settings are flat; `JSON.stringify` needs stack for each level, and thousands of them would end in a RangeError. */
const DEPTH_MAX = 100;
const NUMBER_CHARACTERS = 25;
const [ESCAPED, SHORT_ESCAPED] = [6, 2];

/**
 * Counts the JSON of decoded values before it is written: a control character becomes six, a byte of a binary value eight, and a text that is
 * referred to a thousand times is written a thousand times.
 * @returns throws `invalid` for a value with which all together have more than `charactersMax`, for one nested deeper than 100 levels, and for
 * a binary one.
 */
export function jsonBudget(charactersMax: number, subject: string): (value: unknown) => void {
  let left = charactersMax;

  function spend(characters: number): void {
    left -= characters;
    if (left < 0) throw invalidBytes(subject, `as text they have more than ${inMegabytes(charactersMax)}`);
  }

  function spendText(text: string): void {
    spend(text.length + 2);
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code < 0x20 || (code >= 0xd800 && code <= 0xdfff)) spend(ESCAPED - 1);
      else if (code === 0x22 || code === 0x5c) spend(SHORT_ESCAPED - 1);
    }
  }

  function spendValue(value: unknown, depth: number): void {
    if (depth > DEPTH_MAX) throw invalidBytes(subject, `nested deeper than ${DEPTH_MAX} levels`);
    if (value instanceof Uint8Array) throw invalidBytes(subject, "a binary value");
    if (typeof value === "string") spendText(value);
    else if (Array.isArray(value)) spendList(value, depth);
    else if (typeof value === "object" && value !== null) spendObject(value, depth);
    else spend(typeof value === "bigint" ? String(value).length + 2 : NUMBER_CHARACTERS);
  }

  function spendList(list: readonly unknown[], depth: number): void {
    spend(2 + list.length);
    for (const item of list) spendValue(item, depth + 1);
  }

  function spendObject(fields: object, depth: number): void {
    spend(2);
    for (const name in fields) {
      spendText(name);
      spend(2);
      spendValue((fields as Record<string, unknown>)[name], depth + 1);
    }
  }

  return (value) => spendValue(value, 1);
}
