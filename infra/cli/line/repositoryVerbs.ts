import { APPLY, INSTANCE_FROM, name, OVERWRITE, TO, YES } from "./options.ts";
import { type Verb, verb } from "./verb.ts";

/** The verbs about repositories of clusters; `shared` is about those that Alibaba Cloud registers. */
export const REPOSITORY_VERBS: readonly Verb[] = [
  verb("repositories", { description: "compare every repository with its registration", example: ["repositories"] }, async (session) =>
    (await import("../verbs/repositories.ts")).repositories(session),
  ),
  verb(
    "repositories register <name>",
    {
      description: "show what would be registered; --apply does it",
      example: ["repositories", "register", "movies", "--apply"],
      args: { name: name() },
      options: { apply: APPLY, overwrite: OVERWRITE },
    },
    async (session, input) => (await import("../verbs/repositories.ts")).register(session, input),
  ),
  verb(
    "shared list <cluster>",
    {
      description: "instances of Alibaba Cloud whose automatic snapshots a cluster of ossnap.yaml can restore, and those that it could",
      example: ["shared", "list", "target"],
      args: { cluster: name() },
    },
    async (session, input) => (await import("../verbs/sharing/sharing.ts")).list(session, input),
  ),
  verb(
    "shared add <instance>",
    {
      description: "share an instance's automatic snapshots with a cluster: show what would be done; --yes does it",
      example: ["shared", "add", "es-cn-0pp1jxvcl000z", "--to", "target", "--yes"],
      args: { instance: name() },
      options: { to: TO, yes: YES("do it") },
    },
    async (session, { instance, to, yes }) =>
      (await import("../verbs/sharing/sharing.ts")).change(session, { kind: "add", instance, cluster: to, yes }),
  ),
  verb(
    "shared remove <instance>",
    {
      description: "end the sharing; snapshots and restored indices stay: show what would be done; --yes does it",
      example: ["shared", "remove", "es-cn-0pp1jxvcl000z", "--from", "target", "--yes"],
      args: { instance: name() },
      options: { from: INSTANCE_FROM, yes: YES("do it") },
    },
    async (session, { instance, from, yes }) =>
      (await import("../verbs/sharing/sharing.ts")).change(session, { kind: "remove", instance, cluster: from, yes }),
  ),
];
