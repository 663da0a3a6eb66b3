import { askRollback, dryRollback, type RollbackDryRun, type RollbackRequest } from "../../../shared/verbs/rollback/ask.ts";
import { counted } from "../../../shared/words/numbers.ts";
import { say } from "../../../shared/words/say.ts";
import type { Answer } from "../answer.ts";
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

/** Shows where the alias would go and what was written since the swap; `--yes` moves it. */
export async function rollback(session: Session, { id, loseWrites, yes, wait }: RollbackOptions): Promise<Answer> {
  const world = await session.world();
  const request: RollbackRequest = { restore: id, loseWrites };
  const dry = await dryRollback(world, request);
  if (yes && !dry.refusal) return begin(session, world, await askRollback(world, request, session.asked), { wait });
  const answer = { schema: "rollback/1", data: dry, text: (look: Look) => rollbackText(dry, request, look, wait) };
  if (!dry.refusal) return { ...answer, exitCode: EXIT.ok };
  return { ...answer, exitCode: EXIT.refused, problem: problem("rollback-refused", say(dry.refusal), { reason: dry.refusal, plan: dry }) };
}

function rollbackText(dry: RollbackDryRun, { restore, loseWrites }: RollbackRequest, look: Look, wait: number | undefined): string {
  const { cluster, refusal } = dry;
  const from = listed(dry.moves.flatMap((move) => move.from));
  const moves = dry.moves.map((move) => `alias ${move.alias} from ${listed(move.from)} back to ${listed(move.to)}`);
  const lines = [`Would move on ${cluster}, in one call: ${moves.join("; ")}.`, writesText(dry, from, look)];
  if (refusal) return [...lines, marked(look, "bad", `Refused: ${say(refusal)}. Nothing was changed.`)].join("\n");
  if (dry.waits) lines.push(marked(look, "attention", `It would wait first: ${say(dry.waits)}`));
  const lose = loseWrites ? ["--lose-writes"] : [];
  const doIt = commandText(look, "jobs", "rollback", restore, ...lose, "--yes", ...waitWords(wait));
  return [...lines, `Kept for a day: ${from}.`, `Nothing was changed. To do it:  ${doIt}`].join("\n");
}

function listed(indices: readonly string[]): string {
  return [...new Set(indices)].join(", ");
}

function writesText({ writes, unknown }: RollbackDryRun, from: string, look: Look): string {
  if (writes === 0) return marked(look, "good", `nothing was written to ${from} since the swap`);
  if (writes !== null) return marked(look, "attention", `${counted(writes, "write", "writes")} to ${from} since the swap`);
  return marked(look, "attention", `writes to ${from} since the swap are unknown${unknown ? `: ${say(unknown)}` : ""}`);
}
