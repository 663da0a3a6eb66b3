import { isFinal } from "../../../shared/jobs/record.ts";
import { AppError } from "../../../shared/model/errors.ts";
import type { JobKindName } from "../../../shared/model/jobId.ts";
import { jobNow } from "../../../shared/tick/jobNow.ts";
import { cancelJob } from "../../../shared/verbs/jobs/ask.ts";
import { type JobNow, type JobRow, type JobShown, listJobs, showJob } from "../../../shared/verbs/jobs/show.ts";
import { say } from "../../../shared/words/say.ts";
import type { Answer } from "../answer.ts";
import { toneOf } from "../begin.ts";
import { EXIT } from "../exitCodes.ts";
import { agoText, commandText, type Look, marked } from "../look.ts";
import type { Session } from "../session.ts";
import { tableLines } from "../table.ts";

export interface JobsOptions {
  open: boolean;
  kind: JobKindName | undefined;
}

export async function jobs(session: Session, { open, kind }: JobsOptions): Promise<Answer> {
  const rows = await listJobs(await session.world(), { open, ...(kind === undefined ? {} : { kind }) });
  return { schema: "jobs/1", data: rows, exitCode: EXIT.ok, text: (look) => jobsText(rows, look) };
}

export async function showOne(session: Session, id: string): Promise<Answer> {
  const job = await showJob(await session.world(), id, jobNow);
  return { schema: "job/1", data: job, exitCode: EXIT.ok, text: (look) => historyText(job, look) };
}

/** Prompts first when a user can answer; otherwise `--yes` is required. */
export async function cancel(session: Session, { id, ...options }: { id: string; yes: boolean }): Promise<Answer> {
  const { terminal } = session;
  if (!options.yes && !terminal.canAsk()) throw new AppError("invalid", "jobs cancel: there is nobody to ask here; add --yes");
  const world = await session.world();
  const before = await showJob(world, id);
  if (isFinal(before.state)) return cancelled(before, "is over already");
  if (!options.yes && !(await terminal.ask(`Cancel ${before.id} (${before.about})? What it began is taken back.`)))
    return cancelled(before, "was left alone");
  const row = await cancelJob(world, id, session.asked);
  return isFinal(row.state) ? cancelled(row, "is over already") : cancelled(row, undefined);
}

function cancelled(row: JobRow, whyNot: string | undefined): Answer {
  const text = (look: Look) =>
    whyNot === undefined
      ? marked(look, "good", `${row.id} was asked to stop; what it began is taken back. See: ${commandText(look, "jobs", "show", row.id)}`)
      : marked(look, "attention", `${row.id} ${whyNot}: ${row.state}, ${say(row.reason)}. Nothing was changed.`);
  return { schema: "job/1", data: row, exitCode: whyNot === undefined ? EXIT.ok : EXIT.refused, text };
}

export function jobsText(rows: readonly JobRow[], look: Look): string {
  if (rows.length === 0) return "No jobs.";
  const columns = ["ID", "KIND", "ABOUT", "STATE", "SINCE", "BY"].map((head) => ({ head }));
  return tableLines(
    columns,
    rows.map((row) => [row.id, row.kind, row.about, stateText(row, look), agoText(look, row.since), row.by]),
  ).join("\n");
}

function stateText({ state, reason }: JobRow, look: Look): string {
  return isFinal(state) ? marked(look, toneOf(state), `${state}: ${say(reason)}`) : `${state}: ${say(reason)}`;
}

/** Who requested the job, its current state and its history, one line per record, times in UTC; checks without change leave no record. */
export function historyText(job: JobShown, look: Look): string {
  const request = job.history[0]?.request;
  const asked = `asked by ${askedText(job)}, ${agoText(look, job.since)}${request === undefined ? "" : `, request ${request}`}`;
  const head = [`${job.id}  ${job.about}`, asked, stateText(job, look), ...(job.now ? [nowText(job.now, look)] : [])];
  const columns = ["TIME (UTC)", "STATE", "WHAT", "BY"].map((title) => ({ head: title }));
  const rows = job.history.map(({ at, state, reason, claim, by }) => [
    clockText(at),
    state,
    claim ? `${say(reason)} (${claim.effect}, attempt ${claim.attempt})` : say(reason),
    by,
  ]);
  return [...head, ...(rows.length === 0 ? [] : tableLines(columns, rows))].join("\n");
}

const ASKED_BY: Readonly<Record<JobRow["askedBy"], string>> = {
  timer: "its timer",
  event: "an event",
  person: "a person",
  ossnap: "ossnap itself",
};

function askedText({ askedBy, by }: JobRow): string {
  return by.startsWith(askedBy) ? by : `${ASKED_BY[askedBy]}: ${by}`;
}

/** Waiting leaves no record, so this shows the result of a check made just now. */
function nowText({ does, reason, givesUpAt }: JobNow, look: Look): string {
  const sentence = say(reason);
  if (does === "moves") return `next: ${sentence}`;
  const until = givesUpAt === undefined ? "" : `; looks again each minute, gives up at ${clockText(givesUpAt)} UTC`;
  return marked(look, "attention", `${sentence.startsWith("waits: ") ? "" : "waits: "}${sentence}${until}`);
}

function clockText(at: string): string {
  return at.replace("T", " ").replace(/(\.\d+)?Z$/, "");
}
