import * as z from "zod";
import { KMS_KEY, KMS_KEY_WRONG } from "../../model/amazon/kmsKey.ts";
import { AppError } from "../../model/errors.ts";
import { showPolicies } from "../../verbs/migration/policies.ts";
import type { MigrationMode } from "../../verbs/migration/types.ts";
import { migrationRefusal } from "../refusalText.ts";
import { accepted } from "./accepted.ts";
import type { Call, Route } from "./call.ts";
import { type HttpAnswer, json, problem } from "./problem.ts";
import { route } from "./route.ts";

const empty = z.strictObject({}).default({});
const syncBody = z.strictObject({ dryRun: z.boolean().default(false) }).prefault({});
const cutoverBody = z.strictObject({ start: z.boolean().default(false), blockWrites: z.boolean().default(false) }).prefault({});
const rollbackBody = z
  .strictObject({ start: z.boolean().default(false), loseWrites: z.boolean().default(false), keepAliases: z.boolean().default(false) })
  .prefault({});

/** A pass is made at once; the cut-over and its way back are dry runs without `start`. */
export const MIGRATION_ROUTES: readonly Route[] = [
  {
    ...route(
      "GET",
      "/migrations",
      empty,
      () => false,
      async ({ world, query }) => json(200, { data: await (await import("./acting.ts")).showMigrations(world, query.name), next: null }),
    ),
    queries: ["name"],
  },
  route(
    "GET",
    "/migrations/{name}",
    empty,
    () => false,
    async ({ world, params }) => json(200, (await (await import("./acting.ts")).showMigrations(world, params.name ?? ""))[0]),
  ),
  {
    ...route(
      "GET",
      "/migrations/{name}/policies",
      empty,
      () => false,
      async ({ world, params, query }) => json(200, showPolicies(world.config, params.name ?? "", { kmsKey: keyOf(query.kmsKey) })),
    ),
    queries: ["kmsKey"],
  },
  route(
    "POST",
    "/migrations/{name}/sync",
    syncBody,
    ({ dryRun }) => !dryRun,
    (call) => answer(call, "sync", !call.body.dryRun, {}),
  ),
  route(
    "POST",
    "/migrations/{name}/cutover",
    cutoverBody,
    ({ start }) => start,
    (call) => answer(call, "cutover", call.body.start, { blockWrites: call.body.blockWrites }),
  ),
  route(
    "POST",
    "/migrations/{name}/rollback",
    rollbackBody,
    ({ start }) => start,
    (call) => answer(call, "rollback", call.body.start, { loseWrites: call.body.loseWrites, keepAliases: call.body.keepAliases }),
  ),
];

async function answer(
  call: Call<unknown>,
  mode: MigrationMode,
  starts: boolean,
  consent: { blockWrites?: boolean; loseWrites?: boolean; keepAliases?: boolean },
): Promise<HttpAnswer> {
  const { planMigration, startMigration } = await import("./acting.ts");
  const { world, params, asked, key, fingerprint } = call;
  const request = { name: params.name ?? "", mode, ...consent };
  if (!starts) return json(200, await planMigration(world, request));
  const outcome = await startMigration(world, request, asked, { key, fingerprint });
  if ("created" in outcome) return accepted(call, outcome.created);
  const refusals = outcome.refused.checks.filter(({ result }) => result === "refuse");
  const { say } = await import("../../words/say.ts");
  return problem("migration-refused", migrationRefusal(mode, refusals, say), call.request, { refusals, plan: outcome.refused });
}

function keyOf(text: string | undefined): string | undefined {
  if (text === undefined || KMS_KEY.test(text)) return text;
  throw new AppError("invalid", `kmsKey: ${JSON.stringify(text)} ${KMS_KEY_WRONG}`);
}
