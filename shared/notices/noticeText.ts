import { shownCut } from "../model/plainText.ts";
import type { Reason } from "../model/reason.ts";
import { entryOf } from "./entryOf.ts";

/** Lists of names in a sentence are short; one that is not must not fill a message. */
const TEXT_CHARACTERS_MAX = 10_000;

/** The sentence of a notice; the words are loaded with the first. */
export async function noticeText(key: string, why: Reason): Promise<string> {
  const { say } = await import("../words/say.ts");
  return noticeSentence(key, why, say);
}

/** A reason that a job ended with need not name the entry of ossnap.yaml that the job belongs to, so it is put first. */
export function noticeSentence(key: string, why: Reason, say: (reason: Reason) => string): string {
  const text = shownCut(say(why), TEXT_CHARACTERS_MAX);
  const entry = entryOf(key);
  return entry === undefined || text.includes(entry.name) ? text : `${entry.section}.${entry.name}: ${text}`;
}
