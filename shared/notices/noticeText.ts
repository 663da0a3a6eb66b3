import type { Reason } from "../model/reason.ts";
import { say } from "../words/say.ts";
import { entryOf } from "./entryOf.ts";

/** The sentence of a notice. A reason that a job ended with need not name the entry of ossnap.yaml that the job belongs to, so it is put first. */
export function noticeText(key: string, why: Reason): string {
  const text = say(why);
  const entry = entryOf(key);
  return entry === undefined || text.includes(entry.name) ? text : `${entry.section}.${entry.name}: ${text}`;
}
