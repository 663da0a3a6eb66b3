import * as z from "zod";
import { isFinal } from "../../jobs/record.ts";
import { AppError } from "../../model/errors.ts";
import { sha256 } from "../../model/hash.ts";
import { reason } from "../../model/reason.ts";
import { PROOF_LEVELS } from "../../model/repository.ts";
import { slotOf } from "../../model/slot.ts";
import { askBackup } from "../../verbs/backup/ask.ts";
import { CHECK_DRY } from "../../verbs/copy/types.ts";
import { cancelJob, resumeJob, setPaused } from "../../verbs/jobs/ask.ts";
import { listJobsAndUnread, showJob } from "../../verbs/jobs/show.ts";
import { listPins, pinSnapshot, unpinSnapshot } from "../../verbs/pins/apply.ts";
import { backupText, pinExpiry, pinText } from "../../verbs/pins/gather.ts";
import { registerByHand } from "../../verbs/repositories/apply.ts";
import { gatherRegistration } from "../../verbs/repositories/gatherRegistration.ts";
import { listRepositories } from "../../verbs/repositories/show.ts";
import { listSnapshotsAndUnseen } from "../../verbs/snapshots/show.ts";
import { showStatus } from "../../verbs/status/show.ts";
import { importCuratorText } from "../importCurator.ts";
import { refusalText } from "../refusalText.ts";
import { accepted } from "./accepted.ts";
import type { Call, Route } from "./call.ts";
import { answerDeletion, deletionBody } from "./deletion.ts";
import { MIGRATION_ROUTES } from "./migrations.ts";
import { json, problem } from "./problem.ts";
import { restoreBody } from "./restoreBody.ts";
import { answerRollback, rollbackBody } from "./rollback.ts";
import { route } from "./route.ts";
import { SHARING_ROUTES } from "./sharing.ts";
import { nameText } from "./texts.ts";

const never = () => false;
const always = () => true;

const empty = z.strictObject({}).default({});
/** `warnings`: what could not be shown beside the others. */
const list = (data: unknown, warnings: readonly unknown[] = []) =>
  json(200, { data, next: null, ...(warnings.length > 0 && { warnings }) });

/** Every path of the API: the router and any description of the API iterate over this table. */
export const ROUTES: readonly Route[] = [
  route("GET", "/status", empty, never, async ({ world }) =>
    json(200, await showStatus(world, await listJobsAndUnread(world, { open: true }))),
  ),
  {
    ...route("GET", "/snapshots", empty, never, async ({ world, query }) => {
      const { rows, unseen } = await listSnapshotsAndUnseen(world, query);
      return list(rows, unseen);
    }),
    queries: ["policy", "repository"],
  },
  route("GET", "/repositories", empty, never, async ({ world }) =>
    json(200, { data: await listRepositories(world), next: null, warnings: world.warnings ?? [] }),
  ),
  route(
    "POST",
    "/repositories/{name}",
    z.strictObject({ overwrite: z.boolean().default(false), dryRun: z.boolean().default(false) }).prefault({}),
    ({ dryRun }) => !dryRun,
    async ({ world, params: { name = "" }, body: { dryRun, ...body } }) =>
      json(200, dryRun ? await gatherRegistration(world, name) : await registerByHand(world, name, body)),
  ),
  ...SHARING_ROUTES,
  ...MIGRATION_ROUTES,
  {
    ...route("GET", "/jobs", empty, never, async ({ world, query }) => {
      const { rows, unread } = await listJobsAndUnread(world, jobQuestion(query));
      return list(rows, unread);
    }),
    queries: ["kind", "open", "limit"],
  },
  {
    ...route("GET", "/jobs/{id}", empty, never, async ({ world, params, query }) => {
      const now = yesOrNo("look", query.look) ? (await import("./acting.ts")).jobNow : undefined;
      return json(200, await showJob(world, params.id ?? "", now));
    }),
    queries: ["look"],
  },
  route("DELETE", "/jobs/{id}", empty, always, async ({ world, params, asked }) => {
    const job = await cancelJob(world, params.id ?? "", asked);
    if (!isFinal(job.state)) return json(202, job);
    throw new AppError("conflict", `job ${job.id} is finished already (${job.state}); nothing was changed`, {
      reason: reason("job.alreadyDone"),
    });
  }),
  route("POST", "/jobs/{id}/resume", empty, always, async ({ world, params, asked }) =>
    json(202, await resumeJob(world, params.id ?? "", asked)),
  ),
  route("POST", "/jobs/{id}/rollback", rollbackBody, ({ start }) => start, answerRollback),
  route("GET", "/pins", empty, never, async ({ world }) => list(await listPins(world))),
  route(
    "POST",
    "/pins",
    z.strictObject({
      repository: nameText,
      snapshot: nameText,
      because: pinText,
      until: pinExpiry.optional(),
    }),
    always,
    async ({ world, body, asked }) => json(200, await pinSnapshot(world, body, asked.who)),
  ),
  route("DELETE", "/pins/{repository}/{snapshot}", empty, always, async ({ world, params }) =>
    json(200, await unpinSnapshot(world, params.repository ?? "", params.snapshot ?? "")),
  ),

  route("POST", "/pause", empty, always, async ({ world, asked }) => json(200, await setPaused(world, true, asked.who))),
  route("POST", "/resume", empty, always, async ({ world, asked }) => json(200, await setPaused(world, false, asked.who))),

  {
    ...route(
      "POST",
      "/adopt",
      z.strictObject({ apply: z.boolean().default(false), takeOver: z.array(nameText).default([]) }).prefault({}),
      ({ apply }) => apply,
      async ({ world, body: { apply, takeOver }, asked }) => {
        const { adopt, planAdoption } = await import("./acting.ts");
        return json(200, apply ? await adopt(world, asked, takeOver) : await planAdoption(world, asked, takeOver));
      },
    ),
    adopting: true,
  },

  route(
    "POST",
    "/backups/{policy}",
    z.strictObject({ dryRun: z.boolean().default(false), because: backupText.optional() }).prefault({}),
    ({ dryRun }) => !dryRun,
    async (call) => {
      const { world, params, asked, key, fingerprint, body } = call;
      const [policy, because] = [params.policy ?? "", body.because];
      if (body.dryRun) return json(200, await (await import("./acting.ts")).previewBackup(world, policy, { who: asked.who, because }));
      const slot = slotOf(world.clock.now());
      return accepted(call, await askBackup(world, { policy, slot, asked, fingerprint, because, ...(key === undefined ? {} : { key }) }));
    },
  ),

  route(
    "POST",
    "/prunes/{policy}",
    z.strictObject({ apply: z.string().min(1).optional() }).default({}),
    ({ apply }) => apply !== undefined,
    async (call) => {
      const { applyPrune, dryPrune } = await import("./acting.ts");
      const { world, params, body, asked } = call;
      if (body.apply === undefined) return json(200, await dryPrune(world, params.policy ?? ""));
      return accepted(call, await applyPrune(world, params.policy ?? "", body.apply, asked));
    },
  ),

  route("POST", "/deletions", deletionBody, ({ apply }) => apply !== undefined, answerDeletion),

  route("POST", "/imports/curator", z.strictObject({ file: z.string().min(1) }), never, async ({ body }) =>
    json(200, importCuratorText(body.file)),
  ),

  route(
    "POST",
    "/copies/{name}",
    z
      .strictObject({ dryRun: z.boolean().default(false), check: z.boolean().default(false) })
      .refine(({ dryRun, check }) => !(dryRun && check), { message: CHECK_DRY, path: ["check"] })
      .prefault({}),
    ({ dryRun }) => !dryRun,
    async (call) => {
      const { askCopy, previewCopy } = await import("./acting.ts");
      const { world, params, asked, key, fingerprint, body } = call;
      const name = params.name ?? "";
      if (body.dryRun) return json(200, await previewCopy(world, name));
      return accepted(call, await askCopy(world, name, asked, { key, fingerprint, check: body.check }));
    },
  ),

  route(
    "POST",
    "/verifications",
    z.strictObject({
      repository: nameText,
      snapshot: nameText.default("latest"),
      level: z.enum(PROOF_LEVELS).default("footers"),
    }),
    always,
    async (call) => {
      const { askVerification } = await import("./acting.ts");
      const key = call.key ?? call.world.newKey();
      return accepted(call, await askVerification(call.world, call.body, call.asked, { key, fingerprint: call.fingerprint }));
    },
  ),

  route(
    "POST",
    "/restores",
    restoreBody(),
    ({ start }) => start,
    async (call) => {
      const { preflightRestore, startRestore } = await import("./acting.ts");
      const { start, ...request } = call.body;
      if (!start) return json(200, await preflightRestore(call.world, request, { key: call.key }));
      const outcome = await startRestore(call.world, request, call.asked, { key: call.key, fingerprint: call.fingerprint });
      if ("created" in outcome) return accepted(call, outcome.created);
      const { checks } = outcome.refused;
      const refusals = checks.filter(({ result }) => result === "refuse");
      const { say } = await import("../../words/say.ts");
      return problem("restore-refused", refusalText(checks, say), call.request, { refusals, preflight: outcome.refused });
    },
  ),
];

function jobQuestion({ kind, open, limit }: Call["query"]) {
  return {
    open: yesOrNo("open", open),
    ...(kind === undefined ? {} : { kind }),
    ...(limit === undefined ? {} : { limit: wholeNumber("limit", limit) }),
  };
}

/** `?open` and `?open=true`; anything else that is not `false` is a slip, not a yes. */
function yesOrNo(name: string, text: string | undefined): boolean {
  if (text === undefined || text === "false") return false;
  if (text === "true" || text === "") return true;
  throw new AppError("invalid", `${name}: ${JSON.stringify(text)} is neither true nor false; write one of the two, or leave it out`);
}

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new AppError("invalid", `${name}: ${JSON.stringify(text)} is not a number; write one of digits alone, or leave it out`);
}

/** Distinguishes requests under the same key. */
export function fingerprintOf(method: string, path: string, body: unknown): string {
  return sha256(JSON.stringify([method, path, body]));
}
