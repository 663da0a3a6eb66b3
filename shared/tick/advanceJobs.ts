import { type OpenWork, readOpenWork } from "../jobs/openWork.ts";
import { isTimeUp, OUT_OF_TIME, READ_RESERVE_MS, readingInTime } from "../jobs/readingInTime.ts";
import type { Job } from "../jobs/record.ts";
import type { World } from "../jobs/world.ts";
import { AppError, hasCode, messageOf } from "../model/errors.ts";
import { forEachBounded } from "../model/forEachBounded.ts";
import { withLogFields } from "../model/logFields.ts";
import { reason } from "../model/reason.ts";
import { slotOf } from "../model/slot.ts";
import { entryOf, isConfigured } from "../notices/entryOf.ts";
import { greetChannels } from "../notices/greetChannels.ts";
import { isSuspect } from "../notices/guardedLook.ts";
import { raiseNotice, resolveNotice } from "../notices/notices.ts";
import { deliverUnsent } from "../notices/outbox.ts";
import { keyText } from "../state/segment.ts";
import { lookAtWatch } from "../verbs/arrival/look.ts";
import { lookForSlots } from "../verbs/backup/look.ts";
import { lookForCopy } from "../verbs/copy/look.ts";
import { lookForPrune } from "../verbs/prune/look.ts";
import { advanceAll } from "./advance.ts";
import type { Advanced } from "./advanced.ts";
import { resolveGivenBack } from "./givingBack.ts";
import { TIMER_NOTICE } from "./onTimer.ts";

/** Hides latency; a look is usually one listing. */
const LOOKS_AT_ONCE = 8;

export interface TickReport {
  advanced: Advanced[];
  /** Looks that failed; the next tick repeats them. */
  failed: { look: string; message: string }[];
}

type NamedLook = [string, () => Promise<unknown>];

/** The tick: looks for work that no event announced (slots, watches, copies), then advances every open job. */
export async function advanceJobs(world: World): Promise<TickReport> {
  const work = await readOpenWork(world, world.live);
  await greetChannels(world, work.live);
  await deliverUnsent(world, work.live.unsent);
  await resolveGone(world, work);
  await resolveSilentTimers(world, work);
  await reportUnread(world, work);
  await resolveGivenBack(world, work);
  const all = looks(withinTheirTime(world), work);
  const suspect = all.filter(([name]) => isSuspect(work, name));
  const failed = await lookAtOnce(
    world,
    work,
    all.filter((one) => !suspect.includes(one)),
    LOOKS_AT_ONCE,
  );
  const advanced = await advanceAll(world, work);
  // An invocation died during one of these: alone and last, it harms no other work, and no other look is suspected instead of it.
  return { advanced, failed: [...failed, ...(await lookAtOnce(world, work, suspect, 1))] };
}

/** The looks come first: of a store that is slow, they must leave time for the jobs. */
const JOBS_RESERVE_MS = 40_000;

function withinTheirTime(world: World): World {
  const reserveMs = Math.max(Math.min(JOBS_RESERVE_MS, world.remainingMs() / 3), READ_RESERVE_MS);
  const blobs: World["blobs"] = (place) => readingInTime(world.blobs(place), { remainingMs: () => world.remainingMs(), reserveMs });
  return Object.create(world, { blobs: { value: blobs } }) as World;
}

/**
 * Nothing else would resolve a notice about an entry that left ossnap.yaml. A terminal may have another file than the functions, and an open job
 * of the entry may still raise what it sees.
 */
async function resolveGone(world: World, { live, jobs }: OpenWork): Promise<void> {
  if (world.terminal) return;
  for (const key of [...live.notices.keys()]) {
    const entry = entryOf(key);
    if (entry === undefined || isConfigured(world.config, entry) || jobs.some((job) => isOfEntry(job, entry.name))) continue;
    await resolveNotice(world, key, "config.entryGone", reason("config.entryGone", { ...entry }));
  }
}

/** An index that is kept until its date says nothing of the entry that it came from. */
function isOfEntry({ kind, intent }: Job, name: string): boolean {
  const { policyName, copyName, watchName, watch, repository } = (intent.input ?? {}) as Record<string, unknown>;
  return kind !== "retire" && [policyName, copyName, watchName, watch, repository].includes(name);
}

/**
 * Runs the looks concurrently, so that an unresponsive store does not delay the others; looks that do not start in time are left to the
 * next tick.
 */
async function lookAtOnce(world: World, work: OpenWork, all: readonly NamedLook[], most: number): Promise<TickReport["failed"]> {
  const messages = new Map<string, string>();
  const finished = await forEachBounded(
    all,
    most,
    async ([name, run]) => {
      const message = await look(world, work, name, run);
      if (message !== undefined) messages.set(name, message);
    },
    () => isTimeUp(world),
  );
  if (!finished) world.logger.warn("time is up: some looks are left to the next tick");
  return all.flatMap(([name]) => {
    const message = messages.get(name);
    return message === undefined ? [] : [{ look: name, message }];
  });
}

/** A timer that belonged to an earlier ossnap.yaml is gone once it has not fired for longer than a weekly one would be silent. */
const SILENT_MS = 8 * 24 * 3_600_000;

async function resolveSilentTimers(world: World, { live }: OpenWork): Promise<void> {
  const upTo = slotOf(new Date(world.clock.now().getTime() - SILENT_MS));
  for (const key of [...live.notices.keys()])
    if (key.startsWith(TIMER_NOTICE)) await resolveNotice(world, key, "timer.silent", reason("timer.silent", { days: 8 }), upTo);
}

const UNREAD_NOTICE = "job-unreadable:";
/** An id in the state may be a stranger's, of any length. */
const unreadKey = (id: string) => keyText(`${UNREAD_NOTICE}${id}`);

/** Nothing moves such a job, so nothing else would tell of it. */
async function reportUnread(world: World, { live, unread }: OpenWork): Promise<void> {
  for (const { id, message } of unread) {
    const why = reason("job.unreadable", { job: id, message });
    await raiseNotice(world, { key: unreadKey(id), code: "job.unreadable", severity: "bad", reason: why, job: id });
  }
  for (const key of [...live.notices.keys()]) {
    const job = key.startsWith(UNREAD_NOTICE) ? key.slice(UNREAD_NOTICE.length) : undefined;
    if (job !== undefined && !unread.some(({ id }) => unreadKey(id) === key))
      await resolveNotice(world, key, "job.unreadable", reason("job.readAgain", { job }));
  }
}

/** One look per entry of ossnap.yaml, each independent of the others. */
function looks(world: World, work: OpenWork): NamedLook[] {
  const { backups, watches, copies, migrations } = world.config;
  return [
    ...Object.entries(backups).map(([name, policy]): NamedLook => [`backups.${name}`, () => lookForSlots(world, work, name, policy)]),
    ...Object.entries(backups).map(([name, policy]): NamedLook => [`prunes.${name}`, () => lookForPrune(world, work, name, policy)]),
    ...Object.keys(watches).map(
      (name): NamedLook => [`watches.${name}`, () => lookAtWatch(world, work, name, { by: "ossnap", who: "a check of the bucket" })],
    ),
    ...Object.entries(copies).map(([name, rule]): NamedLook => [`copies.${name}`, () => lookForCopy(world, work, name, rule)]),
    ...Object.keys(migrations).map((name): NamedLook => [`migrations.${name}`, () => lookForSync(world, work, name)]),
  ];
}

/** Loaded where there is a migration: it brings most of a restore along. */
async function lookForSync(...given: Parameters<typeof import("../verbs/migration/look.ts").lookForSync>): Promise<unknown> {
  return (await import("../verbs/migration/look.ts")).lookForSync(...given);
}

/** Reports a permanent failure once, and its resolution. Returns the message of a failed look. */
async function look(world: World, work: OpenWork, name: string, run: () => Promise<unknown>): Promise<string | undefined> {
  const key = `look-failed:${name}`;
  try {
    await withLogFields({ look: name }, run);
    if (work.live.notices.has(key)) await resolveNotice(world, key, "look.failed", reason("look.fine", { look: name }));
    return undefined;
  } catch (error) {
    const message = messageOf(error);
    world.logger.error("look failed", { look: name, error: message });
    // An instance that was frozen is late, and no store is slow because of it.
    const isTooSlow = error instanceof AppError && error.reason?.code === OUT_OF_TIME && world.remainingMs() > 0;
    if (isTooSlow || !hasCode(error, "transient", "conflict"))
      await raiseNotice(world, { key, code: "look.failed", severity: "bad", reason: reason("look.failed", { look: name, message }) });
    return message;
  }
}
