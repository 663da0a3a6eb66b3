import type { Created } from "../../shared/jobs/log.ts";
import { type FinalState, isFinal } from "../../shared/jobs/record.ts";
import type { World } from "../../shared/jobs/world.ts";
import { AppError } from "../../shared/model/errors.ts";
import type { Reason } from "../../shared/model/reason.ts";
import { printDuration } from "../../shared/repository/duration.ts";
import { advanceJob } from "../../shared/tick/advance.ts";
import { jobNow } from "../../shared/tick/jobNow.ts";
import { doneRow, type JobNow, type JobRow, type JobShown, openRow } from "../../shared/verbs/jobs/show.ts";
import { say } from "../../shared/words/say.ts";
import { type Answer, jsonLine } from "./answer.ts";
import { type Api, type ApiCall, path } from "./at/api.ts";
import { EXIT, type ExitCode, exitCodeOfJob, problem } from "./exitCodes.ts";
import { type Mover, moverOf, outlook } from "./mover.ts";
import { commandText, type Look, marked, type Tone } from "./screen/look.ts";
import type { Session } from "./session.ts";
import { type JobStatus, readJobStatus, watchJob } from "./wait.ts";

export interface ActingOptions {
  /** An idempotency key: repeating it yields the same job. */
  key?: string | undefined;
  /** Milliseconds to watch the job; it is not watched by default. */
  wait?: number | undefined;
}

/** The `--wait` of a line that is printed for later, as it was given now. */
export function waitWords(waitMs: number | undefined): string[] {
  return waitMs === undefined ? [] : [`--wait=${printDuration(waitMs)}`];
}

/** Work that a verb asks for: here through its `ask`, with `--at` through its route. */
export interface Asking {
  call: ApiCall;
  here(world: World): Promise<Created>;
  /** Of the request, where it takes a key. */
  fingerprint?: string;
}

/** Starts new work immediately; it continues without the command, and `--wait` watches it. A key used for another request is `invalid`. */
export async function begin(session: Session, asking: Asking, options: ActingOptions): Promise<Answer> {
  const { api } = session;
  if (api !== undefined) return beginAt(session, api, asking.call, options);
  const world = await session.world();
  return begun(session, world, await asking.here(world), { ...options, fingerprint: asking.fingerprint });
}

/** As {@link begin}, for work that was created here. */
export async function begun(
  session: Session,
  world: World,
  created: Created,
  options: ActingOptions & { fingerprint?: string | undefined },
): Promise<Answer> {
  const known = created.outcome === "done" ? created.done.fingerprint : created.job.intent.fingerprint;
  if (options.key !== undefined && created.outcome !== "created" && known !== undefined && known !== options.fingerprint)
    throw new AppError("invalid", "--key: was used for another request before; use a new key, or none");
  if (created.outcome === "created") await advanceJob(world, created.job.id);
  if (created.outcome === "done") return jobAnswer(doneRow(created.done), "known");
  const { id } = created.job;
  if (options.wait === undefined)
    return jobAnswer((await readJobStatus(world, id))?.row ?? openRow(created.job), created.outcome === "open" ? "known" : "begun");
  return waited(session, watchedHere(world), openRow(created.job), options.wait);
}

/** The function has started it; what it has done since is asked of it, too. */
async function beginAt(session: Session, api: Api, call: ApiCall, { key, wait }: ActingOptions): Promise<Answer> {
  const { body, isReplayed } = await api({ ...call, key });
  const row = body as JobRow;
  if (isReplayed && isFinal(row.state)) return jobAnswer(row, "known");
  if (wait === undefined) return jobAnswer(row, isReplayed ? "known" : "begun");
  return waited(session, watchedAt(api), row, wait);
}

/** How a job is watched. */
interface Watching {
  status(id: string): Promise<JobStatus | undefined>;
  now(id: string): Promise<JobNow | undefined>;
  mover(id: string): Promise<Mover>;
}

function watchedHere(world: World): Watching {
  return { status: (id) => readJobStatus(world, id), now: (id) => jobNow(world, id), mover: (id) => moverOf(world, id) };
}

function watchedAt(api: Api): Watching {
  const shown = async (id: string, query = {}) =>
    (await api({ method: "GET", path: path`/jobs/${id}`, query }, { paused: false })).body as JobShown;
  return {
    async status(id) {
      const { history: _history, now: _now, ...row } = await shown(id);
      return { row, over: isFinal(row.state) };
    },
    now: async (id) => (await shown(id, { look: "true" })).now,
    // Who asks the functions has them.
    mover: async () => "functions",
  };
}

async function waited(session: Session, watching: Watching, first: JobRow, waitMs: number): Promise<Answer> {
  const { terminal } = session;
  const controller = new AbortController();
  const stop = () => controller.abort();
  process.once("SIGINT", stop);
  const report = (row: JobRow, text = say(row.reason)) => {
    if (terminal.json) void terminal.answer(progressLine(row, terminal.look()));
    terminal.progress(`${row.id}  ${row.state}  ${text}`);
  };
  let waitsFor = "";
  try {
    const { end, row = first } = await watchJob(() => watching.status(first.id), {
      waitMs,
      signal: controller.signal,
      onTrouble: (message) => terminal.note(`reading the state again: ${message}`),
      onChange: (row) => report(row),
      async onQuiet(row) {
        const now = await watching.now(row.id).catch(() => undefined);
        const before = waitsFor;
        waitsFor = now?.does === "waits" && say(now.reason) !== say(row.reason) ? waitsText(now.reason) : "";
        if (now && waitsFor !== "" && waitsFor !== before) report({ ...row, reason: now.reason }, waitsFor);
      },
    });
    return jobAnswer(row, end, { waitsFor, ...(end === "over" ? {} : { mover: await watching.mover(row.id) }) });
  } finally {
    process.off("SIGINT", stop);
  }
}

function progressLine({ id, state, reason, at }: JobRow, { program }: Look): string {
  return jsonLine({ type: "progress", job: id, state, reason, text: say(reason), at }, program);
}

const UNWATCHED = { timeout: "Not over: the wait timed out.", interrupted: "Stopped watching." };
type Stage = "begun" | "known" | "over" | "timeout" | "interrupted";

/** `waits: …`, once. */
export function waitsText(why: Reason): string {
  const sentence = say(why);
  return sentence.startsWith("waits: ") ? sentence : `waits: ${sentence}`;
}

interface Seen {
  /** A sentence, or "" where nothing is waited for. */
  waitsFor?: string;
  mover?: Mover;
}

function jobAnswer(row: JobRow, stage: Stage, seen: Seen = {}): Answer {
  const exitCode = exitCodeOf(row, stage);
  const answer = { schema: "job/1", data: row, exitCode, text: (look: Look) => jobText(row, stage, look, seen) };
  if (stage !== "interrupted") return answer;
  return { ...answer, problem: problem("interrupted", `job ${row.id} was not stopped, only watching it was`, { job: row }) };
}

function exitCodeOf(row: JobRow, stage: Stage): ExitCode {
  if (stage === "timeout") return EXIT.stillRunning;
  if (stage === "interrupted") return EXIT.interrupted;
  return isFinal(row.state) ? exitCodeOfJob(row.state, row.reason) : EXIT.ok;
}

/** The job's result, and how to inspect or cancel it. */
export function jobText(row: JobRow, stage: Stage, look: Look, { waitsFor = "", mover = "functions" }: Seen = {}): string {
  const over = isFinal(row.state);
  const lines = [
    `${row.id}  ${row.about}`,
    over ? `${marked(look, toneOf(row.state), row.state)}: ${say(row.reason)}` : `${row.state}: ${say(row.reason)}`,
  ];
  if (stage === "known")
    lines.push(
      over ? `This job was done before, at ${row.at}; nothing new was started.` : "This job is open already; nothing new was started.",
    );
  if (!over && waitsFor !== "") lines.push(waitsFor);
  lines.push(...meanwhileLine(row));
  if (stage === "timeout" || stage === "interrupted") lines.push(UNWATCHED[stage], ...outlook(mover, look));
  if (!over) lines.push(`Show: ${commandText(look, "jobs", "show", row.id)}`, `Stop: ${commandText(look, "jobs", "cancel", row.id)}`);
  return lines.join("\n");
}

export function meanwhileLine({ meanwhile }: JobRow): string[] {
  return meanwhile ? [say(meanwhile)] : [];
}

export function toneOf(state: string): Tone {
  if (!isFinal(state)) return "none";
  const tones: Record<FinalState, Tone> = { done: "good", failed: "bad", refused: "bad", cancelled: "attention", skipped: "attention" };
  return tones[state];
}
