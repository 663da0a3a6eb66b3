import type { World } from "../../../../shared/jobs/world.ts";
import { fingerprintOf } from "../../../../shared/runtime/http/routes.ts";
import { migrationRefusal } from "../../../../shared/runtime/refusalText.ts";
import { startMigration } from "../../../../shared/verbs/migration/ask.ts";
import { type MigrationPlan, planMigration } from "../../../../shared/verbs/migration/checks.ts";
import type { MigrationMode, MigrationRequest } from "../../../../shared/verbs/migration/types.ts";
import { counted, durationText } from "../../../../shared/words/numbers.ts";
import { say } from "../../../../shared/words/say.ts";
import type { Answer } from "../../answer.ts";
import { ApiRefusal, path } from "../../at/api.ts";
import { ask, unlessRefused } from "../../at/ask.ts";
import { type ActingOptions, begin, waitWords } from "../../begin.ts";
import { EXIT, problem } from "../../exitCodes.ts";
import { COLUMNS, onScreen, wrapped } from "../../screen/layout.ts";
import { commandText, type Look, marked } from "../../screen/look.ts";
import type { Session } from "../../session.ts";

export interface MigrateOptions extends ActingOptions {
  name: string;
  mode: MigrationMode;
  /** Without it the plan is shown. */
  start: boolean;
  blockWrites?: boolean | undefined;
  loseWrites?: boolean | undefined;
  keepAliases?: boolean | undefined;
}

/** Shows what a pass, a cut-over or the way back would do; `start` does it. */
export async function migrate(session: Session, options: MigrateOptions): Promise<Answer> {
  const { name, mode, start, blockWrites, loseWrites, keepAliases, key, wait } = options;
  const request: MigrationRequest = { name, mode, blockWrites, loseWrites, keepAliases };
  const call = { method: "POST", path: path`/migrations/${name}/${mode}` } as const;
  if (!start)
    return planAnswer(options, await ask(session, { ...call, body: bodyOf(options, false) }, (world) => planMigration(world, request)));
  const fingerprint = fingerprintOf("POST", `/migrations/${name}/${mode}`, bodyOf(options, true));
  const here = async (world: World) => {
    const outcome = await startMigration(world, request, session.asked, { key, fingerprint });
    if ("created" in outcome) return outcome.created;
    throw new ApiRefusal("refused", { plan: outcome.refused });
  };
  return unlessRefused(
    () => begin(session, { call: { ...call, body: bodyOf(options, true) }, here, fingerprint }, { key, wait }),
    ({ plan }) => planAnswer(options, plan as MigrationPlan),
  );
}

/** As the route reads it: a key stands for one request, whichever way it comes. */
function bodyOf({ mode, blockWrites = false, loseWrites = false, keepAliases = false }: MigrateOptions, start: boolean) {
  if (mode === "sync") return { dryRun: !start };
  return mode === "cutover" ? { start, blockWrites } : { start, loseWrites, keepAliases };
}

function planAnswer(options: MigrateOptions, plan: MigrationPlan): Answer {
  const answer = { schema: "migration-plan/1", data: plan, text: (look: Look) => planText(plan, options, look) };
  if (!plan.refused) return { ...answer, exitCode: EXIT.ok };
  const refusals = plan.checks.filter(({ result }) => result === "refuse");
  const detail = migrationRefusal(plan.mode, refusals, say);
  return { ...answer, exitCode: EXIT.refused, problem: problem("migration-refused", detail, { refusals, plan }) };
}

const BELOW = { width: COLUMNS, indent: 2, first: "  " };
const TONES = { ok: "good", warn: "attention", refuse: "bad" } as const;

function planText(plan: MigrationPlan, options: MigrateOptions, look: Look): string {
  const { migration, mode, source, target, checks, refused, lag, passSeconds } = plan;
  const lines = [`${migration}: ${HEADS[mode]} (${source} → ${target})`];
  for (const { result, reason, wayOut } of checks) {
    lines.push(marked(look, TONES[result], say(reason)));
    if (wayOut) lines.push(...wrapped(onScreen(`fix: ${say(wayOut)}`, look), BELOW));
  }
  if (lag !== null) lines.push(`Since the last pass: ${counted(lag, "operation", "operations")} on ${source}.`);
  if (passSeconds !== null && mode === "sync") lines.push(`The last pass took ${durationText(passSeconds)}.`);
  if (refused) return [...lines, marked(look, "bad", "Refused. Nothing was changed.")].join("\n");
  const consents = [
    ...(options.blockWrites ? ["--block-writes"] : []),
    ...(options.loseWrites ? ["--lose-writes"] : []),
    ...(options.keepAliases ? ["--keep-aliases"] : []),
  ];
  const started = mode === "sync" ? [] : ["--start"];
  const doIt = commandText(look, "migrate", mode, migration, ...consents, ...started, ...waitWords(options.wait));
  return [...lines, `Nothing was changed. To do it:  ${doIt}`].join("\n");
}

const HEADS: Readonly<Record<MigrationMode, string>> = {
  sync: "a pass: snapshot, copy, restore beside, aliases",
  cutover: "the last pass, after which the target serves",
  rollback: "the way back from the cut-over",
};
