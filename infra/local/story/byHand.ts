import type { PrunePlan } from "../../../shared/plan/retention/plan.ts";
import type { JobRow } from "../../../shared/verbs/jobs/show.ts";
import { say } from "../../../shared/words/say.ts";
import { clientOf } from "./client.ts";
import { expectStatus, type Stage } from "./stage.ts";

/** A prune that was applied by a plan's hash, not for a slot. */
const APPLIED = /^prune-nightly-[0-9a-f]{8}$/;

/** Shows the plan, a stale plan, and the plan applied by its hash; applies it once, however often the scene is played. */
export async function applyPruneByHand({ api, screen, jobs, follow, byId }: Stage): Promise<void> {
  const begun = (await jobs("prune")).find(({ id }) => APPLIED.test(id));
  if (begun !== undefined) return void (await follow("the applied prune", () => byId(begun.id)));
  const plan = await api.post<PrunePlan>("/prunes/nightly", {});
  expectStatus(plan.status, 200, "the plan");
  screen.done(`plan ${plan.body.hash}: would keep ${plan.body.keep.length}, would remove ${plan.body.remove.length}`);
  const stale = await api.post("/prunes/nightly", { apply: "00000000" });
  expectStatus(stale.status, 412, "a plan that does not hold");
  const applied = await api.post<JobRow>("/prunes/nightly", { apply: plan.body.hash });
  expectStatus(applied.status, 202, "applying the plan");
  const job = await follow("the applied prune", () => byId(applied.body.id));
  screen.done(`by hand: ${say(job.reason)}`);
}

/** Calls each verb once more as a user would. */
export async function playByHand(stage: Stage): Promise<void> {
  await backupByHand(stage);
  await copyByHand(stage);
  await restoreByHand(stage);
  await verifyByHand(stage);
}

async function backupByHand({ api, screen, follow, byId, settle }: Stage): Promise<void> {
  const key = { "idempotency-key": "backup-by-hand" };
  const backup = await api.post<JobRow>("/backups/nightly", undefined, key);
  expectStatus(backup.status, 202, "a backup by hand");
  const again = await api.post<JobRow>("/backups/nightly", undefined, key);
  if (again.body.id !== backup.body.id) throw new Error("one idempotency key made two backups");
  const job = await follow("the backup by hand", () => byId(backup.body.id));
  screen.done(`POST /backups/nightly: ${say(job.reason)}`);
  await settle();
}

async function copyByHand({ api, screen, follow, byId }: Stage): Promise<void> {
  const copy = await api.post<JobRow>("/copies/aws-to-oss");
  expectStatus(copy.status, 202, "a copy by hand");
  const job = await follow("the copy by hand", () => byId(copy.body.id));
  screen.done(`POST /copies/aws-to-oss: ${say(job.reason)}`);
}

/** Restores beside the serving index, under its own name and without an alias; does a dry run first. */
async function restoreByHand({ api, screen, jobs, follow, byId }: Stage): Promise<void> {
  const served = (await jobs("restore")).find(({ state }) => state === "done") as JobRow;
  const { snapshot } = served.result as { snapshot: string };
  const request = { snapshot, repository: "moved-movies", to: "target", indices: ["movies"], replicas: 0 };
  const preflight = await api.post<{ checks: unknown[]; refused: boolean }>("/restores", { ...request, start: false });
  expectStatus(preflight.status, 200, "a preflight");
  screen.done(`POST /restores, dry: ${preflight.body.checks.length} checks, ${preflight.body.refused ? "refused" : "passed"}`);
  const started = await api.post<JobRow>("/restores", { ...request, start: true });
  expectStatus(started.status, 202, "a restore by hand");
  const job = await follow("the restore by hand", () => byId(started.body.id));
  screen.done(`POST /restores: ${say(job.reason)}`);
}

async function verifyByHand({ api, screen, follow, byId }: Stage): Promise<void> {
  const verification = await api.post<JobRow>("/verifications", { repository: "moved-movies", snapshot: "latest", level: "contents" });
  expectStatus(verification.status, 202, "a verification");
  const job = await follow("the verification", () => byId(verification.body.id));
  screen.done(`POST /verifications: ${say(job.reason)}`);
}

/** Nothing starts while paused; a job cancelled during the pause never starts. */
export async function pauseAndCancel({ host, api, screen, follow, byId }: Stage): Promise<void> {
  expectStatus((await api.post("/pause")).status, 200, "pausing");
  const backup = await api.post<JobRow>("/backups/nightly", undefined, { "idempotency-key": "never-begun" });
  expectStatus(backup.status, 202, "a backup while paused");
  await host.tick();
  expectStatus((await api.delete(`/jobs/${backup.body.id}`)).status, 202, "cancelling it");
  expectStatus((await api.post("/resume")).status, 200, "resuming");
  const job = await follow("the cancelled backup", () => byId(backup.body.id));
  if (job.state !== "cancelled") throw new Error(`the cancelled backup is ${job.state}`);
  screen.done(`POST /pause, DELETE /jobs/${job.id}, POST /resume: ${say(job.reason)}`);
  const viewer = clientOf(host, "viewer");
  expectStatus((await viewer.post("/backups/nightly")).status, 403, "a viewer's backup");
  screen.done("a viewer may read, and is refused everything else");
}
