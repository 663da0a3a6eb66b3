import * as z from "zod";
import { KEY, KMS_KEY_ARN, LOSE_WRITES, name, START, WAIT } from "./options.ts";
import { type Verb, verb } from "./verb.ts";

const DRY_RUN = { flags: "--dry-run", text: "show the checks; start nothing", value: z.boolean().default(false) };
const KEEP_ALIASES = { flags: "--keep-aliases", text: "leave the aliases of the target where they are", value: z.boolean().default(false) };
const BLOCK_WRITES = { flags: "--block-writes", text: "let it block writes on the source", value: z.boolean().default(false) };

/** The verbs about moving from one cluster to another. */
export const MIGRATE_VERBS: readonly Verb[] = [
  verb(
    "migrate status [name]",
    {
      description: "where migrations stand: the last pass, how far the source is ahead, the cut-over",
      example: ["migrate", "status"],
      args: { name: name().optional() },
    },
    async (session, input) => (await import("../verbs/migration/status.ts")).migrationStatus(session, input),
  ),
  verb(
    "migrate sync <name>",
    {
      description: "make a pass: snapshot, copy, restore beside, move the aliases; --dry-run shows it",
      example: ["migrate", "sync", "movies"],
      args: { name: name() },
      options: { dryRun: DRY_RUN, key: KEY, wait: WAIT },
    },
    async (session, { dryRun, ...input }) =>
      (await import("../verbs/migration/migrate.ts")).migrate(session, { ...input, mode: "sync", start: !dryRun }),
  ),
  verb(
    "migrate cutover <name>",
    {
      description: "show the last pass, after which the target serves; --start makes it",
      example: ["migrate", "cutover", "movies"],
      args: { name: name() },
      options: { blockWrites: BLOCK_WRITES, start: START, key: KEY, wait: WAIT },
    },
    async (session, input) => (await import("../verbs/migration/migrate.ts")).migrate(session, { ...input, mode: "cutover" }),
  ),
  verb(
    "migrate rollback <name>",
    {
      description: "show the way back from a cut-over; --start takes it back",
      example: ["migrate", "rollback", "movies"],
      args: { name: name() },
      options: { loseWrites: LOSE_WRITES, keepAliases: KEEP_ALIASES, start: START, key: KEY, wait: WAIT },
    },
    async (session, input) => (await import("../verbs/migration/migrate.ts")).migrate(session, { ...input, mode: "rollback" }),
  ),
  verb(
    "migrate policies <name>",
    {
      description: "what to grant at Amazon so that a repository on one of its domains can be registered, written and copied",
      example: ["migrate", "policies", "movies-aws"],
      args: { name: name() },
      options: { kmsKey: KMS_KEY_ARN },
    },
    async (session, input) => (await import("../verbs/migration/policies.ts")).policies(session, input),
  ),
];
