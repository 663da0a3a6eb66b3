import { isFinal } from "../../../shared/jobs/record.ts";
import { AppError } from "../../../shared/model/errors.ts";
import type { JobKindName } from "../../../shared/model/jobId.ts";
import { shownValue } from "../../../shared/model/plainText.ts";
import { jobNow } from "../../../shared/tick/jobNow.ts";
import { cancelJob, resumeJob } from "../../../shared/verbs/jobs/ask.ts";
import { type JobNow, type JobRow, type JobShown, listJobsAndUnread, showJob, type UnreadRow } from "../../../shared/verbs/jobs/show.ts";
import type { RestoredBeside } from "../../../shared/verbs/restore/types.ts";
import { bytesText, counted, countText } from "../../../shared/words/numbers.ts";
import { say } from "../../../shared/words/say.ts";
import type { Answer } from "../answer.ts";
import { path } from "../at/api.ts";
import { ask, askList } from "../at/ask.ts";
import { meanwhileLine, toneOf, waitsText } from "../begin.ts";
import { EXIT } from "../exitCodes.ts";
import { onScreen } from "../screen/layout.ts";
import { agoText, commandText, type Look, marked } from "../screen/look.ts";
import { tableLines } from "../screen/table.ts";
import type { Session } from "../session.ts";

export interface JobsOptions {
  open: boolean;
  kind: JobKindName | undefined;
  /** Finished ones of each kind. */
  limit: number | undefined;
}

export async function jobs(session: Session, { open, kind, limit }: JobsOptions): Promise<Answer> {
  const question = { open, ...(kind === undefined ? {} : { kind }), ...(limit === undefined ? {} : { limit }) };
  const call = { method: "GET", path: "/jobs", query: { kind, limit, ...(open ? { open: "true" } : {}) } } as const;
  const { rows, warnings } = await askList<JobRow, UnreadRow>(session, call, async (world) => {
    const { rows: found, unread } = await listJobsAndUnread(world, question);
    return { rows: found, warnings: unread };
  });
  const text = (look: Look) => [...unreadLines(warnings, look), jobsText(rows, look, { open, kind })].join("\n");
  return { schema: "jobs/1", data: rows, warnings, exitCode: EXIT.ok, text };
}

export async function showOne(session: Session, id: string): Promise<Answer> {
  const call = { method: "GET", path: path`/jobs/${id}`, query: { look: "true" } } as const;
  const job = await ask(session, call, (world) => showJob(world, id, jobNow));
  return { schema: "job/1", data: job, exitCode: EXIT.ok, text: (look) => historyText(job, look) };
}

/** Jobs whose records cannot be read. */
export function unreadLines(unread: readonly UnreadRow[], look: Look): string[] {
  return unread.map(({ reason }) => marked(look, "bad", say(reason)));
}

/** Prompts first when a user can answer; otherwise `--yes` is required. */
export async function cancel(session: Session, { id, ...options }: { id: string; yes: boolean }): Promise<Answer> {
  const { terminal } = session;
  if (!options.yes && !terminal.canAsk())
    throw new AppError("invalid", "jobs cancel: this is not a terminal, so no one can confirm; add --yes");
  const at = path`/jobs/${id}`;
  const before = await ask(session, { method: "GET", path: at }, (world) => showJob(world, id));
  if (isFinal(before.state)) return cancelled(before, "is finished already");
  if (!options.yes && !(await terminal.ask(`Cancel ${before.id} (${before.about})? ${undone(before)}.`)))
    return cancelled(before, "was not cancelled");
  const row = await ask(session, { method: "DELETE", path: at }, (world) => cancelJob(world, id, session.asked), { paused: false });
  return isFinal(row.state) ? cancelled(row, "is finished already") : cancelled(row, undefined);
}

/** Lets a job that waits for a person go on. */
export async function resumeOne(session: Session, id: string): Promise<Answer> {
  const call = { method: "POST", path: path`/jobs/${id}/resume` } as const;
  const row = await ask(session, call, (world) => resumeJob(world, id, session.asked));
  const text = (look: Look) =>
    `${marked(look, "good", `${row.id} continues: ${say(row.reason)}.`)}\nSee: ${commandText(look, "jobs", "show", row.id)}`;
  return { schema: "job/1", data: row, exitCode: EXIT.ok, text };
}

/** Blobs that were copied spare the next copy the work. */
function undone({ kind }: Pick<JobRow, "kind">): string {
  return kind === "copy"
    ? "What it copied stays, and the next copy lists again what this one took off the destination's list"
    : "Its unfinished work is undone";
}

function cancelled(row: JobRow, whyNot: string | undefined): Answer {
  const text = (look: Look) =>
    whyNot === undefined
      ? `${marked(look, "good", `cancellation of ${row.id} requested. ${undone(row)}.`)}\nSee: ${commandText(look, "jobs", "show", row.id)}`
      : `${marked(look, "attention", `${row.id} ${whyNot}; nothing was changed`)}\n${row.state}: ${say(row.reason)}`;
  return { schema: "job/1", data: row, exitCode: whyNot === undefined ? EXIT.ok : EXIT.refused, text };
}

/** Jobs that wait months for their date; without trouble they are counted, not listed. */
export const isKept = ({ kind, reason }: JobRow) => kind === "retire" && reason.code === "retire.kept";

/** What was asked for, and the columns that there are for the answer. */
type Listed = Partial<Pick<JobsOptions, "open" | "kind">> & { width?: number };

/** Open jobs and finished ones, each with its reason on a line of its own; kept indices are summed up unless `retire` jobs were asked for. */
export function jobsText(rows: readonly JobRow[], look: Look, asked: Listed = {}): string {
  const { kind, width } = asked;
  const isOpen = ({ state }: JobRow) => !isFinal(state);
  const kept = kind === "retire" ? [] : rows.filter((row) => isOpen(row) && isKept(row));
  const open = rows.filter((row) => isOpen(row) && !kept.includes(row));
  const over = rows.filter((row) => !isOpen(row));
  if (open.length + over.length === 0) return [noneText(asked, kept.length > 0, look), ...keptLines(kept, look)].join("\n");
  return [
    ...(open.length === 0 ? [] : jobLines(open, "REQUESTED", ({ since }) => since, look, width)),
    ...(open.length > 0 && over.length > 0 ? [""] : []),
    ...(over.length === 0 ? [] : jobLines(over, "ENDED", ({ at }) => at, look, width)),
    ...keptLines(kept, look),
  ].join("\n");
}

/** Without open jobs the finished ones are what a reader looks for next. */
function noneText({ open, kind }: Listed, hasKept: boolean, look: Look): string {
  const of = kind === undefined ? "" : ` of kind ${kind}`;
  if (!open) return hasKept ? "No other jobs." : `No jobs${of} yet.`;
  return `No ${hasKept ? "other " : ""}open jobs${of}. To list the finished ones:  ${commandText(look, "jobs", ...(kind === undefined ? [] : ["--kind", kind]))}`;
}

function jobLines(rows: readonly JobRow[], head: string, timeOf: (row: JobRow) => string, look: Look, width?: number): string[] {
  const columns = [{ head: "ID", name: true }, { head: "ABOUT", name: true }, { head: "STATE" }, { head }, { head: "BY", name: true }];
  const cells = (row: JobRow) => [row.id, row.about, stateWord(row, look), agoText(look, timeOf(row)), shortBy(row)];
  return tableLines(
    columns,
    rows.map((row) => ({ cells: cells(row), below: [say(row.reason), ...meanwhileLine(row)] })),
    look,
    width,
  );
}

/** The names of timers and events repeat the job's id. */
function shortBy({ askedBy, by }: JobRow): string {
  return askedBy === "person" ? by : askedBy;
}

/** How many indices are kept, and when the next one is deleted. */
export function keptLines(kept: readonly JobRow[], look: Look): string[] {
  if (kept.length === 0) return [];
  const dates = kept.map(({ reason }) => String(reason.params.until ?? "")).sort();
  const next = dates[0] ? `, next deletion ${clockText(dates[0])} UTC` : "";
  const list = commandText(look, "jobs", "--kind", "retire");
  return [`${counted(kept.length, "kept index", "kept indices")}${next}. To list them:  ${list}`];
}

function stateWord({ state }: JobRow, look: Look): string {
  return isFinal(state) ? marked(look, toneOf(state), state) : state;
}

function stateText(row: JobRow, look: Look): string {
  return `${stateWord(row, look)}: ${say(row.reason)}`;
}

/** Who requested the job, its current state and its history, one line per record, times in UTC; checks without change leave no record. */
export function historyText(job: JobShown, look: Look): string {
  const request = job.history[0]?.request;
  const asked = `requested by ${askedText(job)}, ${agoText(look, job.since)}${request === undefined ? "" : `, request ${request}`}`;
  const head = [
    `${job.id}  ${job.about}`,
    asked,
    stateText(job, look),
    ...meanwhileLine(job),
    ...addedLine(job),
    ...restoredLines(job, look),
    ...(job.now ? [nowText(job.now, look)] : []),
  ];
  const columns = [{ head: "TIME (UTC)" }, { head: "STATE" }, { head: "BY", name: true }, { head: "WHAT", sentence: true }];
  const rows = job.history.map(({ at, state, reason, claim, by }) => [
    clockText(at),
    state,
    by,
    claim ? `${say(reason)} (${claim.effect}, attempt ${claim.attempt})` : say(reason),
  ]);
  return [...head, ...(rows.length === 0 ? [] : tableLines(columns, rows, look))].join("\n");
}

/** What a finished backup added to its repository. */
function addedLine({ kind, result }: JobShown): string[] {
  const { bytes } = (result ?? {}) as { bytes?: unknown };
  return kind === "backup" && typeof bytes === "number" ? [`added ${bytesText(bytes)} to the repository`] : [];
}

/** A record of an earlier version has no mapping. */
type RestoredRow = { index: string; as: string; documents: number | null } & RestoredBeside;

/** What a finished restore made of each index. */
function restoredLines({ kind, result }: JobShown, look: Look): string[] {
  const { indices = [] } = (result ?? {}) as { indices?: readonly RestoredRow[] };
  const shown = kind === "restore" ? indices.filter(({ documents }) => documents !== null) : [];
  return shown.map(({ index, as, documents, mapping, source }) => {
    const name = index === as ? shownValue(index) : `${shownValue(index)} as ${shownValue(as)}`;
    const from = typeof source?.documents === "number" ? `, source: ${countText(source.documents)}` : "";
    return onScreen(`${name}: ${counted(documents ?? 0, "document", "documents")}${mappingText(mapping)}${from}`, look);
  });
}

function mappingText(mapping: RestoredBeside["mapping"]): string {
  if (mapping === undefined) return "";
  const { hash, inSnapshot } = mapping;
  if (inSnapshot === undefined) return `, mapping ${hash}`;
  return inSnapshot === hash ? `, mapping ${hash} as in the snapshot` : `, mapping ${hash}, in the snapshot ${inSnapshot}`;
}

const ASKED_BY: Readonly<Record<JobRow["askedBy"], string>> = {
  timer: "its timer",
  event: "an event",
  person: "a person",
  ossnap: "ossnap",
};

function askedText({ askedBy, by }: JobRow): string {
  return by.startsWith(askedBy) ? by : `${ASKED_BY[askedBy]}: ${by}`;
}

/** Waiting leaves no record, so this shows the result of a check made just now. */
function nowText({ does, reason, givesUpAt }: JobNow, look: Look): string {
  if (does === "moves") return `next: ${say(reason)}`;
  const until = givesUpAt === undefined ? "" : `; checked again each minute, gives up at ${clockText(givesUpAt)} UTC`;
  return marked(look, "attention", `${waitsText(reason)}${until}`);
}

function clockText(at: string): string {
  return at.replace("T", " ").replace(/(\.\d+)?Z$/, "");
}
