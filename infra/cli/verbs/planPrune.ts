import { readFileSync } from "node:fs";
import * as z from "zod";
import { AppError, fileFaultOf, jsonFaultOf } from "../../../shared/model/errors.ts";
import { shortHash } from "../../../shared/model/hash.ts";
import { withoutByteOrderMark } from "../../../shared/model/plainText.ts";
import { type PrunableSnapshot, type PrunePlan, planPrune } from "../../../shared/plan/retention/plan.ts";
import { issueText } from "../../../shared/runtime/issueText.ts";
import { countText } from "../../../shared/words/numbers.ts";
import { say } from "../../../shared/words/say.ts";
import type { Answer } from "../answer.ts";
import { requireHere } from "../at/ask.ts";
import { EXIT } from "../exitCodes.ts";
import { COLUMNS } from "../screen/layout.ts";
import type { Look } from "../screen/look.ts";
import { tableLines } from "../screen/table.ts";
import type { Session } from "../session.ts";

export interface PlanPruneOptions {
  /** A file, or `-` for standard input. */
  snapshots: string;
  keepLast: number | undefined;
  keepHourly: number | undefined;
  keepDaily: number | undefined;
  keepWeekly: number | undefined;
  keepMonthly: number | undefined;
  keepYearly: number | undefined;
  keepWithin: number | undefined;
  keepLastOfIndex: number | "always" | "never";
  keepManual: number | undefined;
  keepAtLeast: number | undefined;
  timeZone: string;
  now: Date | undefined;
}

const history = z.array(
  z.strictObject({
    name: z.string().min(1),
    state: z.enum(["SUCCESS", "PARTIAL", "FAILED", "IN_PROGRESS", "INCOMPATIBLE"]),
    startTime: z.iso
      .datetime({ offset: true, error: "must be a time with its zone, as in 2026-11-28T01:30:00Z" })
      .transform((text) => new Date(text)),
    indices: z.array(z.string()).default([]),
    manual: z.boolean().default(false),
  }),
);

const STDIN = 0;
const INDENT = "  ";
const FAULTS_SHOWN = 5;

/** Which snapshots of a history the given rules would keep and remove, all at once and without any cap. Reads the file, nothing else. */
export async function planPruneOf(session: Session, options: PlanPruneOptions): Promise<Answer> {
  requireHere(session, "plan-prune reads a file and needs neither a cluster nor a state");
  const now = options.now ?? session.terminal.look().now;
  const plan = planOf(readHistory(options.snapshots), options, now);
  const data = {
    keep: plan.keep.map(({ name, reasons }) => ({ name, reasons })),
    remove: plan.remove.map(({ name, reasons: [because, ...more] }) => ({ name, reason: because, ...(more.length > 0 ? { more } : {}) })),
    hash: plan.hash,
  };
  return { schema: "plan-prune/1", data, exitCode: EXIT.ok, text: (look) => planText(plan, options, look) };
}

function planOf(snapshots: readonly PrunableSnapshot[], options: PlanPruneOptions, now: Date): PrunePlan {
  const { keepLast, keepHourly, keepDaily, keepWeekly, keepMonthly, keepYearly, keepWithin, timeZone } = options;
  const { keepLastOfIndex, keepManual, keepAtLeast } = options;
  const keep = {
    last: keepLast,
    hourly: keepHourly,
    daily: keepDaily,
    weekly: keepWeekly,
    monthly: keepMonthly,
    yearly: keepYearly,
    withinMs: keepWithin,
    lastOfIndex: keepLastOfIndex,
    ...(keepManual === undefined ? {} : { manual: { last: keepManual } }),
    atLeast: Math.max(1, keepAtLeast ?? 1),
  };
  return planPrune({
    policy: "plan-prune",
    fingerprint: shortHash(16, JSON.stringify(keep), timeZone),
    keep,
    timeZone,
    atMost: Number.MAX_SAFE_INTEGER,
    atMostPercent: 100,
    snapshots,
    protected: new Map(),
    now,
    existing: undefined,
  });
}

/** @throws AppError `invalid` that names the file, the entry, the value and the fix. */
function readHistory(file: string): PrunableSnapshot[] {
  const found = history.safeParse(entriesOf(parse(file)));
  if (!found.success) {
    const faults = found.error.issues.map(faultText);
    const more = faults.length > FAULTS_SHOWN ? [`… and ${faults.length - FAULTS_SHOWN} more`] : [];
    const fix = 'write [{"name": "night-1", "state": "SUCCESS", "startTime": "2026-11-28T01:30:00Z"}]';
    throw new AppError("invalid", `--snapshots ${file}: not a history; ${fix}`, { lines: [...faults.slice(0, FAULTS_SHOWN), ...more] });
  }
  const names = found.data.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) throw new AppError("invalid", `--snapshots ${file}: ${JSON.stringify(twice)} occurs twice; names must differ`);
  return found.data.map((snapshot) => ({ ...snapshot, uuid: undefined, time: snapshot.startTime, ours: true }));
}

const listings = z.union([
  z
    .object({ snapshots: z.array(z.object({ snapshot: z.unknown(), state: z.unknown(), start_time: z.unknown(), indices: z.unknown() })) })
    .transform(({ snapshots }) =>
      snapshots.map(({ snapshot: name, state, start_time: startTime, indices }) => ({ name, state, startTime, indices })),
    ),
  z
    .object({
      schema: z.literal("snapshots/1"),
      data: z.array(z.object({ name: z.unknown(), state: z.unknown(), startTime: z.unknown(), indices: z.unknown() })),
    })
    .transform(({ data }) => data),
]);

/** A history as it is, or the snapshots of Elasticsearch's `GET _snapshot/REPOSITORY/_all` and of `ossnap snapshots --json`. */
function entriesOf(json: unknown): unknown {
  const listing = listings.safeParse(json);
  return listing.success ? listing.data : json;
}

/** `entry 4: state must be one of …`: a person counts from 1. */
function faultText({ path: [at, ...path], ...issue }: z.core.$ZodIssue): string {
  if (typeof at !== "number") return issueText({ ...issue, path: [] } as z.core.$ZodIssue).replace(/^it /, "the file ");
  return `entry ${at + 1}: ${issueText({ ...issue, path } as z.core.$ZodIssue)}`;
}

function parse(file: string): unknown {
  try {
    return JSON.parse(withoutByteOrderMark(readFileSync(file === "-" ? STDIN : file, "utf8")));
  } catch (error) {
    const wrong = error instanceof SyntaxError ? jsonFaultOf(error) : fileFaultOf(error);
    throw new AppError("invalid", `--snapshots ${file}: ${wrong}; name a JSON file with the history`, {
      cause: error,
    });
  }
}

function planText({ keep, remove, hash }: PrunePlan, { timeZone }: PlanPruneOptions, look: Look): string {
  const rows = (list: readonly { name: string; reasons: PrunePlan["keep"][number]["reasons"] }[]) =>
    tableLines(
      [
        { head: "NAME", name: true },
        { head: "BECAUSE", sentence: true },
      ],
      list.map(({ name, reasons }) => [name, reasons.map(say).join(", ")]),
      look,
      COLUMNS - INDENT.length,
    ).map((line) => INDENT + line);
  return [
    `Plan ${hash} (${timeZone}), on paper: nothing is deleted.`,
    `Would keep ${countText(keep.length)} of ${countText(keep.length + remove.length)}:`,
    ...rows(keep),
    ...(remove.length === 0 ? ["Would remove nothing."] : [`Would remove ${countText(remove.length)}:`, ...rows(remove)]),
  ].join("\n");
}
