import type { World } from "../jobs/world.ts";
import type { Reason } from "../model/reason.ts";
import { entryOf, isConfigured } from "./entryOf.ts";
import { type Fact, raiseNotice, resolveNotice } from "./notices.ts";
import { noticeText } from "./noticeText.ts";

/**
 * Reports a condition that every look at a cluster or bucket sees anew while it lasts. None about an entry that is not in ossnap.yaml, which the
 * next tick would resolve for that reason: a job may outlive its entry, or come from a terminal with another file.
 */
export async function raiseCondition(world: World, fact: Fact): Promise<boolean> {
  const entry = entryOf(fact.key);
  if (entry !== undefined && !isConfigured(world.config, entry)) return false;
  return raiseNotice(world, fact);
}

/** What an invocation has shown: each of its steps looks again. */
const shown = new WeakMap<World["by"], Set<string>>();

/**
 * Reports a condition that follows from the patterns of ossnap.yaml. A terminal only shows it: with another file than that of the functions it
 * would raise what they resolve, each minute.
 */
export async function raiseChosen(world: World, fact: Fact): Promise<boolean> {
  if (world.terminal === undefined) return raiseCondition(world, fact);
  const known = shown.get(world.by) ?? new Set();
  const isNew = !world.isPreview && !known.has(fact.key);
  shown.set(world.by, known.add(fact.key));
  if (isNew) world.logger.warn("notice", { key: fact.key, text: await noticeText(fact.key, fact.reason) });
  return false;
}

/** Reports that a condition is over, if it is open. A terminal does not: the condition may hold for the ossnap.yaml of the functions. */
export async function resolveCondition(world: World, key: string, code: string, why: Reason): Promise<boolean> {
  if (world.terminal !== undefined || world.live?.notices.has(key) !== true) return false;
  return resolveNotice(world, key, code, why);
}
