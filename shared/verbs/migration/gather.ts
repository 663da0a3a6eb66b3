import type { SwapResult } from "../../jobs/aliasSwap.ts";
import { readOpenWork } from "../../jobs/openWork.ts";
import { type RepositoryQuestion, repositoryState } from "../../jobs/registration.ts";
import { configured, type World } from "../../jobs/world.ts";
import type { ClusterIndex } from "../../model/cluster.ts";
import { hasCode } from "../../model/errors.ts";
import { becauseOf, type Reason, reason } from "../../model/reason.ts";
import { isBlocked } from "../../plan/aliases/moves.ts";
import { dryRollback } from "../rollback/ask.ts";
import { type Looked, writesOn } from "../rollback/gather.ts";
import { partId } from "./names.ts";
import { openJobsOf } from "./openJobs.ts";
import { lookAtSource, movedIndices } from "./source.ts";
import { LIFTING, newestPart } from "./step.ts";
import { targetRefusal } from "./targetChecks.ts";
import type { CutOver, MigrationJob, MigrationObservation, Part, PartSeen } from "./types.ts";

/** Looks at the part that is under way, and at the source while its writes matter. */
export async function gatherMigration(world: World, job: MigrationJob): Promise<MigrationObservation> {
  const { input } = job.intent;
  const { data } = job.head;
  const unnoted = await unnotedPart(world, job);
  if (unnoted) return { unnoted };
  const newest = newestPart(data);
  const part = newest && (await partSeen(world, data.parts[newest] ?? ""));
  if (input.mode === "rollback") return { part, ...(await rollbackSeen(world, job)) };
  const isEnding = data.failing !== undefined || job.head.cancelling !== undefined;
  if (isEnding) return { part, ...(await endingSeen(world, job)) };
  const isLookedAt = input.mode === "sync" && (data.looked !== undefined || input.ofSlot === true);
  if (data.parts.backup !== undefined || isLookedAt) return { part };
  const rival = data.looked || data.blocked ? undefined : await rivalOf(world, job);
  return { part, ...(rival === undefined ? await sourceSeen(world, job) : { rival }) };
}

/** A part that was asked for by an instance that died before it noted the part: whatever this job does next, that part is its own. */
async function unnotedPart(world: World, job: MigrationJob): Promise<MigrationObservation["unnoted"]> {
  const { claim, data } = job.head;
  if (claim?.effect !== "ask") return undefined;
  const { part } = claim.args as { part: Part };
  const id = partId(job, part);
  if (data.parts[part] !== undefined || (!(await world.log.done(id)) && !(await world.log.read(id)))) return undefined;
  return { part, id };
}

/** Of a job that ends: what it blocked and has not lifted yet. */
async function endingSeen(
  world: World,
  { intent: { input }, head: { data } }: MigrationJob,
): Promise<Pick<MigrationObservation, "blocked">> {
  const { blocked = [] } = data;
  return blocked.length === 0 ? {} : { blocked: stillBlocked(await world.cluster(input.source).listIndices(), blocked) };
}

/** Before the snapshot: what was written, and what takes no writes. */
async function sourceSeen(
  world: World,
  job: MigrationJob,
): Promise<Pick<MigrationObservation, "blocked" | "moved" | "look" | "register" | "refusal">> {
  const { input } = job.intent;
  const source = world.cluster(input.source);
  const existing = await source.listIndices();
  const indices = movedIndices(world, input.name, existing);
  const blocked = existing.filter(takesNoWrites).map(({ name }) => name);
  const moved = indices.map(({ name }) => name);
  const seen = { blocked, moved, register: await ownNeed(world, job), refusal: await atTarget(world, job, indices) };
  // Each block is a step of its own, and each look a request per index.
  const isBlocking = input.blockWrites && seen.moved.some((name) => !blocked.includes(name));
  return isBlocking ? seen : { ...seen, look: await lookAtSource(source, indices) };
}

/** Looked for before the first block, and again right before the snapshot. */
async function atTarget(world: World, { intent, head }: MigrationJob, indices: readonly ClusterIndex[]): Promise<Reason | undefined> {
  const { looked, blocked, times } = head.data;
  if ((looked !== undefined || blocked !== undefined) && times.stopped === undefined) return undefined;
  const { name: migration, mode, target } = intent.input;
  return targetRefusal(world, { migration, mode, target, indices });
}

/** A person may have blocked it otherwise; it then takes no writes either. */
function takesNoWrites(index: ClusterIndex): boolean {
  return ["write", "read_only", "read_only_allow_delete"].some((block) => isBlocked(index, block));
}

function stillBlocked(existing: readonly ClusterIndex[], blocked: readonly string[]): string[] {
  return existing.filter((index) => blocked.includes(index.name) && isBlocked(index, "write")).map(({ name }) => name);
}

/** Two may have been asked for at once; of two that have done nothing yet the earlier one goes first. */
async function rivalOf(world: World, { id, intent, createdAt }: MigrationJob): Promise<string | undefined> {
  const { jobs } = await readOpenWork(world);
  const rank = (at: Date, of: string) => `${at.toISOString()} ${of}`;
  return openJobsOf(jobs, intent.input.name).find(
    (other) => other.id !== id && (other.head.state !== "asked" || rank(other.createdAt, other.id) < rank(createdAt, id)),
  )?.id;
}

async function partSeen(world: World, id: string): Promise<PartSeen | undefined> {
  const done = await world.log.done(id);
  if (done) return { isOpen: false, state: done.state, reason: done.reason, result: (done.result ?? {}) as Record<string, unknown> };
  const open = await world.log.read(id);
  const { reason: why, trouble, cancelling } = open?.head ?? {};
  return open && { isOpen: true, reason: trouble ?? why ?? reason("migration.starting"), cancelling: cancelling !== undefined };
}

/** The repository of the policy that takes over on the target. */
export function ownRepository(
  world: World,
  { backups, target }: { backups?: string | undefined; target: string },
): RepositoryQuestion | undefined {
  if (backups === undefined) return undefined;
  const { repository } = configured(world.config, "backups", backups);
  const { register } = configured(world.config, "repositories", repository);
  return register && { cluster: target, name: repository, register };
}

async function ownNeed(world: World, { intent: { input } }: MigrationJob): Promise<MigrationObservation["register"]> {
  const question = input.mode === "cutover" ? ownRepository(world, input) : undefined;
  const need = question && (await repositoryState(world, question)).need;
  if (need === undefined) return undefined;
  return "fault" in need ? need : { need: "register" };
}

async function rollbackSeen(
  world: World,
  { intent: { input }, head: { data, state } }: MigrationJob,
): Promise<Pick<MigrationObservation, "blocked" | "refusal" | "hasEarlier">> {
  const { cut, target, loseWrites, keepAliases } = input;
  if (cut === undefined) return {};
  // What was written is counted before the first step alone: half of a source that takes writes again would be worse.
  const isBegun = data.parts.rollback !== undefined || data.times.cut !== undefined || state === LIFTING;
  const { hasEarlier, refusal } = isBegun
    ? { hasEarlier: data.parts.rollback !== undefined, refusal: undefined }
    : await wayBack(world, { cut, target, loseWrites, keepAliases });
  const existing = cut.blocked.length === 0 ? [] : await world.cluster(input.source).listIndices();
  return { blocked: stillBlocked(existing, cut.blocked), hasEarlier, refusal };
}

interface WayBack {
  cut: Pick<CutOver, "restore">;
  target: string;
  loseWrites?: boolean | undefined;
  keepAliases?: boolean | undefined;
}

/** Whether the aliases go back to other indices, and why they must not; `writes` on the target since, or `null` if unknown. */
export async function wayBack(
  world: World,
  { cut, target, loseWrites, keepAliases }: WayBack,
): Promise<{ hasEarlier: boolean; refusal: Reason | undefined; writes: number | null }> {
  const restored = await world.log.done(cut.restore);
  const { before = [], indices = [] } = (restored?.result ?? {}) as Partial<SwapResult>;
  const hasEarlier = before.length > 0 && !keepAliases;
  const cluster = world.cluster(target);
  const existing = await cluster.listIndices();
  let writes: number | null = restored ? 0 : null;
  let refusal = restored ? undefined : reason("rollback.writesUnknown", { index: cut.restore, because: "writes.noCount" });
  const asked = indices.map(({ as, uuid, operations }) => ({ name: as, uuid, operations }));
  const counted = await writesOn(cluster, asked, existing);
  for (const { index, seen } of counted) {
    if ("unknown" in seen) refusal ??= reason("rollback.writesUnknown", becauseOf(seen.unknown, { index }));
    else if (seen.writes > 0) refusal ??= reason("rollback.writes", { index, writes: seen.writes });
    writes = writes === null || "unknown" in seen ? null : writes + seen.writes;
  }
  const inTheWay = hasEarlier ? await refusalOfAliases(world, cut.restore, counted) : undefined;
  return { hasEarlier, refusal: inTheWay ?? (loseWrites ? undefined : refusal), writes };
}

/** Such as an index that was deleted since, or an alias that was moved. */
async function refusalOfAliases(world: World, restore: string, counted: Looked["counted"]): Promise<Reason | undefined> {
  try {
    const { refusal } = await dryRollback(world, { restore, loseWrites: true }, { counted });
    return refusal === null ? undefined : reason("migration.aliasesStuck", becauseOf(refusal));
  } catch (error) {
    if (!hasCode(error, "conflict", "invalid") || !error.reason) throw error;
    return reason("migration.aliasesStuck", becauseOf(error.reason));
  }
}
