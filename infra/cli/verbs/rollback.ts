import { askRollback, dryRollback, type RollbackDryRun, type RollbackRequest } from "../../../shared/verbs/rollback/ask.ts";
import { bytesText, counted } from "../../../shared/words/numbers.ts";
import { say } from "../../../shared/words/say.ts";
import type { Answer } from "../answer.ts";
import { path } from "../at/api.ts";
import { ask } from "../at/ask.ts";
import { type ActingOptions, begin, waitWords } from "../begin.ts";
import { EXIT, problem } from "../exitCodes.ts";
import { commandText, type Look, marked } from "../screen/look.ts";
import type { Session } from "../session.ts";

export interface RollbackOptions extends Pick<ActingOptions, "wait"> {
  /** Of the restore. */
  id: string;
  loseWrites: boolean;
  yes: boolean;
}

/** Shows where the alias would go, or what would be restored, and what was written since; `--yes` does it. */
export async function rollback(session: Session, { id, loseWrites, yes, wait }: RollbackOptions): Promise<Answer> {
  const request: RollbackRequest = { restore: id, loseWrites };
  const call = { method: "POST", path: path`/jobs/${id}/rollback`, body: { loseWrites } } as const;
  const dry = await ask(session, call, (world) => dryRollback(world, request));
  const start = { ...call, body: { loseWrites, start: true } };
  if (yes && !dry.refusal) return begin(session, { call: start, here: (world) => askRollback(world, request, session.asked) }, { wait });
  const answer = { schema: "rollback/1", data: dry, text: (look: Look) => rollbackText(dry, request, look, wait) };
  if (!dry.refusal) return { ...answer, exitCode: EXIT.ok };
  return { ...answer, exitCode: EXIT.refused, problem: problem("rollback-refused", say(dry.refusal), { reason: dry.refusal, plan: dry }) };
}

function rollbackText(dry: RollbackDryRun, { restore, loseWrites }: RollbackRequest, look: Look, wait: number | undefined): string {
  const { refusal, restores } = dry;
  const from = listed(restores?.map(({ index }) => index) ?? dry.moves.flatMap((move) => move.from));
  const stays = dry.stays ? [staysText(dry.stays)] : [];
  const lines = [plannedText(dry), ...stays, writesText(dry, from, look)];
  if (refusal) return [...lines, marked(look, "bad", `Refused: ${say(refusal)}. Nothing was changed.`)].join("\n");
  if (dry.waits) lines.push(marked(look, "attention", `It would wait first: ${say(dry.waits)}`));
  const lose = loseWrites ? ["--lose-writes"] : [];
  const doIt = commandText(look, "jobs", "rollback", restore, ...lose, "--yes", ...waitWords(wait));
  const most = dry.keepOldBytes === undefined ? "" : `, while what is kept there by hand takes ${bytesText(dry.keepOldBytes)} or less`;
  const kept = restores ? [] : [`Kept for a day${most}: ${from}.`];
  return [...lines, ...kept, `Nothing was changed. To do it:  ${doIt}`].join("\n");
}

function plannedText({ cluster, moves, restores }: RollbackDryRun): string {
  const back = restores?.map(({ index, repository, snapshot }) => `${index} from ${snapshot} in ${repository}`);
  if (back) return `Would restore on ${cluster} what was there before, over: ${back.join("; ")}.`;
  const moved = moves.map(({ alias, from, to }) => `alias ${alias} from ${listed(from)} back to ${listed(to)}`);
  return `Would move on ${cluster}, in one call: ${moved.join("; ")}.`;
}

function staysText(aliases: readonly string[]): string {
  const many = aliases.length > 1;
  return `${many ? "Aliases" : "Alias"} ${listed(aliases)} ${many ? "were" : "was"} on no index before, and ${many ? "stay" : "stays"}; to take off: POST /_aliases.`;
}

function listed(indices: readonly string[]): string {
  return [...new Set(indices)].join(", ");
}

function writesText({ writes, unknown, restores }: RollbackDryRun, from: string, look: Look): string {
  const since = restores ? "since the restore" : "since the swap";
  if (writes === 0) return marked(look, "good", `nothing was written to ${from} ${since}`);
  if (writes !== null) return marked(look, "attention", `${counted(writes, "write", "writes")} to ${from} ${since}`);
  return marked(look, "attention", `writes to ${from} ${since} are unknown${unknown ? `: ${say(unknown)}` : ""}`);
}
