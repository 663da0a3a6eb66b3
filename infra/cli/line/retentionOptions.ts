import * as z from "zod";
import { MANUAL_LAST_DEFAULT } from "../../../shared/model/config.ts";
import { parseDuration } from "../../../shared/repository/duration.ts";
import { timeZoneProblem } from "../../../shared/runtime/config/cron.ts";
import { name, parsed, some } from "./options.ts";

const COUNT = /^\d{1,6}$/;

const count = some(parsed((text) => (COUNT.test(text) ? Number(text) : undefined), "is not a count; write 0, 1, 2 …"));

const NO_DURATION = "is not a duration; write 2d (ms, s, m, h, d)";

const keepOption = (rule: string, text: string) => ({ flags: `--keep-${rule} <count>`, text, value: count });

/** The rules of a policy's `keep`, with the same names and defaults. */
export const KEEP_OPTIONS = {
  keepLast: keepOption("last", "so many of the newest"),
  keepHourly: keepOption("hourly", "the newest of so many hours"),
  keepDaily: keepOption("daily", "the newest of so many days"),
  keepWeekly: keepOption("weekly", "the newest of so many ISO weeks"),
  keepMonthly: keepOption("monthly", "the newest of so many months"),
  keepYearly: keepOption("yearly", "the newest of so many years"),
  keepWithin: {
    flags: "--keep-within <time>",
    text: "all that are at most this much older than the newest: 2d",
    value: some(parsed(parseDuration, NO_DURATION)),
  },
  keepLastOfIndex: {
    flags: "--keep-last-of-index <time>",
    text: "the last snapshot of an index, for this long after the index was deleted: a duration, always or never (30d)",
    value: parsed(
      (text) => (text === "always" || text === "never" ? text : parseDuration(text) || undefined),
      "is not a duration above 0; write 30d (ms, s, m, h, d), always, or never for no protection",
    ).prefault("30d"),
  },
  keepManual: keepOption("manual", `so many of the newest taken by hand (${MANUAL_LAST_DEFAULT})`),
  keepAtLeast: { flags: "--keep-at-least <count>", text: "never fewer good snapshots than this (1)", value: count },
} as const;

/** At least one of them must keep something. */
export const NO_RULE =
  "plan-prune: no rule keeps anything; give at least one of --keep-last, --keep-hourly, --keep-daily, --keep-weekly, --keep-monthly, --keep-yearly (a count above 0) and --keep-within (a time)";

export const HISTORY_FILE = {
  flags: "--snapshots <file>",
  text: 'a history: [{"name", "state", "startTime"}], with "indices", and "manual": true, where they are known; - reads standard input',
  value: name("is missing; name a JSON file with the history"),
};
export const TIME_ZONE = {
  flags: "--time-zone <zone>",
  text: "the zone of hours, days and weeks (UTC)",
  value: z
    .string()
    .superRefine((zone, context) => {
      const problem = timeZoneProblem(zone);
      if (problem) context.addIssue({ code: "custom", message: `${JSON.stringify(zone)} is ${problem.wrong}; ${problem.fix}` });
    })
    .default("UTC"),
};
export const NOW = {
  flags: "--now <time>",
  text: "the time that counts as now; later snapshots are ignored (the clock)",
  value: z.iso
    .datetime({ offset: true, error: ({ input }) => `${JSON.stringify(input)} is not a time; write 2026-11-28T02:30:00Z` })
    .transform((text) => new Date(text))
    .optional(),
};
