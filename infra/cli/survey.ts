import { oneLine, shownValue } from "../../shared/model/plainText.ts";
import { type BlobPlace, placeText } from "../../shared/proof/blobPlace.ts";
import { namesakesOf } from "../../shared/proof/rootFaults.ts";
import type { Condition, Survey } from "../../shared/reader/survey/surveyRepository.ts";
import { bytesText, counted, countText } from "../../shared/words/numbers.ts";
import { say } from "../../shared/words/say.ts";
import { linkLines, rootLines } from "./rootTrouble.ts";
import { agoText, commandText, type Look, marked, unknown } from "./screen/look.ts";
import { tableLines } from "./screen/table.ts";
import { isComplete, type SurveyAnswer, type SurveyRow } from "./surveyAnswer.ts";
import { headText, ROWS_SHOWN } from "./verificationText.ts";

/** Number of missing catalogues, unreadable blobs and names of snapshots shown; programs get all. */
const LINES_SHOWN = 5;

/** Blobs that several snapshots share count for the size of each, and for nobody's own. */
const LEGEND = "SIZE: what a restore reads. OWN: what no other needs, its metadata included.";

/** One line per snapshot, then the unreferenced blobs, what is missing, and the next command; `place` is what the user called it. */
export function surveyText(survey: SurveyAnswer, look: Look, place: string): string {
  const { repository, snapshots } = survey;
  const head = `${headText(repository)} · ${counted(snapshots.length, "snapshot", "snapshots")}`;
  const columns = [
    { head: "NAME", name: true },
    { head: "STARTED" },
    { head: "STATE" },
    { head: "SIZE" },
    { head: "OWN" },
    { head: "DOCUMENTS", align: "right" as const },
    { head: "PROVEN" },
  ];
  const namesakes = namesakesOf(snapshots);
  const rows = snapshots
    .slice(0, ROWS_SHOWN)
    .map((row) => [
      namesakes.has(row.name) ? `${row.name} (${row.uuid})` : row.name,
      row.startTime === null ? unknown(look) : agoText(look, row.startTime),
      stateText(row, look),
      row.bytes === null ? unknown(look) : bytesText(row.bytes),
      row.ownBytes === null ? unknown(look) : bytesText(row.ownBytes),
      row.documents === null ? unknown(look) : countText(row.documents),
      provenText(row, look),
    ]);
  const left = snapshots.length - rows.length;
  const more = left > 0 ? [`… ${countText(left)} more (--json shows all)`] : [];
  const table = snapshots.length === 0 ? [] : [...tableLines(columns, rows, look), ...more, LEGEND];
  const trouble = rootLines({ root: repository.root, unlisted: survey.unlisted, namesakes }, look);
  return [head, ...table, ...trouble, orphansText(survey.orphans, look), ...faultLines(survey, look, place)].join("\n");
}

/** Of a whole table of snapshots that cannot be restored none may look like the others. */
const MARKS: Readonly<Record<Condition, string | undefined>> = {
  complete: undefined,
  failed: undefined,
  incomplete: "incomplete",
  damaged: "damaged",
  shallow: "shallow",
  mounted: "mounted index",
};

function stateText({ state, condition }: SurveyRow, look: Look): string {
  const mark = MARKS[condition];
  const known = state ?? (mark === undefined ? unknown(look) : undefined);
  const tone = condition === "mounted" ? "attention" : "bad";
  return [...(known === undefined ? [] : [known]), ...(mark === undefined ? [] : [marked(look, tone, mark)])].join(", ");
}

function provenText({ evidence }: SurveyRow, look: Look): string {
  if (!evidence) return unknown(look);
  const age = agoText(look, evidence.at);
  if (evidence.verdict === "whole") return marked(look, "good", `${evidence.level}, ${age}`);
  return marked(look, evidence.verdict === "unproven" ? "attention" : "bad", `${evidence.verdict}, ${age}`);
}

/** A running snapshot looks like orphans too, so their age is shown. */
function orphansText({ blobs, bytes, oldest, newest, certain }: Survey["orphans"], look: Look): string {
  if (blobs === 0) return "Orphans: none.";
  const ages = oldest && newest ? `, written ${agoText(look, oldest.toISOString())} to ${agoText(look, newest.toISOString())}` : "";
  const most = certain ? "" : "at most ";
  const what = "No snapshot refers to them: an interrupted snapshot, deletion or copy left them, or one is writing them now.";
  const fix = "ossnap never deletes them; when nothing writes here, Elasticsearch 7.4 and later do: POST _snapshot/REPOSITORY/_cleanup";
  return `Orphans: ${most}${counted(blobs, "blob", "blobs")}, ${bytesText(bytes)}${ages}. ${what} ${fix}`;
}

function faultLines(survey: SurveyAnswer, look: Look, place: string): string[] {
  const { repository, snapshots, writeNeeds, damaged } = survey;
  const gone = writeNeeds.missing;
  const unread = damaged.map(({ key, expected, found }) =>
    key === repository.root ? `${key}: expected ${expected}, found ${found}` : shownValue(key),
  );
  const faulty = snapshots.flatMap(({ name, fault }) => (fault ? `${shownValue(name)}: ${fault}` : []));
  const bad = (head: string, lines: readonly string[]) => (lines.length === 0 ? [] : [marked(look, "bad", head), ...shown(lines)]);
  const isFine = isComplete(survey);
  const lines = [
    ...missingLines(survey, look),
    ...conditionLines(survey, look),
    ...bad("The root's entries of these snapshots cannot be read, so none counts as a good one:", faulty),
    ...(gone.length === 0
      ? []
      : [marked(look, "attention", "No restore needs these blobs, but the next write does:"), ...shown(gone.map(shownValue))]),
    ...bad("These could not be read, so the sizes that depend on them are unknown:", unread),
    ...(repository.hidden ? [marked(look, "bad", say(repository.hidden))] : []),
    ...linkLines(survey.links, repository.hidden, isFine ? "attention" : "bad", look),
  ];
  if (!isFine) lines.push(`What is missing of each snapshot, and what helps: ${commandText(look, "verify", place)}`);
  if (repository.moved) lines.push(marked(look, "attention", "The root changed while it was read: run this again for a consistent view."));
  return lines;
}

function shown(texts: readonly string[]): string[] {
  const more = texts.length - LINES_SHOWN;
  return [
    ...texts.slice(0, LINES_SHOWN).map((text) => `    ${oneLine(text)}`),
    ...(more > 0 ? [`    ${countText(more)} more (--json shows all)`] : []),
  ];
}

/** Some of their indices may be whole, which only a verification finds out. */
function missingLines({ snapshots, lost, missingMetadata, missing }: SurveyAnswer, look: Look): string[] {
  const line = (what: string, count: (row: SurveyRow) => number) => {
    const spoilt = snapshots.filter((row) => count(row) > 0).map((row) => `${shownValue(row.name)} (${countText(count(row))})`);
    return marked(look, "bad", `Missing: ${what}, so these cannot be restored as a whole: ${namesText(spoilt)}`);
  };
  const keys = (blobs: readonly ({ key: string } & BlobPlace)[]) =>
    shown(blobs.map((blob) => `${placeText(blob)}  ${shownValue(blob.key)}`.trim()));
  const { blobs, withoutKey } = missingMetadata;
  const listsText = `    ${counted(withoutKey, "file list of a shard", "file lists of shards")}, of which only the number is known`;
  // What vanished while it was read is among the keys only.
  const most = Math.max(blobs, missing.length + withoutKey);
  return [
    ...(lost.blobs === 0
      ? []
      : [
          line(`${counted(lost.blobs, "data blob", "data blobs")} of ${bytesText(lost.bytes)}`, (row) => row.lostBlobs),
          ...keys(lost.named),
        ]),
    ...(most === 0 ? [] : [line(counted(most, "metadata blob", "metadata blobs"), (row) => row.missingMetadata), ...keys(missing)]),
    ...(withoutKey === 0 ? [] : [listsText]),
  ];
}

function namesText(names: readonly string[]): string {
  const more = names.length - LINES_SHOWN;
  return `${names.slice(0, LINES_SHOWN).join(", ")}${more > 0 ? ` and ${countText(more)} more` : ""}`;
}

/** What the listing shows of nothing missing, and is no good snapshot nevertheless. */
function conditionLines({ snapshots }: SurveyAnswer, look: Look): string[] {
  const names = (isOne: (row: SurveyRow) => boolean) => snapshots.filter(isOne).map(({ name }) => shownValue(name));
  const shallow = names(({ condition }) => condition === "shallow");
  const mounted = names(({ condition }) => condition === "mounted");
  const uncounted = names(({ condition, bytes, documents }) => condition === "complete" && bytes !== null && documents === null);
  const isElsewhere = "is in the remote store of their cluster and not in this repository, so they cannot be restored from here";
  const isMounted = "have an index that was mounted: it has no data of its own, and a restore needs the snapshot that was mounted";
  return [
    ...(mounted.length === 0 ? [] : [marked(look, "attention", `These snapshots ${isMounted}: ${namesText(mounted)}`)]),
    ...(shallow.length === 0 ? [] : [marked(look, "bad", `The data of these shallow snapshots ${isElsewhere}: ${namesText(shallow)}`)]),
    ...(uncounted.length === 0
      ? []
      : [marked(look, "attention", `The documents of these could not be counted from what was read: ${namesText(uncounted)}`)]),
  ];
}
