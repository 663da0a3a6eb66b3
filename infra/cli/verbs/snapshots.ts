import type { Place } from "../../../shared/model/config.ts";
import { AppError, messageOf } from "../../../shared/model/errors.ts";
import type { Evidence } from "../../../shared/proof/evidence/evidenceRules.ts";
import { newestEvidence } from "../../../shared/reader/evidence.ts";
import { onNamedPlace } from "../../../shared/reader/namedPlace.ts";
import { type Survey, surveyRepository } from "../../../shared/reader/survey/surveyRepository.ts";
import { sharedDamage } from "../../../shared/reader/suspectHolders.ts";
import { listSnapshotsAndUnseen, type SnapshotRow, type UnseenRepository } from "../../../shared/verbs/snapshots/show.ts";
import { fateText } from "../../../shared/words/fateText.ts";
import { counted, countText, durationText } from "../../../shared/words/numbers.ts";
import { say } from "../../../shared/words/say.ts";
import type { Answer } from "../answer.ts";
import { askList, requireHere } from "../at/ask.ts";
import { EXIT } from "../exitCodes.ts";
import { hasConfig, placeNamed, storeOf } from "../placeStore.ts";
import { agoText, commandText, type Look, marked, unknown } from "../screen/look.ts";
import { tableLines } from "../screen/table.ts";
import type { Session } from "../session.ts";
import { surveyText } from "../survey.ts";
import { isComplete, surveyOf } from "../surveyAnswer.ts";

export interface SnapshotsOptions {
  /** A URL, or a repository or watch of ossnap.yaml, read without a cluster. */
  place: string | undefined;
  policy: string | undefined;
  repository: string | undefined;
}

/** The snapshots listed by the clusters, or with a place those found in its bucket alone. */
export async function snapshots(session: Session, { place, policy, repository }: SnapshotsOptions): Promise<Answer> {
  if (place !== undefined) return snapshotsOfPlace(session, place);
  const call = { method: "GET", path: "/snapshots", query: { policy, repository } } as const;
  const { rows, warnings: unseen } = await askList<SnapshotRow, UnseenRepository>(session, call, async (world) => {
    const found = await listSnapshotsAndUnseen(world, {
      ...(policy === undefined ? {} : { policy }),
      ...(repository === undefined ? {} : { repository }),
    });
    return { rows: found.rows, warnings: found.unseen };
  });
  // A repository that nothing was backed up to yet is no fault.
  const isSeen = unseen.every(({ code }) => code === "absent");
  return {
    schema: "snapshots/1",
    data: rows,
    warnings: unseen,
    exitCode: isSeen ? EXIT.ok : EXIT.failed,
    text: (look) => snapshotsText(rows, look, unseen),
  };
}

/** Progress in a file takes one line per update. */
const SHARDS_PER_LINE = 100;

async function snapshotsOfPlace(session: Session, place: string): Promise<Answer> {
  requireHere(session, "a place is read from where the command runs, with the keys that it has");
  const { terminal } = session;
  const store = await storeOf(session, place);
  terminal.progress(`reading ${store.url}`);
  const survey = await onNamedPlace(place, () =>
    surveyRepository(store, {
      onProgress(shards) {
        if (shards % SHARDS_PER_LINE === 0) terminal.progress(`${store.url}: ${counted(shards, "shard", "shards")} read`);
      },
    }),
  );
  const data = surveyOf(store.url, survey, await evidenceFor(session, await placeNamed(session, place), survey));
  const exitCode = isComplete(data) ? EXIT.ok : EXIT.notWhole;
  return { schema: "survey/1", data, exitCode, text: (look) => surveyText(data, look, place) };
}

/** Verdicts on these exact blobs, if a state is configured. */
async function evidenceFor(session: Session, place: Place, survey: Survey): Promise<Map<string, Evidence>> {
  if (!hasConfig(session)) return new Map();
  try {
    return await newestEvidence(await session.world(), new Set(survey.snapshots.map(({ uuid }) => uuid)), place);
  } catch (error) {
    if (session.options.config !== undefined || !(error instanceof AppError)) throw error;
    session.terminal.note(`earlier verdicts are not shown: ${messageOf(error).split("\n")[0]}`);
    return new Map();
  }
}

const COLUMNS = [{ head: "NAME", name: true }, { head: "STARTED" }, { head: "STATE" }, { head: "TOOK" }, { head: "PROVEN" }];
/** Its own evidence may be older than that of the snapshot whose proof found the blob. */
const SHARED = "damaged, shared blob";
const LEGEND = "PROVEN: proof of the blobs in this repository; each copy of a snapshot needs its own proof.";

/** One table per repository, followed by what the next prune would remove; then the repositories that cannot be listed. */
export function snapshotsText(rows: readonly SnapshotRow[], look: Look, unseen: readonly UnseenRepository[] = []): string {
  const repositories = [...new Set(rows.map(({ repository }) => repository))];
  const tables = repositories.map((repository) =>
    repositoryText(
      repository,
      rows.filter((row) => row.repository === repository),
      look,
    ),
  );
  const faults = unseen.map(({ code, reason: why }) => marked(look, code === "absent" ? "attention" : "bad", say(why)));
  if (tables.length === 0) tables.push(faults.length === 0 ? "No snapshots yet." : "No snapshots elsewhere.");
  return [...tables, ...(faults.length === 0 ? [] : [faults.join("\n")])].join("\n\n");
}

function repositoryText(repository: string, rows: readonly SnapshotRow[], look: Look): string {
  const head = `${repository} · ${counted(rows.length, "snapshot", "snapshots")}`;
  const lines = tableLines(
    COLUMNS,
    rows.map((row) => ({
      cells: [
        row.name,
        agoText(look, row.startTime),
        row.state,
        durationCell(row, look),
        row.sharedDamage === undefined ? provenText(row.evidence, look) : marked(look, "bad", SHARED),
      ],
      below: [...failedLines(row), ...sharedLines(row), fateLine(row, look), ...elsewhereLines(row, look)],
    })),
    look,
  );
  const legend = rows.some(({ elsewhere }) => elsewhere.length > 0) ? [LEGEND] : [];
  return [head, ...lines, ...legend, ...goingLines(rows, look)].join("\n");
}

function failedLines({ shards }: SnapshotRow): string[] {
  return shards.failed === 0 ? [] : [`${countText(shards.failed)} of ${counted(shards.total, "shard", "shards")} failed`];
}

function sharedLines({ sharedDamage: blob, sharedDamageFoundBy: finder, name }: SnapshotRow): string[] {
  return blob === undefined ? [] : [say(sharedDamage({ snapshot: name, blob, finder }))];
}

function elsewhereLines({ elsewhere }: SnapshotRow, look: Look): string[] {
  return elsewhere.map(({ place, ...proven }) => `proven at ${place}: ${provenText(proven, look)}`);
}

function durationCell({ startTime, endTime }: SnapshotRow, look: Look): string {
  if (endTime === undefined) return unknown(look);
  return durationText(Math.max(0, (new Date(endTime).getTime() - new Date(startTime).getTime()) / 1000));
}

/** The verdict is always shown with its level and age. */
function provenText(evidence: SnapshotRow["evidence"], look: Look): string {
  if (!evidence) return marked(look, "none", "never");
  const age = agoText(look, evidence.at);
  if (evidence.verdict === "whole") return marked(look, "good", `${evidence.level}, ${age}`);
  return marked(look, evidence.verdict === "unproven" ? "attention" : "bad", `${evidence.verdict}, ${age}`);
}

function fateLine({ fate }: SnapshotRow, look: Look): string {
  return fate.decision === "keep" ? fateText(fate) : marked(look, "attention", fateText(fate));
}

function goingLines(rows: readonly SnapshotRow[], look: Look): string[] {
  const going = new Map<string, number>();
  for (const { policy, fate } of rows)
    if (policy !== undefined && fate.decision === "remove") going.set(policy, (going.get(policy) ?? 0) + 1);
  return [...going].map(
    ([policy, count]) =>
      `The next prune would remove ${counted(count, "snapshot", "snapshots")}. See: ${commandText(look, "prune", policy)}`,
  );
}
