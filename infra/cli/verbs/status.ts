import { shownValue } from "../../../shared/model/plainText.ts";
import { parseSnapshotName } from "../../../shared/model/snapshotName.ts";
import { noticeSentence } from "../../../shared/notices/noticeText.ts";
import type { Undelivered } from "../../../shared/notices/undelivered.ts";
import { type JobRow, listJobsAndUnread, type UnreadRow } from "../../../shared/verbs/jobs/show.ts";
import { type ClusterCoverage, type OpenNotice, type PolicyNow, type Status, showStatus } from "../../../shared/verbs/status/show.ts";
import { bytesText, counted } from "../../../shared/words/numbers.ts";
import { say } from "../../../shared/words/say.ts";
import type { Answer } from "../answer.ts";
import { ask } from "../at/ask.ts";
import { EXIT } from "../exitCodes.ts";
import { COLUMNS } from "../screen/layout.ts";
import { agoText, commandText, type Look, marked } from "../screen/look.ts";
import type { Session } from "../session.ts";
import { isKept, jobsText, keptLines, unreadLines } from "./jobs.ts";
import { slotTimes } from "./reachText.ts";

/** What is late, open, uncovered and next. */
export async function status(session: Session): Promise<Answer> {
  const shown = await ask(session, { method: "GET", path: "/status" }, async (world) =>
    showStatus(world, await listJobsAndUnread(world, { open: true })),
  );
  // As `repositories`, whose answer is not whole either without a cluster.
  const isWhole = shown.coverage.every(({ uncovered }) => uncovered !== undefined);
  return { schema: "status/1", data: shown, exitCode: isWhole ? EXIT.ok : EXIT.failed, text: (look) => statusText(shown, look) };
}

const INDENT = "  ";
/** More names would hide the rest; `--json` has all. */
const NAMES_SHOWN = 10;

type Shown = Status<JobRow, UnreadRow>;

function statusText(shown: Shown, look: Look): string {
  const { late, open, unread, coverage, policies, undelivered, damaged = [] } = shown;
  return [
    ...headLines(shown, look),
    ...late.map((one) => noticeLine(one, look)),
    ...undelivered.map((one) => undeliveredLine(one, look)),
    ...unreadLines(unread, look),
    ...damaged.map((one) => marked(look, "attention", say(one))),
    ...openLines(open, look),
    ...coverage.flatMap((one) => coverageLine(one, look)),
    ...(policies.length === 0 ? ["No backup policies."] : ["Backups:", ...policies.map((one) => policyLine(one, look))]),
  ].join("\n");
}

/** The first line says that all is well only if every line below says so too. */
function headLines(shown: Shown, look: Look): string[] {
  if (shown.late.length > 0) return [...pausedLines(shown, look), "Reported and not over:"];
  const below = concerns(shown);
  const none = "Nothing is late or reported";
  return [
    below.length === 0 ? marked(look, "good", `${none}.`) : marked(look, "attention", `${none}, but see below: ${below.join(", ")}.`),
    ...pausedLines(shown, look),
  ];
}

function pausedLines({ paused }: Shown, look: Look): string[] {
  return paused ? [marked(look, "attention", `ossnap is paused: nothing is started. To go on:  ${commandText(look, "resume")}`)] : [];
}

/** What is not well though no notice reports it. */
function concerns({ paused, undelivered, unread, open, coverage, policies, damaged = [] }: Shown): string[] {
  const troubled = open.filter(({ isTrouble }) => isTrouble).length;
  const unknown = coverage.filter(({ uncovered }) => uncovered === undefined).map(({ cluster }) => cluster);
  const uncovered = coverage.filter((one) => one.policies.length > 0 && (one.uncovered ?? []).length > 0).map(({ cluster }) => cluster);
  const broken = policies.filter(({ newest }) => newest?.broken).map(({ policy }) => policy);
  const deleted = policies.filter(({ newest }) => newest?.deleted).map(({ policy }) => policy);
  const unproven = policies.filter(({ newest }) => newest?.unproven).map(({ policy }) => policy);
  const unreadProofs = policies.filter(({ newest }) => newest?.unread).map(({ policy }) => policy);
  const failed = policies.filter(({ last }) => last && last.state !== "done").map(({ policy }) => policy);
  return [
    ...(paused ? ["paused"] : []),
    ...(undelivered.length > 0 ? [counted(undelivered.length, "notice not delivered", "notices not delivered")] : []),
    ...(unread.length > 0 ? [counted(unread.length, "job that cannot be read", "jobs that cannot be read")] : []),
    ...(damaged.length > 0 ? [counted(damaged.length, "damaged record of the state", "damaged records of the state")] : []),
    ...(troubled > 0 ? [counted(troubled, "job in trouble", "jobs in trouble")] : []),
    ...(unknown.length > 0 ? [`coverage unknown on ${unknown.join(", ")}`] : []),
    ...(uncovered.length > 0 ? [`not everything covered on ${uncovered.join(", ")}`] : []),
    ...(broken.length > 0 ? [`newest snapshot of ${broken.join(", ")} not good`] : []),
    ...(deleted.length > 0 ? [`newest snapshot of ${deleted.join(", ")} deleted`] : []),
    ...(unproven.length > 0 ? [`newest snapshot of ${unproven.join(", ")} not proven`] : []),
    ...(unreadProofs.length > 0 ? [`proofs of the newest snapshot of ${unreadProofs.join(", ")} unreadable`] : []),
    ...(failed.length > 0 ? [`last slot of ${failed.join(", ")} without a good snapshot`] : []),
  ];
}

function undeliveredLine({ key, status, at, channels }: Undelivered, look: Look): string {
  const what = status === "resolved" ? `the end of ${shownValue(key)}` : shownValue(key);
  return marked(
    look,
    "attention",
    `Not delivered yet to ${channels.join(", ")}: ${what}, reported ${agoText(look, at)}; tried again at least every hour`,
  );
}

/** Jobs that only keep an index until its date are no work. */
function openLines(open: readonly JobRow[], look: Look): string[] {
  if (open.every(isKept)) return ["No open jobs.", ...keptLines(open, look)];
  return ["Open jobs:", ...indented(jobsText(open, look, { width: COLUMNS - INDENT.length }))];
}

const indented = (text: string) => text.split("\n").map((line) => INDENT + line);

function noticeLine({ key, severity, since, reason }: OpenNotice, look: Look): string {
  // A notice may send its reader here, who is here already.
  const { more, ...params } = reason.params;
  const text = noticeSentence(key, more === "wayOut.status" ? { ...reason, params } : reason, say);
  return `${INDENT}${marked(look, severity === "bad" ? "bad" : "attention", `${text} (since ${agoText(look, since)})`)}`;
}

function coverageLine({ cluster, policies, uncovered, excluded = [], fault }: ClusterCoverage, look: Look): string[] {
  if (uncovered === undefined) return [marked(look, "attention", `${cluster}: coverage is unknown: ${fault ?? ""}`)];
  if (policies.length === 0)
    return [`${cluster}: no policy backs it up (${counted(uncovered.length, "index or data stream", "indices and data streams")})`];
  const by = [...new Set(excluded.flatMap((one) => one.policies))].join(", ");
  const out = `excluded by patterns of ${by}: ${someNames(excluded.map(({ name }) => name))}`;
  if (uncovered.length > 0)
    return [
      marked(look, "attention", `${cluster}: no policy covers ${someNames(uncovered)}`),
      ...(excluded.length > 0 ? [`${cluster}: ${out}`] : []),
    ];
  const all = `${cluster}: every index whose name begins without a dot is covered by ${policies.join(", ")}`;
  return [marked(look, "good", excluded.length > 0 ? `${all}, or ${out}` : all)];
}

function someNames(names: readonly string[]): string {
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : "";
  return `${names.slice(0, NAMES_SHOWN).join(", ")}${more}`;
}

function policyLine({ policy, last, lastGood, newest, next, timeZone }: PolicyNow, look: Look): string {
  const age = newest && `${newest.snapshot} (${agoText(look, newest.at)})`;
  const byHand = newest
    ? `no slot yet, newest ${newest.broken || newest.unproven || newest.deleted ? "" : "good "}snapshot ${age}`
    : "nothing taken yet";
  const ended = last === undefined ? byHand : `slot ${last.slot} ${last.state}${last.state === "done" ? ` in ${last.seconds} s` : ""}`;
  const lastGoodText = lastGood ? `last good slot ${lastGood.slot}` : "no good slot yet";
  const good = last === undefined || last.slot === lastGood?.slot ? "" : `, ${lastGoodText}`;
  const whose = newest && last && parseSnapshotName(newest.snapshot)?.slot !== last.slot ? `newest (${newest.snapshot})` : "newest";
  const added = newest?.bytes === undefined ? "" : `, ${whose} added ${bytesText(newest.bytes)}`;
  const { times, offset } = slotTimes(next);
  const slots = times.length === 0 ? "no next slot" : `next ${times.join(", ")} (${offset}, ${timeZone})`;
  return `${INDENT}${policy}: ${ended}${good}${added}${newestText(newest, look)}; ${slots}; preview: ${commandText(look, "backup", policy, "--dry-run")}`;
}

/** What is wrong with the newest snapshot, if anything. */
function newestText(newest: PolicyNow["newest"], look: Look): string {
  if (newest?.broken) return `, ${marked(look, "bad", `not good: ${say(newest.broken)}`)}`;
  if (newest?.unproven) return `, ${marked(look, "attention", say(newest.unproven))}`;
  if (newest?.deleted) return `, ${marked(look, "bad", `newest snapshot ${newest.snapshot} is no longer in the repository`)}`;
  if (newest?.unread) return `, ${marked(look, "attention", `what proofs say of it is unknown: ${say(newest.unread)}`)}`;
  return "";
}
