import type { Answer } from "./answer.ts";
import type { ActingOptions } from "./begin.ts";
import type { Session } from "./session.ts";
import type { AdoptOptions } from "./verbs/adopt.ts";
import type { JobsOptions } from "./verbs/jobs.ts";
import type { RestoreOptions } from "./verbs/restore.ts";
import type { SnapshotsOptions } from "./verbs/snapshots.ts";
import type { VerifyOptions } from "./verbs/verify.ts";

export interface VerbOption {
  flags: string;
  text: string;
  choices?: readonly string[];
}

export interface Verb {
  /** Words and arguments in commander's syntax: `jobs show <id>`. */
  signature: string;
  description: string;
  options: readonly VerbOption[];
  run(session: Session, args: readonly string[], options: unknown): Promise<Answer>;
}

function verb<O>(
  signature: string,
  description: string,
  options: readonly VerbOption[],
  run: (session: Session, args: readonly string[], options: O) => Promise<Answer>,
): Verb {
  return { signature, description, options, run: run as Verb["run"] };
}

const wait = { flags: "--wait <time>", text: "watch until it is over, at most so long: --wait or --wait=30m" };
const key = { flags: "--key <key>", text: "an idempotency key; the same one again is the same job" };
const levels = ["names", "metadata", "footers", "contents"];

/** Every verb; a verb's module and its dependencies are loaded when it runs. */
export const VERBS: readonly Verb[] = [
  verb("init", "write the identity of a new state", [], async (session) => (await import("./verbs/init.ts")).init(session)),
  verb<AdoptOptions>(
    "adopt",
    "after init over a repository that exists, or a lost state: show what would be taken over; --yes writes it down",
    [
      { flags: "--yes", text: "do it" },
      { flags: "--take-over <copy...>", text: "these copies' destinations too, once you know that nothing else writes there" },
    ],
    async (session, _args, options) => (await import("./verbs/adopt.ts")).adopt(session, options),
  ),
  verb<ActingOptions>("backup <policy>", "take a snapshot now", [wait, key], async (session, [policy = ""], options) =>
    (await import("./verbs/backup.ts")).backup(session, policy, options),
  ),
  verb<ActingOptions & { apply?: string }>(
    "prune <policy>",
    "show what would go and why; --apply does exactly that plan",
    [{ flags: "--apply <hash>", text: "the hash that the plan was shown with" }, wait],
    async (session, [policy = ""], options) => (await import("./verbs/prune.ts")).prune(session, policy, options),
  ),
  verb<ActingOptions>("copy <name>", "copy what a rule of copies wants", [wait], async (session, [name = ""], options) =>
    (await import("./verbs/copy.ts")).copy(session, name, options),
  ),
  verb<VerifyOptions>(
    "verify <place>",
    "prove snapshots whole from the bucket alone: a URL (oss://, s3://, file:///) or a repository or watch of ossnap.yaml",
    [
      { flags: "--snapshot <name>", text: "a name, latest or all (all)" },
      { flags: "--level <level>", text: "how deep to look (footers)", choices: levels },
      { flags: "--sample <amount>", text: "at level contents: read only so much of the data, 5% or 20gb" },
    ],
    async (session, [place = ""], options) => (await import("./verbs/verify.ts")).verify(session, place, options),
  ),
  verb<RestoreOptions>(
    "restore <snapshot>",
    "say what a restore would do and be refused for; --start does it",
    [
      { flags: "--repository <name>", text: "a repository of ossnap.yaml, or the registered name of a watch" },
      { flags: "--to <cluster>", text: "one of clusters" },
      { flags: "--indices <patterns>", text: "names and patterns, with commas (*,-.*)" },
      { flags: "--alias <alias>", text: "swapped onto the restored index" },
      { flags: "--replicas <count>", text: "raised to this after the counts agree (1)" },
      { flags: "--older", text: "put it behind the alias although that serves a newer snapshot" },
      { flags: "--start", text: "do it" },
      wait,
      key,
    ],
    async (session, [snapshot = ""], options) => (await import("./verbs/restore.ts")).restore(session, snapshot, options),
  ),
  verb<SnapshotsOptions>(
    "snapshots [place]",
    "what there is, whether it is proven, and why it stays; of a URL or a repository of ossnap.yaml: from the bucket alone",
    [
      { flags: "--policy <name>", text: "of one policy" },
      { flags: "--repository <name>", text: "in one repository" },
    ],
    async (session, [place], options) => (await import("./verbs/snapshots.ts")).snapshots(session, place, options),
  ),
  verb<JobsOptions>(
    "jobs",
    "open jobs, then the newest finished ones",
    [
      { flags: "--open", text: "open ones only" },
      { flags: "--kind <kind>", text: "of one kind" },
    ],
    async (session, _args, options) => (await import("./verbs/jobs.ts")).jobs(session, options),
  ),
  verb("jobs show <id>", "one job and its history", [], async (session, [id = ""]) =>
    (await import("./verbs/jobs.ts")).showOne(session, id),
  ),
  verb<{ yes?: boolean }>(
    "jobs cancel <id>",
    "start nothing new of it, take back what it began",
    [{ flags: "--yes", text: "do not ask" }],
    async (session, [id = ""], options) => (await import("./verbs/jobs.ts")).cancel(session, id, options),
  ),
  verb("repositories", "every repository as wanted and as registered", [], async (session) =>
    (await import("./verbs/repositories.ts")).repositories(session),
  ),
  verb<{ apply?: boolean }>(
    "repositories register <name>",
    "show what would be registered; --apply does it",
    [{ flags: "--apply", text: "do it" }],
    async (session, [name = ""], options) => (await import("./verbs/repositories.ts")).register(session, name, options),
  ),
  verb("pause", "hold back everything that changes something", [], async (session) =>
    (await import("./verbs/pause.ts")).pause(session, true),
  ),
  verb("resume", "go on after a pause", [], async (session) => (await import("./verbs/pause.ts")).pause(session, false)),
];
