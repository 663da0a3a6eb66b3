import { readFileSync } from "node:fs";

const FENCE = "`".repeat(3);

/** The first block of a language in a guide. */
export function firstBlock(guide: string, language: string): string {
  const [, found = ""] = new RegExp(`${FENCE}${language}\\n([^]*?)${FENCE}`).exec(readFileSync(guide, "utf8")) ?? [];
  return found.trim();
}
