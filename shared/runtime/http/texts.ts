import * as z from "zod";
import { AppError } from "../../model/errors.ts";
import { oneLine, shownCut, wellFormed } from "../../model/plainText.ts";

/** More than any name of a snapshot, an index, an alias or an instance has: Elasticsearch takes 255 bytes at most for most of them. */
const NAME_CHARACTERS_MAX = 1000;

/** A name that a caller sends; it becomes a part of messages, requests and keys. */
export const nameText = z
  .string()
  .min(1)
  .max(NAME_CHARACTERS_MAX, `is longer than ${NAME_CHARACTERS_MAX} characters, which no name is; write the name as it is listed`);

const CHARACTERS_SHOWN = 80;

/**
 * Refuses texts of a path or query with the character that stands where bytes were no UTF-8 (`%ff`): a platform that decodes them leaves it, and
 * no name has it.
 */
export function refuseUndecoded(values: Readonly<Record<string, string>>, path: string): void {
  for (const [name, value] of Object.entries(values)) {
    const wrong = [name, value].find((text) => text.includes("\ufffd"));
    if (wrong === undefined) continue;
    const shown = oneLine(shownCut(wrong, CHARACTERS_SHOWN));
    throw new AppError("invalid", `${path}: "${shown}" is not properly encoded; send the UTF-8 bytes of each character as %XX`);
  }
}

/** Refuses texts that hold half of a character, which no name has, and which neither a path nor a key of the state can hold. */
export function refuseHalves(value: unknown, path: string): void {
  if (typeof value === "string") {
    if (wellFormed(value) === value) return;
    throw new AppError(
      "invalid",
      `${path}: "${oneLine(shownCut(value, CHARACTERS_SHOWN))}" holds half of a character (\\ud800 to \\udfff alone); send the whole character`,
    );
  }
  if (typeof value !== "object" || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    refuseHalves(name, path);
    refuseHalves(member, Array.isArray(value) ? `${path}[${name}]` : `${path}.${name}`);
  }
}
