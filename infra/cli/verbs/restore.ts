import type { World } from "../../../shared/jobs/world.ts";
import { shownValue } from "../../../shared/model/plainText.ts";
import type { AliasTerms } from "../../../shared/plan/aliases/moves.ts";
import type { PreflightCheck } from "../../../shared/plan/preflight.ts";
import { INDICES_DEFAULT } from "../../../shared/plan/selection.ts";
import { LATEST } from "../../../shared/reader/rootSnapshots.ts";
import { fingerprintOf } from "../../../shared/runtime/http/routes.ts";
import { refusalText } from "../../../shared/runtime/refusalText.ts";
import {
  type PreflightReport,
  preflightRestore,
  type RestoreRequestByHand,
  startRestore,
} from "../../../shared/verbs/restore/askByHand.ts";
import type { Renames } from "../../../shared/verbs/restore/renames.ts";
import { bytesText, countText } from "../../../shared/words/numbers.ts";
import { say } from "../../../shared/words/say.ts";
import type { Answer } from "../answer.ts";
import { ApiRefusal } from "../at/api.ts";
import { ask, unlessRefused } from "../at/ask.ts";
import { type ActingOptions, begin, waitWords } from "../begin.ts";
import { EXIT, problem } from "../exitCodes.ts";
import { COLUMNS, onScreen, widthOf, wrapped } from "../screen/layout.ts";
import { commandText, type Look, marked, type Tone, unknown } from "../screen/look.ts";
import { tableLines } from "../screen/table.ts";
import type { Session } from "../session.ts";

export interface RestoreOptions extends ActingOptions {
  /** A name, a uuid, or `latest`. */
  snapshot: string;
  repository: string;
  to: string;
  indices: string[];
  /** One alias, or several. */
  alias?: AliasTerms | undefined;
  /** By name or pattern of an index, the name of the restored one. */
  as?: Renames | undefined;
  replicas?: number | undefined;
  /** Put it behind the alias although that serves a newer snapshot. */
  older?: boolean | undefined;
  /** Remove an index that has the alias's name. */
  replaceIndex?: boolean | undefined;
  /** Every node has the files that the analysis of the indices names. */
  filesThere?: boolean | undefined;
  /** Close the indices that have the names, restore over them, open them. */
  over?: boolean | undefined;
  /** What these indices hold may be lost. */
  loseOld?: boolean | undefined;
  /** Of the read-only registration of a watch. */
  rate?: string | undefined;
  /** Of what restores by hand and rollbacks replaced. */
  keepOldBytes?: string | undefined;
  /** Instead of indices. */
  globalState?: boolean | undefined;
  featureStates?: string[] | undefined;
  dataStreams?: string[] | undefined;
  start: boolean;
}

/** The preflight, and with `--start` the restore if no check refuses it. */
export async function restore(session: Session, options: RestoreOptions): Promise<Answer> {
  const { start, key, wait } = options;
  const request = requestOf(options);
  const call = { method: "POST", path: "/restores", body: { ...request }, key } as const;
  if (!start) return preflightAnswer(options, await ask(session, call, (world) => preflightRestore(world, request, { key })));
  const fingerprint = fingerprintOf("POST", "/restores", { ...request, start: true });
  const here = async (world: World) => {
    const outcome = await startRestore(world, request, session.asked, { key, fingerprint });
    if ("created" in outcome) return outcome.created;
    throw new ApiRefusal(refusalText(outcome.refused.checks, say), { preflight: outcome.refused });
  };
  const starting = { ...call, body: { ...request, start: true } };
  return unlessRefused(
    () => begin(session, { call: starting, here, fingerprint }, { key, wait }),
    ({ preflight }) => {
      const report = preflight as PreflightReport;
      const found = problem("restore-refused", refusalText(report.checks, say), { refusals: refusalsOf(report) });
      return { ...preflightAnswer(options, report), problem: found };
    },
  );
}

/** The request's members as they are stored and compared: without the options that were not given, in this order. */
function requestOf({
  snapshot,
  repository,
  to,
  indices,
  alias,
  as,
  replicas,
  older,
  replaceIndex,
  filesThere,
  over,
  loseOld,
  rate,
  keepOldBytes,
  globalState,
  featureStates,
  dataStreams,
}: RestoreOptions): RestoreRequestByHand {
  return {
    snapshot,
    repository,
    to,
    indices,
    ...alias,
    ...(as === undefined ? {} : { as }),
    ...(replicas === undefined ? {} : { replicas }),
    ...(older ? { older } : {}),
    ...(replaceIndex ? { replaceIndex } : {}),
    ...(filesThere ? { filesThere } : {}),
    ...(over ? { over } : {}),
    ...(loseOld ? { loseOld } : {}),
    ...(rate === undefined ? {} : { maxBytesPerSec: rate }),
    ...(keepOldBytes === undefined ? {} : { keepOldBytes }),
    ...(globalState ? { globalState } : {}),
    ...(featureStates === undefined ? {} : { featureStates }),
    ...(dataStreams === undefined ? {} : { dataStreams }),
  };
}

function preflightAnswer(request: RestoreOptions, report: PreflightReport): Answer {
  return {
    schema: "restore-preflight/1",
    data: report,
    exitCode: report.refused ? EXIT.refused : EXIT.ok,
    text: (look) => preflightText(request, report, look),
  };
}

const TONES: Readonly<Record<PreflightCheck["result"], Tone>> = { ok: "good", warn: "attention", refuse: "bad" };

const INDENT = "  ";
const BESIDE = "beside existing indices";
const OVER = "over existing indices";

/** Each check with its sentence, each refusal with its code and its fix. */
export function preflightText(request: RestoreOptions, report: PreflightReport, look: Look): string {
  const lines = [`Restore ${shownValue(report.snapshot.name)} → ${request.to}, ${whatText(request)}`, "Preflight, nothing changed yet:"];
  const width = Math.max(...report.checks.map(({ check }) => check.length));
  for (const { check, result, reason, wayOut } of report.checks) {
    const code = result === "ok" ? "" : `  [${reason.code}]`;
    const first = `${INDENT}${marked(look, TONES[result], check.padEnd(width))}  `;
    const shape = { width: COLUMNS, indent: widthOf(first) };
    lines.push(...wrapped(onScreen(`${say(reason)}${code}`, look), { ...shape, first }));
    if (wayOut) lines.push(...wrapped(onScreen(`fix: ${say(wayOut)}`, look), { ...shape, first: " ".repeat(shape.indent) }));
  }
  if (report.targets.length > 0) lines.push(...targetLines(report, look));
  const refusals = refusalsOf(report).length;
  lines.push(
    refusals > 0
      ? marked(look, "bad", `Refused (${refusals}). Nothing was changed.`)
      : `Nothing was changed. To do it:  ${commandText(look, ...startWords(request, report))}`,
  );
  return lines.join("\n");
}

function whatText({ indices, over, globalState, featureStates = [], dataStreams = [] }: RestoreOptions): string {
  const states = [
    ...(globalState ? ["the global state"] : []),
    ...(featureStates.length > 0 ? [`states of the features ${shownValue(featureStates.join(", "))}`] : []),
    ...(dataStreams.length > 0 ? [`data streams ${shownValue(dataStreams.join(", "))}`] : []),
  ];
  return states.length > 0 ? states.join(" and ") : `indices ${shownValue(indices.join(", "))}, ${over ? OVER : BESIDE}`;
}

function targetLines({ targets }: PreflightReport, look: Look): string[] {
  const columns = [
    { head: "INDEX", name: true },
    { head: "AS", name: true },
    { head: "SHARDS", align: "right" as const },
    { head: "DOCUMENTS", align: "right" as const },
    { head: "SIZE" },
  ];
  const rows = targets.map(({ index, as, shards, documents, bytes }) => [
    index,
    as,
    countText(shards),
    documents === undefined ? unknown(look) : countText(documents),
    bytesText(bytes),
  ]);
  return tableLines(columns, rows, look, COLUMNS - INDENT.length).map((line) => INDENT + line);
}

function refusalsOf({ checks }: PreflightReport): PreflightCheck[] {
  return checks.filter(({ result }) => result === "refuse");
}

/** The line that does exactly what was shown: `latest` may be another snapshot later. */
function startWords({ snapshot, ...options }: RestoreOptions, report: PreflightReport): string[] {
  const { repository, to, indices, alias, as, replicas, older, replaceIndex, filesThere, over, loseOld, rate, key, wait } = options;
  const { keepOldBytes, globalState, featureStates, dataStreams } = options;
  return [
    "restore",
    snapshot === LATEST ? report.snapshot.name : snapshot,
    ...["--repository", repository, "--to", to],
    ...(indices.join(",") === INDICES_DEFAULT ? [] : ["--indices", indices.join(",")]),
    ...given("--alias", alias && aliasWords(alias)),
    ...given("--as", as && asWords(as)),
    ...given("--replicas", replicas?.toString()),
    ...(globalState ? ["--global-state"] : []),
    ...given("--feature-states", featureStates?.join(",")),
    ...given("--data-streams", dataStreams?.join(",")),
    ...(older ? ["--older"] : []),
    ...(replaceIndex ? ["--replace-index"] : []),
    ...(filesThere ? ["--files-there"] : []),
    ...(over ? ["--over"] : []),
    ...(loseOld ? ["--lose-old"] : []),
    ...given("--rate", rate),
    ...given("--keep-old-bytes", keepOldBytes),
    "--start",
    ...given("--key", key),
    ...waitWords(wait),
  ];
}

function given(flag: string, value: string | undefined): string[] {
  return value === undefined ? [] : [flag, value];
}

/** As `--alias` reads it. */
function aliasWords({ alias, aliases = {} }: AliasTerms): string {
  const pairs = Object.entries(aliases).map(([name, indices]) => `${name}=${indices}`);
  return alias ?? pairs.join(",");
}

/** As `--as` reads it. */
function asWords(as: Renames): string {
  return Object.entries(as)
    .map(([pattern, template]) => (pattern === "*" ? template : `${pattern}=${template}`))
    .join(",");
}
