import { readOpenWork } from "../../jobs/openWork.ts";
import { configured, type World } from "../../jobs/world.ts";
import { messageOf } from "../../model/errors.ts";
import type { Reason } from "../../model/reason.ts";
import { slotTime } from "../../model/slot.ts";
import { readOpen } from "../../notices/generations.ts";
import { raiseNotice, resolveNotice } from "../../notices/notices.ts";
import { lagBetween } from "../../plan/migration/sourceWrites.ts";
import { type ComingSlot, nextSlots } from "../../plan/slots.ts";
import { stateKey } from "../../state/keys.ts";
import { readObject, writeObject } from "../../state/objects.ts";
import { openJobsOf } from "./openJobs.ts";
import { clustersOf, documentsOf, lookAtSource, movedIndices } from "./source.ts";
import { QUIET_MS } from "./step.ts";
import type { CutOver, LastPass, MigrationJob } from "./types.ts";

type Standing = "new" | "synced" | "cut over";

/** One migration as it stands. */
export interface MigrationStatus {
  migration: string;
  source: string;
  target: string;
  /** `new` before the first pass; `cut over` until a rollback. */
  state: Standing;
  /** The open job. */
  job?: { id: string; mode: string; reason: Reason };
  /** Of the last pass, cut-over or way back, while no later one has succeeded. */
  failed?: { at: string; reason: Reason };
  last?: Omit<LastPass, "looked">;
  cut?: CutOver;
  /** Since the snapshot of the last pass: the documents that the source has more, its operations (`null` if unknown), and seconds. */
  lag?: { documents: number | null; operations: number | null; seconds: number };
  /** Why the lag is not known. */
  fault?: string;
  /** The next passes by the schedule; none after the cut-over. */
  next: ComingSlot[];
  timeZone: string;
}

const SLOTS_SHOWN = 3;
const failedKey = (migration: string) => `migration-failed:${migration}`;

/** The two looks of a cut-over are a minute apart at least, and wait for a tick each. */
const LOOKS_SECONDS = (2 * QUIET_MS) / 1000;

/** How long the last pass of a cut-over takes, as the last one took; a cut-over itself was one, with the time between its looks. */
export function cutOverSeconds({ mode, seconds: { total } }: Pick<LastPass, "mode" | "seconds">): number | undefined {
  if (total === undefined) return undefined;
  return mode === "cutover" ? total : total + LOOKS_SECONDS;
}

/** All migrations, or one. @throws AppError `invalid` for a name that is not in ossnap.yaml. */
export async function showMigrations(world: World, name?: string): Promise<MigrationStatus[]> {
  if (name !== undefined) configured(world.config, "migrations", name);
  const { jobs } = await readOpenWork(world);
  const names = name === undefined ? Object.keys(world.config.migrations) : [name];
  return Promise.all(names.map((one) => statusOf(world, one, openJobsOf(jobs, one)[0])));
}

async function statusOf(world: World, migration: string, open: MigrationJob | undefined): Promise<MigrationStatus> {
  const { schedule } = configured(world.config, "backups", migration);
  const cut = await readObject<CutOver>(world.state, stateKey.cutOver(migration));
  const last = await readObject<LastPass>(world.state, stateKey.lastPass(migration));
  const failure = await readOpen(world, failedKey(migration));
  const { looked, ...shown } = last ?? {};
  const lag = last && !cut ? await lagOf(world, migration, last) : {};
  return {
    migration,
    ...clustersOf(world, migration),
    state: standing(cut, last),
    ...(open ? { job: { id: open.id, mode: open.intent.input.mode, reason: open.head.trouble ?? open.head.reason } } : {}),
    ...(failure && !failure.fact.ending ? { failed: { at: failure.fact.since, reason: failure.fact.reason } } : {}),
    ...(last ? { last: shown as Omit<LastPass, "looked"> } : {}),
    ...(cut ? { cut } : {}),
    ...lag,
    next: cut ? [] : nextSlots(schedule, world.clock.now(), SLOTS_SHOWN),
    timeZone: schedule.timeZone,
  };
}

function standing(cut: CutOver | undefined, last: LastPass | undefined): Standing {
  if (cut) return "cut over";
  return last ? "synced" : "new";
}

/** The source may not answer; the rest of the status does. */
async function lagOf(world: World, migration: string, last: LastPass): Promise<Pick<MigrationStatus, "lag" | "fault">> {
  // The source's clock may be ahead.
  const seconds = Math.max(0, Math.round((world.clock.now().getTime() - new Date(last.since).getTime()) / 1000));
  try {
    const source = world.cluster(clustersOf(world, migration).source);
    const indices = movedIndices(world, migration, await source.listIndices());
    const documents = (await documentsOf(source, indices)) - last.documents;
    const operations = last.looked ? lagBetween(last.looked, await lookAtSource(source, indices)) : null;
    return { lag: { documents, operations, seconds } };
  } catch (error) {
    return { lag: { documents: null, operations: null, seconds }, fault: messageOf(error) };
  }
}

/** The part of the result that the permanent record stores. */
export function migrationResult(job: MigrationJob): Record<string, unknown> {
  const { intent, head } = job;
  const { name, mode, source, target, cut } = intent.input;
  const { snapshot, parts, restored } = head.data;
  return {
    ...{ migration: name, mode, source, target },
    ...(snapshot === undefined ? {} : { snapshot: snapshot.name, uuid: snapshot.uuid }),
    ...{ parts, seconds: secondsOf(job) },
    ...(restored === undefined ? {} : restored),
    ...(cut === undefined ? {} : { takesBack: cut.job }),
  };
}

/** How long each part took, one after the other. */
function secondsOf({ createdAt, head: { data, at } }: MigrationJob): LastPass["seconds"] {
  const seconds: LastPass["seconds"] = {};
  let since = createdAt.getTime();
  for (const part of ["backup", "copy", "restore", "rollback"] as const) {
    const time = data.times[part];
    if (part === "backup" && data.times.stopped !== undefined) since = new Date(data.times.stopped).getTime();
    if (time === undefined) continue;
    seconds[part] = Math.round((new Date(time).getTime() - since) / 1000);
    since = new Date(time).getTime();
  }
  return { ...seconds, total: Math.round((new Date(at).getTime() - createdAt.getTime()) / 1000) };
}

/** Notes the last pass; reports a failure until a later one succeeds. */
export async function reportMigration(world: World, job: MigrationJob): Promise<void> {
  const { name, mode, slot } = job.intent.input;
  const { state, data, reason: why, at } = job.head;
  const fact = { key: failedKey(name), code: "migration.failed" };
  if (state === "failed") await raiseNotice(world, { ...fact, severity: "bad", reason: why, job: job.id });
  if (state !== "done") return;
  await resolveNotice(world, fact.key, fact.code, why);
  const { before } = job.intent.input.cut ?? {};
  if (mode === "rollback")
    return before ? writeObject(world.state, stateKey.lastPass(name), before) : world.state.delete([stateKey.lastPass(name)]);
  if (data.snapshot === undefined) return;
  const last: LastPass = {
    ...{ job: job.id, mode, at, snapshot: data.snapshot, documents: data.restored?.documents ?? 0, seconds: secondsOf(job) },
    restore: data.parts.restore ?? "",
    ...{ since: data.began ?? data.looked?.at ?? slotTime(slot).toISOString() },
    ...(data.looked ? { looked: data.looked.indices } : {}),
  };
  await writeObject(world.state, stateKey.lastPass(name), last);
}
