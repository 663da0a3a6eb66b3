import { type Adoption, adopt as adoptNow, type Finding, planAdoption } from "../../../shared/run/adopt.ts";
import { countText } from "../../../shared/words/numbers.ts";
import { say } from "../../../shared/words/say.ts";
import type { Answer } from "../answer.ts";
import { EXIT } from "../exitCodes.ts";
import { type Look, marked } from "../look.ts";
import type { Session } from "../session.ts";

/** What buckets and clusters still know of a state that was lost or never was; with `--yes` it is written down. */
export async function adopt(session: Session, options: { yes?: boolean }): Promise<Answer> {
  const world = await session.world();
  const adoption = options.yes ? await adoptNow(world, session.asked) : await planAdoption(world, session.asked);
  const failed = adoption.findings.some((finding) => finding.failed);
  return { schema: "adoption/1", data: adoption, exitCode: failed ? EXIT.failed : EXIT.ok, text: (look) => adoptionText(adoption, look) };
}

/** A line for each finding; a dry run says "would", and ends with the line that does it. */
export function adoptionText(adoption: Adoption, look: Look): string {
  const { findings, missing, written } = adoption;
  const lines = findings.map((finding) => `${finding.subject}  ${findingText(finding, look)}${writesText(finding, written !== null)}`);
  if (missing === 0) lines.push("There is nothing to take over that the state does not know.");
  else if (written === null)
    lines.push(`Would write ${countText(missing)} state objects. Nothing was written. To do it:  ossnap adopt --yes`);
  else if (written < missing)
    lines.push(`Wrote ${countText(written)} of ${countText(missing)} state objects. To go on:  ossnap adopt --yes`);
  else lines.push(`Wrote ${countText(written)} state objects.`);
  return lines.join("\n");
}

function findingText({ reason, failed }: Finding, look: Look): string {
  return failed ? marked(look, "bad", say(reason)) : say(reason);
}

function writesText({ writes, follow }: Finding, written: boolean): string {
  const count = writes.length + (follow ? 1 : 0);
  if (count === 0 || written) return "";
  return ` (would write ${countText(count)})`;
}
