import type { Reason } from "../../../shared/model/reason.ts";
import { applyDeletion, type DeletionDryRun, type DeletionRequest, dryDeletion } from "../../../shared/verbs/prune/askDeletion.ts";
import { counted } from "../../../shared/words/numbers.ts";
import { say } from "../../../shared/words/say.ts";
import type { Answer } from "../answer.ts";
import { ask } from "../at/ask.ts";
import { type ActingOptions, begin, waitWords } from "../begin.ts";
import { EXIT, problem } from "../exitCodes.ts";
import { singleLine } from "../screen/colour.ts";
import { commandText, type Look, marked } from "../screen/look.ts";
import type { Session } from "../session.ts";
import { freesLine, removalLines } from "./prune.ts";

export interface DeletionOptions extends Pick<ActingOptions, "wait"> {
  snapshot: string | undefined;
  repository: string;
  uuid: string | undefined;
  broken: boolean;
  apply: string | undefined;
}

/** Shows what would be deleted and what protects it, or deletes exactly what was shown with the given hash. */
export async function deletion(session: Session, { apply, wait, ...request }: DeletionOptions): Promise<Answer> {
  const { snapshot, repository, uuid, broken } = request;
  const call = {
    method: "POST",
    path: "/deletions",
    body: { repository, snapshot, uuid, ...(broken ? { broken } : {}), apply },
  } as const;
  if (apply !== undefined) return begin(session, { call, here: (world) => applyDeletion(world, request, apply, session.asked) }, { wait });
  const plan = await ask(session, call, (world) => dryDeletion(world, request));
  const answer = { schema: "deletion/1", data: plan, text: (look: Look) => deletionText(plan, request, look, wait) };
  if (!plan.refusal) return { ...answer, exitCode: EXIT.ok };
  return {
    ...answer,
    exitCode: EXIT.refused,
    problem: problem("deletion-refused", refusalText(plan.refusal), { reason: plan.refusal, plan }),
  };
}

/** A reason to keep a snapshot says nothing by itself about a deletion. */
function refusalText(why: Reason): string {
  return why.code.startsWith("keep.") ? `it is protected (${say(why)})` : say(why);
}

function deletionText(plan: DeletionDryRun, request: DeletionRequest, look: Look, wait: number | undefined): string {
  const notes = plan.notes.map((note) => marked(look, "attention", say(note)));
  const kept = plan.keep.map(({ name, reasons }) => singleLine(`Would keep ${name}: ${reasons.map(say).join(", ")}`));
  if (plan.refusal)
    return [...notes, ...kept, marked(look, "bad", `Refused: ${refusalText(plan.refusal)}. Nothing was deleted.`)].join("\n");
  if (plan.remove.length === 0) return [...notes, ...kept, "Nothing would be deleted."].join("\n");
  const { snapshot, repository, uuid, broken } = request;
  const words = [...(snapshot === undefined ? [] : [snapshot]), ...(broken ? ["--broken"] : []), "--repository", repository];
  const doIt = commandText(
    look,
    "delete",
    ...words,
    ...(uuid === undefined ? [] : ["--uuid", uuid]),
    "--apply",
    plan.hash,
    ...waitWords(wait),
  );
  return [
    ...notes,
    ...kept,
    `Would delete ${counted(plan.remove.length, "snapshot", "snapshots")} in ${repository}:`,
    ...removalLines(plan.remove, look),
    freesLine(plan.frees, plan.remove),
    singleLine(`Newest good snapshot that is kept: ${plan.newestGood?.name ?? "none"}`),
    `Nothing was deleted. To do exactly this:  ${doIt}`,
  ].join("\n");
}
