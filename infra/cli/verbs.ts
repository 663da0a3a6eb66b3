import { CHECK_DRY } from "../../shared/verbs/copy/types.ts";
import { BACKUP_BECAUSE, DRY_RUN } from "./line/backupOptions.ts";
import { CHECK, COPY_DRY_RUN } from "./line/copyOptions.ts";
import { MIGRATE_VERBS } from "./line/migrateVerbs.ts";
import {
  APPLY_HASH,
  KEY,
  KIND,
  LEVEL,
  LIMIT,
  LOSE_WRITES,
  name,
  ONE_POLICY,
  ONE_REPOSITORY,
  OPEN,
  SAMPLE,
  SNAPSHOT,
  TAKE_OVER,
  WAIT,
  YES,
} from "./line/options.ts";
import { BECAUSE, BROKEN, PIN_REPOSITORY, TOOL, UNTIL, UUID } from "./line/pinOptions.ts";
import { ACCOUNT, ONLY } from "./line/policyOptions.ts";
import { REPOSITORY_VERBS } from "./line/repositoryVerbs.ts";
import { RESTORE_VERB } from "./line/restoreVerb.ts";
import { HISTORY_FILE, KEEP_OPTIONS, NO_RULE, NOW, TIME_ZONE } from "./line/retentionOptions.ts";
import { type Verb, verb } from "./line/verb.ts";

/** Every verb; a verb's module and its dependencies are loaded when it runs. */
export const VERBS: readonly Verb[] = [
  verb("init", { description: "write the identity of a new state", example: ["init"] }, async (session) =>
    (await import("./verbs/init.ts")).init(session),
  ),
  verb(
    "adopt",
    {
      description: "take over existing snapshots or a lost state, after init: show what would be written; --yes writes it",
      example: ["adopt", "--yes"],
      options: { yes: YES("write it"), takeOver: TAKE_OVER },
    },
    async (session, input) => (await import("./verbs/adopt.ts")).adopt(session, input),
  ),
  verb(
    "policies",
    {
      description: "what to grant to the functions, the command line and whoever deploys: ready policies for RAM and IAM",
      example: ["policies", "--only", "workers"],
      isPlan: true,
      options: { account: ACCOUNT, only: ONLY },
    },
    async (session, input) => (await import("./verbs/deployment/policies.ts")).policies(session, input),
  ),
  verb(
    "token",
    { description: "make a token for the HTTP function, and its SHA-256 for ossnap.yaml", example: ["token"] },
    async (session) => (await import("./verbs/deployment/token.ts")).token(session),
  ),
  verb("status", { description: "what is late, open, covered by no policy, and next", example: ["status"] }, async (session) =>
    (await import("./verbs/status.ts")).status(session),
  ),
  verb(
    "backup <policy>",
    {
      description: "take a snapshot now; --dry-run shows what it would contain",
      example: ["backup", "nightly", "--wait", "30m"],
      args: { policy: name() },
      options: { dryRun: DRY_RUN, because: BACKUP_BECAUSE, wait: WAIT, key: KEY },
      check: ({ dryRun, wait, key }) =>
        dryRun && (wait !== undefined || key !== undefined)
          ? "--dry-run: starts nothing, so --wait and --key have no meaning; leave them out"
          : undefined,
    },
    async (session, input) => (await import("./verbs/backup.ts")).backup(session, input),
  ),
  verb(
    "prune <policy>",
    {
      description: "show what would be removed and why; --apply carries out exactly that plan",
      example: ["prune", "nightly"],
      args: { policy: name() },
      options: { apply: APPLY_HASH, wait: WAIT },
    },
    async (session, input) => (await import("./verbs/prune.ts")).prune(session, input),
  ),
  verb(
    "delete [snapshot]",
    {
      description: "show what deleting one snapshot, or all broken ones, would do; --apply carries out exactly that",
      example: ["delete", "nightly-20261121t013000z-1-1a2b3", "--repository", "backups"],
      args: { snapshot: name().optional() },
      options: { repository: PIN_REPOSITORY, uuid: UUID, broken: BROKEN, apply: APPLY_HASH, wait: WAIT },
      check: ({ snapshot, broken }) =>
        (snapshot === undefined) === broken ? undefined : "delete: name one snapshot, or give --broken and name none",
    },
    async (session, input) => (await import("./verbs/deletion.ts")).deletion(session, input),
  ),
  verb(
    "plan-prune",
    {
      description: "try retention rules on a history in a file, without ossnap.yaml or a cluster",
      example: ["plan-prune", "--snapshots", "history.json", "--keep-daily", "7", "--keep-weekly", "4", "--time-zone", "Asia/Shanghai"],
      options: { snapshots: HISTORY_FILE, ...KEEP_OPTIONS, timeZone: TIME_ZONE, now: NOW },
      check: ({ keepLast, keepHourly, keepDaily, keepWeekly, keepMonthly, keepYearly, keepWithin }) =>
        [keepLast, keepHourly, keepDaily, keepWeekly, keepMonthly, keepYearly, keepWithin].some((rule) => (rule ?? 0) > 0)
          ? undefined
          : NO_RULE,
    },
    async (session, input) => (await import("./verbs/planPrune.ts")).planPruneOf(session, input),
  ),
  verb(
    "import <tool> <file>",
    {
      description: "convert an action file of Elasticsearch Curator to policies, and say what has no equivalent; without ossnap.yaml",
      example: ["import", "curator", "actions.yml"],
      args: { tool: TOOL, file: name() },
    },
    async (session, input) => (await import("./verbs/importCurator.ts")).importCurator(session, input),
  ),
  verb(
    "copy <name>",
    {
      description: "copy the snapshots that an entry of copies selects; --dry-run shows what there is to do",
      example: ["copy", "aws-to-oss", "--wait", "2h"],
      args: { name: name() },
      options: { dryRun: COPY_DRY_RUN, check: CHECK, wait: WAIT, key: KEY },
      check: ({ dryRun, check, wait, key }) => {
        if (!dryRun) return undefined;
        if (check) return `--check: ${CHECK_DRY}`;
        return wait !== undefined || key !== undefined
          ? "--dry-run: starts nothing, so --wait and --key have no meaning; leave them out"
          : undefined;
      },
    },
    async (session, input) => (await import("./verbs/copy.ts")).copy(session, input),
  ),
  verb(
    "verify <place>",
    {
      description: "prove snapshots whole from the bucket alone: a URL (oss://, s3://, file:///) or a repository or watch of ossnap.yaml",
      example: ["verify", "moved-movies", "--snapshot", "latest", "--sample", "5%"],
      args: { place: name() },
      options: { snapshot: SNAPSHOT, level: LEVEL, sample: SAMPLE },
      check: ({ sample, level }) =>
        sample !== undefined && level !== undefined && level !== "contents"
          ? `--sample: level ${level} reads no contents; leave --level out or write --level contents`
          : undefined,
    },
    async (session, input) => (await import("./verbs/verify.ts")).verify(session, input),
  ),
  RESTORE_VERB,
  verb(
    "snapshots [place]",
    {
      description:
        "list snapshots, whether they are proven, and why they are kept; with a URL, or a repository or watch of ossnap.yaml: from the bucket alone",
      example: ["snapshots", "--policy", "nightly"],
      args: { place: name().optional() },
      options: { policy: ONE_POLICY, repository: ONE_REPOSITORY },
      check: ({ place, policy, repository }) =>
        place !== undefined && (policy !== undefined || repository !== undefined)
          ? `${place}: a place is not combined with --policy or --repository, which select from the clusters' lists; leave one out`
          : undefined,
    },
    async (session, input) => (await import("./verbs/snapshots.ts")).snapshots(session, input),
  ),
  verb(
    "pin <snapshot>",
    {
      description: "keep one snapshot until the pin is removed or expires, whatever the rules say",
      example: ["pin", "nightly-20261121t013000z-1-1a2b3", "--repository", "backups", "--because", "audit of 2026"],
      args: { snapshot: name() },
      options: { repository: PIN_REPOSITORY, because: BECAUSE, until: UNTIL },
    },
    async (session, input) => (await import("./verbs/pins.ts")).pin(session, input),
  ),
  verb(
    "unpin <snapshot>",
    {
      description: "remove a pin; the rules decide again",
      example: ["unpin", "nightly-20261121t013000z-1-1a2b3", "--repository", "backups"],
      args: { snapshot: name() },
      options: { repository: PIN_REPOSITORY },
    },
    async (session, input) => (await import("./verbs/pins.ts")).unpin(session, input),
  ),
  verb("pins", { description: "what is pinned, by whom and why", example: ["pins"] }, async (session) =>
    (await import("./verbs/pins.ts")).pins(session),
  ),
  verb(
    "jobs",
    {
      description: "list open jobs, then the newest finished ones",
      example: ["jobs", "--open", "--kind", "backup"],
      options: { open: OPEN, kind: KIND, limit: LIMIT },
    },
    async (session, input) => (await import("./verbs/jobs.ts")).jobs(session, input),
  ),
  verb(
    "jobs show <id>",
    { description: "show one job and its history", example: ["jobs", "show", "backup-nightly-20261121t013000z"], args: { id: name() } },
    async (session, { id }) => (await import("./verbs/jobs.ts")).showOne(session, id),
  ),
  verb(
    "jobs cancel <id>",
    {
      description: "stop a job and undo its unfinished work",
      example: ["jobs", "cancel", "backup-nightly-20261121t013000z", "--yes"],
      args: { id: name() },
      options: { yes: YES("do not ask for confirmation") },
    },
    async (session, input) => (await import("./verbs/jobs.ts")).cancel(session, input),
  ),
  verb(
    "jobs resume <id>",
    {
      description: "let a restore that waits because of writes move its alias; they are not found any more",
      example: ["jobs", "resume", "restore-9f2c1a7be04d5566"],
      args: { id: name() },
    },
    async (session, { id }) => (await import("./verbs/jobs.ts")).resumeOne(session, id),
  ),
  verb(
    "jobs rollback <id>",
    {
      description: "move a restore's alias back to the index that it had before, or restore what it overwrote; --yes does it",
      example: ["jobs", "rollback", "restore-9f2c1a7be04d5566", "--yes"],
      args: { id: name() },
      options: { loseWrites: LOSE_WRITES, yes: YES("do it"), wait: WAIT },
    },
    async (session, input) => (await import("./verbs/rollback.ts")).rollback(session, input),
  ),
  ...REPOSITORY_VERBS,
  ...MIGRATE_VERBS,
  verb(
    "tick",
    { description: "one turn of what the functions do each minute, where there are none: for a timer of yours", example: ["tick"] },
    async (session) => (await import("./verbs/tick/tick.ts")).tick(session),
  ),
  verb("pause", { description: "make no more changes until resume", example: ["pause"] }, async (session) =>
    (await import("./verbs/pause.ts")).pause(session, true),
  ),
  verb("resume", { description: "continue after a pause, and check again what was put aside", example: ["resume"] }, async (session) =>
    (await import("./verbs/pause.ts")).pause(session, false),
  ),
];
