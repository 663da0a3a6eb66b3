import * as z from "zod";
import { ALIAS_FIX, aliasFault } from "../../../shared/model/aliasName.ts";
import { IDEMPOTENCY_KEY, JOB_KINDS } from "../../../shared/model/jobId.ts";
import { PROOF_LEVELS } from "../../../shared/model/repository.ts";
import { parseDuration } from "../../../shared/repository/duration.ts";
import { parseSample } from "../sample.ts";

/** One option: commander's flags, its text in `--help`, and the value that the verb gets. */
export interface OptionSpec {
  flags: string;
  text: string;
  choices?: readonly string[];
  value: z.ZodType;
}

const PLAN_HASH = /^[0-9a-f]{8}$/;
const REPLICAS = /^\d{1,4}$/;
/** Excludes indices that systems keep for themselves unless they are named. */
export const INDICES_DEFAULT = "*,-.*";

/** A text that `parse` understands; anything else is a fault that says what is `wrong` with it. */
function parsed<T>(parse: (text: string) => T | undefined, wrong: string) {
  return z.string().transform((text, context) => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message: `${JSON.stringify(text)} ${wrong}` });
    return z.NEVER;
  });
}

const matching = (pattern: RegExp, wrong: string) => parsed((text) => (pattern.test(text) ? text : undefined), wrong);

/** Any name. Whether ossnap.yaml or the repository knows it is the verb's question. */
export const name = (missing = "is missing") => z.string({ error: missing }).min(1, "is empty; write a name");

const some = <T extends z.ZodType>(value: T) => value.optional();
const flag = z.boolean().default(false);

export const WAIT = {
  flags: "--wait [time]",
  text: "watch until it is over, at most so long: --wait (30m), --wait 2h or --wait=2h",
  value: some(parsed(parseDuration, "is not a duration; write --wait=30m (ms, s, m, h, d)")),
};
export const KEY = {
  flags: "--key <key>",
  text: "an idempotency key; the same one again is the same job",
  value: some(matching(IDEMPOTENCY_KEY, "is not a key; write 1 to 255 visible ASCII characters")),
};
export const APPLY_HASH = {
  flags: "--apply <hash>",
  text: "the hash that the plan was shown with",
  value: some(matching(PLAN_HASH, "is not a plan's hash; copy the 8 hexadecimal digits that the plan is shown with")),
};
export const YES = (text: string) => ({ flags: "--yes", text, value: flag });
export const APPLY = { flags: "--apply", text: "do it", value: flag };
export const START = { flags: "--start", text: "do it", value: flag };
export const OPEN = { flags: "--open", text: "open ones only", value: flag };
export const KIND = {
  flags: "--kind <kind>",
  text: "of one kind",
  value: some(parsed((text) => JOB_KINDS.find((kind) => kind === text), `is no kind of job; write one of ${JOB_KINDS.join(", ")}`)),
};
export const TAKE_OVER = {
  flags: "--take-over <copy...>",
  text: "these copies' destinations too, once you know that nothing else writes there",
  value: z.array(name()).default([]),
};
export const LEVEL = {
  flags: "--level <level>",
  text: "how deep to look (footers)",
  choices: PROOF_LEVELS,
  value: some(z.enum(PROOF_LEVELS)),
};
export const SAMPLE = {
  flags: "--sample <amount>",
  text: "at level contents: read only so much of the data, 5% or 20gb",
  value: some(parsed(parseSample, "is neither a share nor a size; write 5% or 20gb")),
};
export const SNAPSHOT = { flags: "--snapshot <name>", text: "a name, a uuid, latest or all (all)", value: name().default("all") };
export const ONE_POLICY = { flags: "--policy <name>", text: "of one policy", value: some(name()) };
export const ONE_REPOSITORY = { flags: "--repository <name>", text: "in one repository", value: some(name()) };
export const REPOSITORY = {
  flags: "--repository <name>",
  text: "a repository of ossnap.yaml, or the registered name of a watch",
  value: name("is missing; name a repository of ossnap.yaml, or the registered name of a watch"),
};
export const TO = { flags: "--to <cluster>", text: "one of clusters", value: name("is missing; name one of clusters") };

export const INDICES = {
  flags: "--indices <patterns>",
  text: `names and patterns, with commas (${INDICES_DEFAULT})`,
  value: z
    .string()
    .transform((text) => text.split(",").flatMap((pattern) => pattern.trim() || []))
    .superRefine((patterns, context) => {
      const fault = faultOfPatterns(patterns);
      if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
    })
    .prefault(INDICES_DEFAULT),
};

/** Characters that no index or alias name of any version may contain, see MetadataCreateIndexService.validateIndexOrAliasName. */
const NEVER_IN_NAMES = /[\s\\/?"<>|#]/;

function faultOfPatterns(patterns: readonly string[]): string | undefined {
  if (patterns.every((pattern) => pattern.startsWith("-")))
    return "names nothing; write names and patterns with commas, as in --indices 'movies,logs-*'";
  const wrong = patterns.find((pattern) => NEVER_IN_NAMES.test(pattern));
  if (wrong !== undefined)
    return `${JSON.stringify(wrong)} is not a pattern of index names; they have no blanks and none of \\ / ? " < > | #`;
  return undefined;
}

export const ALIAS = {
  flags: "--alias <alias>",
  text: "swapped onto the restored index",
  value: some(
    z.string().superRefine((alias, context) => {
      const fault = aliasFault(alias);
      if (fault !== undefined) context.addIssue({ code: "custom", message: `${JSON.stringify(alias)} ${fault}; ${ALIAS_FIX}` });
    }),
  ),
};
export const OLDER = { flags: "--older", text: "put it behind the alias although that serves a newer snapshot", value: flag };
export const FILES_THERE = {
  flags: "--files-there",
  text: "every node has the synonym, stop word and dictionary files that the indices name",
  value: flag,
};
export const REPLICAS_OPTION = {
  flags: "--replicas <count>",
  text: "raised to this after the counts agree (1)",
  value: some(parsed((text) => (REPLICAS.test(text) ? Number(text) : undefined), "is not a count; write 0, 1, 2 …")),
};
