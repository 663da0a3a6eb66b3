import { ALIAS_FIX, aliasFault } from "../../../shared/model/aliasName.ts";
import { AppError } from "../../../shared/model/errors.ts";
import type { PreflightCheck } from "../../../shared/plan/preflight.ts";
import { fingerprintOf } from "../../../shared/runtime/http/routes.ts";
import {
  type PreflightReport,
  preflightRestore,
  type RestoreRequestByHand,
  startRestore,
} from "../../../shared/verbs/restore/askByHand.ts";
import { bytesText, countText } from "../../../shared/words/numbers.ts";
import { say } from "../../../shared/words/say.ts";
import type { Answer } from "../answer.ts";
import { type ActingOptions, begin } from "../begin.ts";
import { EXIT, problem } from "../exitCodes.ts";
import { type Look, marked, type Tone } from "../look.ts";
import type { Session } from "../session.ts";
import { tableLines } from "../table.ts";

export interface RestoreOptions extends ActingOptions {
  repository?: string;
  to?: string;
  indices?: string;
  alias?: string;
  replicas?: string;
  older?: boolean;
  start?: boolean;
}

/** Excludes indices that systems keep for themselves unless they are named. */
const INDICES_DEFAULT = "*,-.*";

/** The preflight, and with `--start` the restore if no check refuses it. */
export async function restore(session: Session, snapshot: string, options: RestoreOptions): Promise<Answer> {
  const request = restoreRequest(snapshot, options);
  const world = await session.world();
  if (!options.start) {
    const report = await preflightRestore(world, request, { key: options.key });
    return preflightAnswer(request, report, options.key);
  }
  const fingerprint = fingerprintOf("POST", "/restores", { ...request, start: true });
  const outcome = await startRestore(world, request, session.asked, { key: options.key, fingerprint });
  if ("created" in outcome) return begin(session, world, outcome.created, { ...options, fingerprint });
  const refusals = refusalsOf(outcome.refused);
  const detail = `${refusals.length} of ${outcome.refused.checks.length} checks refuse: ${refusals.map(({ reason }) => reason.code).join(", ")}; nothing was changed`;
  return { ...preflightAnswer(request, outcome.refused), problem: problem("restore-refused", detail, { refusals }) };
}

/** Every invalid option throws `invalid` and names the option. */
export function restoreRequest(snapshot: string, options: RestoreOptions): RestoreRequestByHand {
  const { repository, to, alias, indices = INDICES_DEFAULT, replicas, older } = options;
  if (repository === undefined)
    throw new AppError("invalid", "--repository: is missing; name a repository of ossnap.yaml, or the registered name of a watch");
  if (to === undefined) throw new AppError("invalid", "--to: is missing; name one of clusters");
  const patterns = indices
    .split(",")
    .map((pattern) => pattern.trim())
    .filter((pattern) => pattern !== "");
  if (patterns.length === 0)
    throw new AppError("invalid", "--indices: names nothing; write names and patterns with commas, as in --indices 'movies,logs-*'");
  const wrongAlias = alias === undefined ? undefined : aliasFault(alias);
  if (wrongAlias !== undefined) throw new AppError("invalid", `--alias: ${JSON.stringify(alias)} ${wrongAlias}; ${ALIAS_FIX}`);
  if (older && alias === undefined) throw new AppError("invalid", "--older: is about an alias; add --alias, or leave --older out");
  if (replicas !== undefined && !/^\d{1,4}$/.test(replicas))
    throw new AppError("invalid", `--replicas: "${replicas}" is not a count; write 0, 1, 2 …`);
  return {
    snapshot,
    repository,
    to,
    indices: patterns,
    ...(alias === undefined ? {} : { alias }),
    ...(replicas === undefined ? {} : { replicas: Number(replicas) }),
    ...(older ? { older } : {}),
  };
}

function preflightAnswer(request: RestoreRequestByHand, report: PreflightReport, key?: string): Answer {
  return {
    schema: "restore-preflight/1",
    data: report,
    exitCode: report.refused ? EXIT.refused : EXIT.ok,
    text: (look) => preflightText(request, report, look, key),
  };
}

const TONES: Readonly<Record<PreflightCheck["result"], Tone>> = { ok: "good", warn: "attention", refuse: "bad" };

/** Each check with its sentence, each refusal with its code and way out. */
export function preflightText(request: RestoreRequestByHand, report: PreflightReport, look: Look, key?: string): string {
  const lines = [
    `Restore ${report.snapshot.name} → ${request.to}, indices ${request.indices.join(", ")}, beside what is there`,
    "Preflight, nothing changed yet:",
  ];
  const width = Math.max(...report.checks.map(({ check }) => check.length));
  for (const { check, result, reason, wayOut } of report.checks) {
    const code = result === "ok" ? "" : `  [${reason.code}]`;
    lines.push(`  ${marked(look, TONES[result], check.padEnd(width))}  ${say(reason)}${code}`);
    if (wayOut) lines.push(`    ${" ".repeat(width)}  way out: ${say(wayOut)}`);
  }
  if (report.targets.length > 0) lines.push(...targetLines(report));
  const refusals = refusalsOf(report).length;
  lines.push(
    refusals > 0
      ? marked(look, "bad", `Refused (${refusals}). Nothing was changed.`)
      : `Nothing was changed. To do it:  ${commandOf(request)}${key === undefined ? "" : ` --key ${key}`} --start`,
  );
  return lines.join("\n");
}

function targetLines({ targets }: PreflightReport): string[] {
  const columns = [
    { head: "INDEX" },
    { head: "AS" },
    { head: "SHARDS", align: "right" as const },
    { head: "DOCUMENTS", align: "right" as const },
    { head: "SIZE" },
  ];
  const rows = targets.map(({ index, as, shards, documents, bytes }) => [
    index,
    as,
    countText(shards),
    countText(documents),
    bytesText(bytes),
  ]);
  return tableLines(columns, rows).map((line) => `  ${line}`);
}

function refusalsOf({ checks }: PreflightReport): PreflightCheck[] {
  return checks.filter(({ result }) => result === "refuse");
}

function commandOf({ snapshot, repository, to, indices, alias, replicas, older }: RestoreRequestByHand): string {
  const given = indices.join(",") === INDICES_DEFAULT ? "" : ` --indices '${indices.join(",")}'`;
  return `ossnap restore ${snapshot} --repository ${repository} --to ${to}${given}${alias === undefined ? "" : ` --alias ${alias}`}${replicas === undefined ? "" : ` --replicas ${replicas}`}${older ? " --older" : ""}`;
}
