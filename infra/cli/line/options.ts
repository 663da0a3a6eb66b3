import * as z from "zod";
import { ALIAS_FIX, aliasFault } from "../../../shared/model/aliases/aliasName.ts";
import { KMS_KEY, KMS_KEY_WRONG } from "../../../shared/model/amazon/kmsKey.ts";
import { DONE_SHOWN_MAX, IDEMPOTENCY_KEY, JOB_KINDS } from "../../../shared/model/jobId.ts";
import { PROOF_LEVELS } from "../../../shared/model/repository.ts";
import type { AliasTerms } from "../../../shared/plan/aliases/moves.ts";
import { INDICES_DEFAULT } from "../../../shared/plan/selection.ts";
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

/** A text that `parse` understands; anything else is a fault that says what is `wrong` with it. */
export function parsed<T>(parse: (text: string) => T | undefined, wrong: string) {
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

export const some = <T extends z.ZodType>(value: T) => value.optional();
const flag = z.boolean().default(false);

export const WAIT = {
  flags: "--wait [time]",
  text: "watch the job until it ends or this time is over: --wait (30m), --wait 2h or --wait=2h",
  value: some(parsed(parseDuration, "is not a duration; write --wait=30m (ms, s, m, h, d)")),
};
export const KEY = {
  flags: "--key <key>",
  text: "an idempotency key: the same key again is the same job",
  value: some(matching(IDEMPOTENCY_KEY, "is not a key; write 1 to 255 visible ASCII characters")),
};
export const APPLY_HASH = {
  flags: "--apply <hash>",
  text: "the hash of the plan, as it was shown",
  value: some(matching(PLAN_HASH, "is not the hash of a plan; copy its 8 hexadecimal digits from the plan")),
};
export const KMS_KEY_ARN = {
  flags: "--kms-key <arn>",
  text: "the key of KMS with which the bucket is encrypted",
  value: some(matching(KMS_KEY, KMS_KEY_WRONG)),
};
export const YES = (text: string) => ({ flags: "--yes", text, value: flag });
export const APPLY = { flags: "--apply", text: "apply it", value: flag };
export const OVERWRITE = { flags: "--overwrite", text: "also settings that ossnap did not register", value: flag };
export const START = { flags: "--start", text: "start it", value: flag };
export const LOSE_WRITES = { flags: "--lose-writes", text: "accept that what was written since is lost", value: flag };
export const OPEN = { flags: "--open", text: "open jobs only", value: flag };
export const KIND = {
  flags: "--kind <kind>",
  text: "jobs of one kind; retire lists the indices that are kept for a while",
  value: some(parsed((text) => JOB_KINDS.find((kind) => kind === text), `is not a kind of job; write one of ${JOB_KINDS.join(", ")}`)),
};
export const LIMIT = {
  flags: "--limit <count>",
  text: `how many finished jobs of each kind, 1 to ${DONE_SHOWN_MAX}`,
  value: some(
    parsed(
      (text) => (isLimit(text) ? Number(text) : undefined),
      `is not a number from 1 to ${DONE_SHOWN_MAX}; write one, or leave --limit out`,
    ),
  ),
};
export const TAKE_OVER = {
  flags: "--take-over <copy...>",
  text: "also the destinations of these copies, if nothing else writes there",
  value: z.array(name()).default([]),
};
export const LEVEL = {
  flags: "--level <level>",
  text: "how much to read (footers)",
  choices: PROOF_LEVELS,
  value: some(z.enum(PROOF_LEVELS)),
};
export const SAMPLE = {
  flags: "--sample <amount>",
  text: "at level contents: read only this much of the data, 5% or 20gb",
  value: some(parsed(parseSample, "is neither a share nor a size; write 5% or 20gb")),
};
export const SNAPSHOT = { flags: "--snapshot <name>", text: "a name, a uuid, latest or all (all)", value: name().default("all") };
export const ONE_POLICY = { flags: "--policy <name>", text: "snapshots of one policy", value: some(name()) };
export const ONE_REPOSITORY = { flags: "--repository <name>", text: "snapshots in one repository", value: some(name()) };
export const REPOSITORY = {
  flags: "--repository <name>",
  text: "a repository of ossnap.yaml, or the registered name of a watch",
  value: name("is missing; name a repository of ossnap.yaml, or the registered name of a watch"),
};
export const TO = { flags: "--to <cluster>", text: "a cluster of ossnap.yaml", value: name("is missing; name a cluster of ossnap.yaml") };
/** For `shared remove`. */
export const INSTANCE_FROM = { ...TO, flags: "--from <cluster>" };

export const INDICES = {
  flags: "--indices <patterns>",
  text: `names and patterns, separated by commas (${INDICES_DEFAULT})`,
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

/** `a=b,c` as `[["a", "b"], [undefined, "c"]]`; a left side that is written twice is an issue. */
function pairsOf(text: string, context: z.core.$RefinementCtx<string>): [left: string | undefined, right: string][] {
  const pairs = text.split(",").map((part): [string | undefined, string] => {
    const at = part.indexOf("=");
    return at === -1 ? [undefined, part.trim()] : [part.slice(0, at).trim(), part.slice(at + 1).trim()];
  });
  const [twice] = pairs.find(([left], at) => pairs.findIndex(([other]) => other === left) < at) ?? [];
  if (twice !== undefined) context.addIssue({ code: "custom", message: `names ${JSON.stringify(twice)} twice; write each of them once` });
  return pairs;
}

/** `movies` is for the only index, `movies=movies,logs=logs-*` for several. */
export const ALIAS = {
  flags: "--alias <aliases>",
  text: "an alias to move to the restored index, or several with their indices: movies=movies,logs=logs-*",
  value: some(
    z.string().transform((text, context): AliasTerms => {
      const pairs = pairsOf(text, context);
      const [first, ...others] = pairs;
      const names = pairs.map(([alias, indices]) => alias ?? indices);
      const fault = names.map((alias) => [alias, aliasFault(alias)] as const).find(([, wrong]) => wrong !== undefined);
      if (fault) context.addIssue({ code: "custom", message: `${JSON.stringify(fault[0])} ${fault[1]}; ${ALIAS_FIX}` });
      if (first?.[0] === undefined && others.length === 0) return { alias: text };
      const bare = pairs.find(([alias, indices]) => alias === undefined || indices === "");
      if (bare) context.addIssue({ code: "custom", message: `${JSON.stringify(bare[1] || bare[0])} has no indices; ${ALIASES_FIX}` });
      return { aliases: Object.fromEntries(pairs.map(([alias = "", indices]) => [alias, indices])) };
    }),
  ),
};
const ALIASES_FIX = "of several, write each with its indices, as in movies=movies,logs=logs-*";

/** `restored-*` is for every index, `movies=films` for one. */
export const AS = {
  flags: "--as <names>",
  text: "names of the restored indices: restored-* (* is the index's name), or movies=films,logs-*=old-*",
  value: some(
    z.string().transform((text, context) => Object.fromEntries(pairsOf(text, context).map(([pattern = "*", name]) => [pattern, name]))),
  ),
};
export const FILES_THERE = {
  flags: "--files-there",
  text: "declare that every node has the synonym, stop word and dictionary files that the indices need",
  value: flag,
};
function isLimit(text: string): boolean {
  return /^[1-9]\d{0,2}$/.test(text) && Number(text) <= DONE_SHOWN_MAX;
}

export const REPLICAS_OPTION = {
  flags: "--replicas <count>",
  text: "number of replicas, set after the document counts agree (1)",
  value: some(parsed((text) => (REPLICAS.test(text) ? Number(text) : undefined), "is not a count; write 0, 1, 2 …")),
};
