import { oneLine } from "../../shared/model/plainText.ts";
import type { Reason } from "../../shared/model/reason.ts";
import type { RootCatalogue } from "../../shared/model/repository.ts";
import { newestFirst } from "../../shared/plan/newestFirst.ts";
import { type BlobPlace, blobPlace, placeText } from "../../shared/proof/blobPlace.ts";
import { namesakesOf, type Unlisted, unlistedOf } from "../../shared/proof/rootFaults.ts";
import type { Evidence } from "../../shared/reader/evidence.ts";
import type { Survey } from "../../shared/reader/survey/surveyRepository.ts";
import { bytesText, counted, countText } from "../../shared/words/numbers.ts";
import { say } from "../../shared/words/say.ts";
import { rootLines } from "./rootTrouble.ts";
import { agoText, type Look, marked, unknown } from "./screen/look.ts";
import { tableLines } from "./screen/table.ts";
import { formatOf, headText } from "./verification.ts";

/** Number of missing catalogues and unreadable blobs shown; programs get all. */
const LINES_SHOWN = 5;

/** Of the newest snapshots; a root of a few megabytes may list hundreds of thousands, and nobody reads them on a screen. */
const ROWS_SHOWN = 10_000;

export interface SurveyRow {
  name: string;
  uuid: string;
  state: string | null;
  version: string | null;
  startTime: string | null;
  /** Bytes that a restore reads, including the root. */
  bytes: number | null;
  /** Bytes freed by deleting this snapshot alone. */
  ownBytes: number | null;
  documents: number | null;
  /** Data blobs that it needs and the bucket lacks. */
  lostBlobs: number;
  indices: string[];
  /** What is wrong with its entry in the root; it is not taken for a good one. */
  fault?: string;
  evidence: Pick<Evidence, "verdict" | "level" | "generation" | "at"> | null;
}

/** The data of `snapshots <url> --json`. */
export interface SurveyAnswer {
  repository: { url: string; generation: number; root: string; format: string; moved: boolean; hidden?: Reason };
  /** Newest first. */
  snapshots: SurveyRow[];
  orphans: Survey["orphans"];
  writeNeeds: { total: number; missing: string[] };
  /** Data blobs that file lists name and the bucket lacks, or has with another size. */
  lost: { blobs: number; bytes: number; named: (Survey["lost"]["named"][number] & BlobPlace)[] };
  missing: Survey["missing"];
  damaged: Survey["damaged"];
  /** Uuids that indices of the root name and its list lacks; absent if there are none. */
  unlisted?: Unlisted;
  requests: Survey["requests"];
}

/** `evidence` by uuid: verdicts on these blobs, not on copies of them elsewhere. */
export function surveyOf(url: string, survey: Survey, evidence: ReadonlyMap<string, Evidence>): SurveyAnswer {
  const { root, moved, hidden, orphans, writeNeeds, lost, missing, damaged, requests } = survey;
  const unlisted = unlistedOf(root);
  const rows = survey.snapshots.map((snapshot) => rowOf(snapshot, evidence.get(snapshot.uuid)));
  return {
    repository: { ...headOf(url, root), moved, ...(hidden && { hidden }) },
    snapshots: newestFirst(rows, ({ startTime, name }) => ({ time: startTime ?? "", name })),
    orphans,
    writeNeeds: { total: writeNeeds.length, missing: writeNeeds.flatMap(({ key, there }) => (there ? [] : key)) },
    lost: { blobs: lost.blobs, bytes: lost.bytes, named: lost.named.map((blob) => ({ ...blob, ...blobPlace(blob.key, root.indices) })) },
    missing,
    damaged,
    ...(unlisted.count > 0 && { unlisted }),
    requests,
  };
}

function headOf(url: string, root: RootCatalogue): { url: string; generation: number; root: string; format: string } {
  return { url, generation: root.generation, root: root.key, format: formatOf(root) };
}

function rowOf(snapshot: Survey["snapshots"][number], proven: Evidence | undefined): SurveyRow {
  const { name, uuid, state, version, startTime, bytes, ownBytes, documents, lostBlobs, indices, fault } = snapshot;
  return {
    name,
    uuid,
    state: state ?? null,
    version: version ?? null,
    startTime: startTime?.toISOString() ?? null,
    bytes: bytes ?? null,
    ownBytes: ownBytes ?? null,
    documents: documents ?? null,
    lostBlobs,
    indices,
    ...(fault !== undefined && { fault }),
    evidence: proven ? { verdict: proven.verdict, level: proven.level, generation: proven.generation, at: proven.at } : null,
  };
}

/** Blobs that several snapshots share count for the size of each, and for nobody's own. */
const LEGEND = "SIZE: what a restore reads. OWN: what no other needs, its metadata included.";

/** One line per snapshot, then the unreferenced blobs and the blobs that a later write would miss. */
export function surveyText(survey: SurveyAnswer, look: Look): string {
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
      row.state ?? unknown(look),
      row.bytes === null ? unknown(look) : bytesText(row.bytes),
      row.ownBytes === null ? unknown(look) : bytesText(row.ownBytes),
      row.documents === null ? unknown(look) : countText(row.documents),
      provenText(row, look),
    ]);
  const left = snapshots.length - rows.length;
  const more = left > 0 ? [`… ${countText(left)} more (--json shows all)`] : [];
  const table = snapshots.length === 0 ? [] : [...tableLines(columns, rows, look), ...more, LEGEND];
  const trouble = rootLines({ root: repository.root, unlisted: survey.unlisted, namesakes }, look);
  return [head, ...table, ...trouble, orphansText(survey.orphans, look), ...faultLines(survey, look)].join("\n");
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

function faultLines({ repository, snapshots, writeNeeds, lost, missing, damaged }: SurveyAnswer, look: Look): string[] {
  const gone = writeNeeds.missing;
  const unread = [...missing, ...damaged].map(({ key }) => key);
  const shown = (keys: readonly string[]) => [
    ...keys.slice(0, LINES_SHOWN).map((key) => `    ${oneLine(key)}`),
    ...(keys.length > LINES_SHOWN ? [`    ${countText(keys.length - LINES_SHOWN)} more (--json shows all)`] : []),
  ];
  const faulty = snapshots.flatMap(({ name, fault }) => (fault ? `${name}: ${fault}` : []));
  const spoilt = snapshots
    .filter(({ lostBlobs }) => lostBlobs > 0)
    .map(({ name, lostBlobs }) => `${oneLine(name)} (${countText(lostBlobs)})`);
  const lostText = `Missing: ${counted(lost.blobs, "data blob", "data blobs")} of ${bytesText(lost.bytes)}, so these cannot be restored: ${spoilt.join(", ")}`;
  return [
    ...(lost.blobs === 0 ? [] : [marked(look, "bad", lostText), ...shown(lost.named.map((blob) => `${placeText(blob)}  ${blob.key}`))]),
    ...(faulty.length === 0
      ? []
      : [marked(look, "bad", "The root's entries of these snapshots cannot be read, so none is taken for a good one:"), ...shown(faulty)]),
    ...(gone.length === 0 ? [] : [marked(look, "attention", "No restore needs these blobs, but the next write does:"), ...shown(gone)]),
    ...(unread.length === 0
      ? []
      : [marked(look, "bad", "These could not be read, so the sizes that depend on them are unknown:"), ...shown(unread)]),
    ...(repository.hidden ? [marked(look, "bad", say(repository.hidden))] : []),
    ...(repository.moved ? [marked(look, "attention", "The root changed while it was read: run this again for a consistent view.")] : []),
  ];
}
