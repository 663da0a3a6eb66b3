import { isTimeUp } from "../jobs/isTimeUp.ts";
import { type OpenWork, readOpenWork } from "../jobs/openWork.ts";
import type { World } from "../jobs/world.ts";
import { hasCode, messageOf } from "../model/errors.ts";
import { forEachBounded } from "../model/forEachBounded.ts";
import { withLogFields } from "../model/logFields.ts";
import { reason } from "../model/reason.ts";
import { entryOf } from "../notices/entryOf.ts";
import { raiseNotice, resolveNotice } from "../notices/notices.ts";
import { lookAtWatch } from "../verbs/arrival/look.ts";
import { lookForSlots } from "../verbs/backup/look.ts";
import { lookForCopy } from "../verbs/copy/look.ts";
import { type Advanced, advanceAll } from "./advance.ts";

/** Hides latency; a look is usually one listing. */
const LOOKS_AT_ONCE = 8;

export interface TickReport {
  advanced: Advanced[];
  /** Looks that failed; the next tick repeats them. */
  failed: { look: string; message: string }[];
}

/** The tick: looks for work that no event announced (slots, watches, copies), then advances every open job. */
export async function advanceJobs(world: World): Promise<TickReport> {
  const work = await readOpenWork(world, world.live);
  await resolveGone(world, work);
  const failed = await lookEverywhere(world, work);
  return { advanced: await advanceAll(world, work), failed };
}

/** Nothing else would resolve a notice about an entry that left ossnap.yaml. */
async function resolveGone(world: World, { live }: OpenWork): Promise<void> {
  for (const key of live.notices) {
    const entry = entryOf(key);
    if (entry === undefined || Object.hasOwn(world.config[entry.section], entry.name)) continue;
    await resolveNotice(world, key, "config.entryGone", reason("config.entryGone", { ...entry }));
  }
}

/**
 * Runs the looks concurrently, so that an unresponsive store does not delay the others; looks that do not start in time are left to the
 * next tick.
 */
async function lookEverywhere(world: World, work: OpenWork): Promise<TickReport["failed"]> {
  const messages = new Map<string, string>();
  const all = looks(world, work);
  const finished = await forEachBounded(
    all,
    LOOKS_AT_ONCE,
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

/** One look per entry of ossnap.yaml, each independent of the others. */
function looks(world: World, work: OpenWork): [string, () => Promise<unknown>][] {
  const { backups, watches, copies } = world.config;
  return [
    ...Object.entries(backups).map(([name, policy]): [string, () => Promise<unknown>] => [
      `backups.${name}`,
      () => lookForSlots(world, work, name, policy),
    ]),
    ...Object.keys(watches).map((name): [string, () => Promise<unknown>] => [
      `watches.${name}`,
      () => lookAtWatch(world, work, name, { by: "ossnap", who: "a check of the bucket" }),
    ]),
    ...Object.entries(copies).map(([name, rule]): [string, () => Promise<unknown>] => [
      `copies.${name}`,
      () => lookForCopy(world, work, name, rule),
    ]),
  ];
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
    if (!hasCode(error, "transient", "conflict"))
      await raiseNotice(world, { key, code: "look.failed", severity: "bad", reason: reason("look.failed", { look: name, message }) });
    return message;
  }
}
