import { adopt as adoptNow } from "../../../shared/verbs/adopt/apply.ts";
import { planAdoption } from "../../../shared/verbs/adopt/gather.ts";
import type { Adoption, Finding } from "../../../shared/verbs/adopt/types.ts";
import { counted, countText } from "../../../shared/words/numbers.ts";
import { say } from "../../../shared/words/say.ts";
import type { Answer } from "../answer.ts";
import { ask } from "../at/ask.ts";
import { EXIT } from "../exitCodes.ts";
import { commandText, type Look, marked } from "../screen/look.ts";
import { tableLines } from "../screen/table.ts";
import type { Session } from "../session.ts";

export interface AdoptOptions {
  yes: boolean;
  takeOver: readonly string[];
}

/** Shows what buckets and clusters still record about a state that was lost or never existed; `--yes` writes it to the state. */
export async function adopt(session: Session, { yes, takeOver }: AdoptOptions): Promise<Answer> {
  const adoption = await ask<Adoption>(
    session,
    { method: "POST", path: "/adopt", body: { apply: yes, takeOver } },
    (world) => (yes ? adoptNow(world, session.asked, takeOver) : planAdoption(world, session.asked, takeOver)),
    { adopting: true, paused: true },
  );
  const doIt = ["adopt", "--yes", ...(takeOver.length > 0 ? ["--take-over", ...takeOver] : [])];
  const failed = adoption.findings.some((finding) => finding.failed);
  return {
    schema: "adoption/1",
    data: adoption,
    exitCode: failed ? EXIT.failed : EXIT.ok,
    text: (look) => adoptionText(adoption, commandText(look, ...doIt), look),
  };
}

/** One line per finding; a dry run uses "would" and ends with the command that applies it. */
function adoptionText(adoption: Adoption, doIt: string, look: Look): string {
  const { findings, missing, written } = adoption;
  const rows = findings.map((finding) => [finding.subject, `${findingText(finding, look)}${writesText(finding, written !== null)}`]);
  const lines = findings.length === 0 ? [] : tableLines([{ head: "ABOUT" }, { head: "FOUND", sentence: true }], rows, look);
  if (missing === 0) lines.push("There is nothing to write.");
  else if (written === null)
    lines.push(`Would write ${counted(missing, "state object", "state objects")}. Nothing was written. To do it:  ${doIt}`);
  else if (written < missing)
    lines.push(`Wrote ${countText(written)} of ${counted(missing, "state object", "state objects")}. To continue:  ${doIt}`);
  else lines.push(`Wrote ${counted(written, "state object", "state objects")}.`);
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
