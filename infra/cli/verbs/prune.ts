import { type AdoptRule, type KeepRules, MANUAL_LAST_DEFAULT } from "../../../shared/model/config.ts";
import { newestFirst } from "../../../shared/plan/newestFirst.ts";
import { PRUNE_CAPS_DEFAULT, type PrunePlan, type RemovedSnapshot } from "../../../shared/plan/retention/plan.ts";
import { printDuration } from "../../../shared/repository/duration.ts";
import { applyPrune, dryPrune, type PruneDryRun, type PruneRules } from "../../../shared/verbs/prune/ask.ts";
import { bytesText, countText, durationText } from "../../../shared/words/numbers.ts";
import { say } from "../../../shared/words/say.ts";
import type { Answer } from "../answer.ts";
import { path } from "../at/api.ts";
import { ask } from "../at/ask.ts";
import { type ActingOptions, begin, waitWords } from "../begin.ts";
import { EXIT, problem } from "../exitCodes.ts";
import { COLUMNS } from "../screen/layout.ts";
import { commandText, type Look, marked, unknown } from "../screen/look.ts";
import { tableLines } from "../screen/table.ts";
import type { Session } from "../session.ts";
import { reachLines } from "./reachText.ts";

export interface PruneOptions extends Pick<ActingOptions, "wait"> {
  policy: string;
  apply: string | undefined;
}

/** Shows the current plan, or applies exactly the plan with the given hash. */
export async function prune(session: Session, { policy: policyName, apply, wait }: PruneOptions): Promise<Answer> {
  const call = { method: "POST", path: path`/prunes/${policyName}`, body: { apply } } as const;
  if (apply !== undefined) return begin(session, { call, here: (world) => applyPrune(world, policyName, apply, session.asked) }, { wait });
  const plan = await ask(session, call, (world) => dryPrune(world, policyName));
  const answer = { schema: "prune-plan/1", data: plan, text: (look: Look) => pruneText(plan, plan.rules, look, wait) };
  if (!plan.refusal) return { ...answer, exitCode: EXIT.ok };
  return {
    ...answer,
    exitCode: EXIT.refused,
    problem: problem("prune-refused", say(plan.refusal), { reason: plan.refusal, plan: answer.data }),
  };
}

const INDENT = "  ";
/** Uncovered indices named in full. */
const NAMES_SHOWN = 10;
const UNTIL = "UNTIL: kept at least until this slot if every slot gets a good snapshot; – no schedule ends it";
const NEXT_RUN = "next run";
const PASSED = "next run: its slot has passed; the run after the slot's late snapshot removes it";
const BECAUSE = { head: "BECAUSE", sentence: true };

interface ShownPlan extends Omit<PrunePlan, "keep">, Partial<Pick<PruneDryRun, "frees" | "reach" | "timer" | "uncovered">> {
  keep: (PrunePlan["keep"][number] & Partial<Pick<PruneDryRun["keep"][number], "until">>)[];
}

/** The plan as text; a dry run uses "would" throughout and ends with the command that applies it. */
export function pruneText(plan: ShownPlan, rules: PruneRules, look: Look, wait?: number): string {
  const lines = [
    `Plan ${plan.hash} for ${plan.policy} (${rules.timeZone}): ${rulesText(rules)}`,
    ...(plan.reach ? reachLines(plan.reach) : []),
    ...(plan.timer ? [timerText(plan.timer)] : []),
    ...(plan.uncovered?.length ? [uncoveredText(plan.uncovered, look)] : []),
    plan.keep.length === 0
      ? "Would keep none: the repository has no snapshot of this policy."
      : `Would keep ${countText(plan.keep.length)}:`,
  ];
  const kept = tableLines(
    [{ head: "NAME", name: true }, { head: "UNTIL" }, BECAUSE],
    plan.keep.map(({ name, reasons, until }) => [name, untilText(until, look), reasons.map(say).join(", ")]),
    look,
    COLUMNS - INDENT.length,
  );
  if (plan.keep.length > 0) lines.push(...kept.map((line) => INDENT + line));
  if (plan.keep.some(({ until }) => until)) lines.push(INDENT + UNTIL);
  if (plan.keep.some(({ until }) => until?.passed)) lines.push(INDENT + PASSED);
  if (plan.refusal)
    return [
      ...lines,
      ...laterLines(plan, "the plan is refused", look),
      marked(look, "bad", `Refused: ${say(plan.refusal)}. Nothing was deleted.`),
    ].join("\n");
  if (plan.remove.length === 0)
    return [...lines, ...laterLines(plan, "the limit of one run", look), "Nothing would be removed."].join("\n");
  lines.push(
    `Would remove ${countText(plan.remove.length)} of ${countText(plan.keep.length + plan.remove.length + plan.later.length)}:`,
    ...removalLines(plan.remove, look),
    ...(plan.frees ? [freesLine(plan.frees, plan.remove)] : []),
    ...laterLines(plan, "the limit of one run", look),
  );
  const doIt = commandText(look, "prune", plan.policy, "--apply", plan.hash, ...waitWords(wait));
  return [...lines, `Nothing was deleted. To do exactly this:  ${doIt}`].join("\n");
}

/** Without the distance from UTC, which the slots of the policy show. */
function untilText(until: { local: string; passed?: true } | null | undefined, look: Look): string {
  if (until?.passed) return NEXT_RUN;
  return until ? until.local.replace(/ [+-]\d\d:\d\d$/, "") : unknown(look);
}

function timerText({ next, appliedBefore }: PruneDryRun["timer"]): string {
  if (next === null) return "No timer prunes this policy: it has no `prune` block.";
  const when = `The timer prunes next at ${next.local}`;
  return appliedBefore ? `${when}.` : `${when}, and deletes nothing until a plan of these rules was applied by hand once.`;
}

function uncoveredText(names: readonly string[], look: Look): string {
  const more = names.length > NAMES_SHOWN ? ` and ${countText(names.length - NAMES_SHOWN)} more` : "";
  return marked(look, "attention", `In no policy of this cluster: ${names.slice(0, NAMES_SHOWN).join(", ")}${more}`);
}

function laterLines({ later }: Pick<PrunePlan, "later">, why: string, look: Look): string[] {
  return later.length === 0 ? [] : [`Would leave ${countText(later.length)} to a later run (${why}):`, ...removalLines(later, look)];
}

type Removal = RemovedSnapshot & { frees?: number | null };

/** One line per snapshot that would be removed: its age, what it would free alone, and why. */
export function removalLines(removed: readonly Removal[], look: Look): string[] {
  const isKnown = removed.some(({ frees }) => typeof frees === "number");
  const rows = newestFirst(removed, ({ startTime, name }) => ({ time: startTime, name })).map(({ name, startTime, reasons, frees }) => [
    name,
    durationText((look.now.getTime() - new Date(startTime).getTime()) / 1000),
    ...(isKnown ? [typeof frees === "number" ? bytesText(frees) : "–"] : []),
    reasons.map(say).join(", "),
  ]);
  const columns = [{ head: "NAME", name: true }, { head: "AGE" }, ...(isKnown ? [{ head: "FREES" }] : []), BECAUSE];
  return tableLines(columns, rows, look, COLUMNS - INDENT.length).map((line) => INDENT + line);
}

/** `Would free 31.4 GiB of data together (22 GiB if each were removed alone; the rest is shared among them).` */
export function freesLine({ bytes, why }: PruneDryRun["frees"], removed: readonly Removal[]): string {
  if (bytes === null) return `What this would free is unknown${why ? `: ${say(why)}` : ""}.`;
  const alone = removed.reduce((sum, { frees }) => sum + (frees ?? 0), 0);
  const shared = alone < bytes ? ` (${bytesText(alone)} if each were removed alone; the rest is shared among them)` : "";
  return `Would free ${bytesText(bytes)} of data together${shared}.`;
}

const RULES = ["last", "hourly", "daily", "weekly", "monthly", "yearly"] as const satisfies readonly (keyof KeepRules)[];

/** Every rule of a policy, those with defaults included: what a plan says of a snapshot must be found here. */
export function rulesText({ keep, prune: caps, adopt }: Omit<PruneRules, "timeZone">): string {
  const rules = RULES.flatMap((rule) =>
    (keep[rule] ?? 0) === 0 ? [] : [rule === "last" ? `the last ${keep[rule]}` : `${keep[rule]} ${rule}`],
  );
  if (keep.withinMs !== undefined) rules.push(`all within ${printDuration(keep.withinMs)}`);
  if (keep.lastOfIndex !== undefined) rules.push(lastOfIndexText(keep.lastOfIndex));
  rules.push(`${keep.manual?.last ?? MANUAL_LAST_DEFAULT} taken by hand`);
  const { atMost, atMostPercent } = caps ?? PRUNE_CAPS_DEFAULT;
  const byHand = caps ? "" : ", by hand only";
  const adopted = adopt ? `; adopts snapshots ${adoptText(adopt)}` : "";
  return `keep ${rules.join(", ")}; floor ${keep.atLeast}; at most ${atMost} and ${atMostPercent} % per run${byHand}${adopted}`;
}

function adoptText({ pattern, metadata = {} }: AdoptRule): string {
  const members = Object.entries(metadata).map(([key, value]) => `${key} ${String(value)}`);
  return [
    ...(pattern === undefined ? [] : [`named ${pattern}`]),
    ...(members.length === 0 ? [] : [`with ${members.join(", ")} in their metadata`]),
  ].join(" and ");
}

function lastOfIndexText(rule: NonNullable<KeepRules["lastOfIndex"]>): string {
  if (rule === "never") return "no last snapshot of an index";
  return rule === "always"
    ? "the last snapshot of every index"
    : `the last snapshot of an index for ${printDuration(rule)} after the index is gone`;
}
