import type { OpenWork } from "../jobs/openWork.ts";
import type { World } from "../jobs/world.ts";
import { hasCode } from "../model/errors.ts";
import { reason } from "../model/reason.ts";
import { timeDigits } from "../model/restoredName.ts";
import { stateKey } from "../state/keys.ts";
import { DEATHS_MAX, harmlessLeaf, type LookMark, lookLeaf, nextTry } from "../state/looking.ts";
import { writeObject } from "../state/objects.ts";
import { raiseNotice, resolveNotice } from "./notices.ts";

/** An invocation whose deadline is later than this, or unknown, counts as dead then. */
const LOOK_MS_MAX = 3_600_000;

export interface GuardedLook {
  /** The entry of ossnap.yaml: `watches.moved`. */
  look: string;
  /** Identifies what is read: the mark of a root, or a slot. */
  mark: string;
  /** The key that the notice names. */
  reads: string;
}

/** What a guarded look returns. `isRepeated`: every later look reads these very bytes again, and needs no mark for that. */
export interface Survived<T> {
  result: T;
  isRepeated?: boolean;
}

/**
 * Runs a look that reads what no invocation has read so far. Its mark is written before and removed after; two marks left over by dead
 * invocations put the look aside for a while, which is reported; a new root, or a person (`ossnap resume`), runs it at once.
 * @returns `undefined` if the look is put aside, or if two other invocations are at it.
 */
export async function guardedLook<T>(
  world: World,
  work: OpenWork,
  { look, mark, reads }: GuardedLook,
  run: () => Promise<Survived<T>>,
): Promise<T | undefined> {
  const now = world.clock.now();
  const known = work.live.looking.get(look) ?? [];
  const same = known.filter((one) => one.mark === mark);
  const isHarmless = same.some(({ until }) => until === undefined);
  if (!isHarmless && same.length >= DEATHS_MAX) {
    const isDead = same.every((one) => isLeftOver(one, now));
    if (isDead) await reportAside(world, look, reads);
    if (!isDead || now < nextTry(same)) return undefined;
  }
  const own = isHarmless ? undefined : await beginLook(world, look, mark);
  const done = async (isRepeated: boolean) => {
    if (own !== undefined && isRepeated) await writeObject(world.state, `${stateKey.looking(look)}${harmlessLeaf(mark)}`, {});
    const over = known.filter(
      (one) => isLeftOver(one, now) && (one.mark === mark ? one.until !== undefined : isSlot(one.mark) === isSlot(mark)),
    );
    const keys = [...(own === undefined ? [] : [own]), ...over.map(({ key }) => key)];
    if (keys.length > 0) await world.state.delete(keys);
  };
  let survived: Survived<T>;
  try {
    survived = await run();
  } catch (error) {
    // The next look finds the same bytes, and says the same of them.
    await done(hasCode(error, "invalid"));
    throw error;
  }
  await done(survived.isRepeated === true);
  const key = asideKey(look);
  if (work.live.notices.has(key)) await resolveNotice(world, key, "look.aside", reason("look.fine", { look }));
  return survived.result;
}

/** Whether an invocation died of this look, or may have: such a look runs alone, after all other work. */
export function isSuspect({ live }: OpenWork, look: string): boolean {
  return live.looking.get(look)?.some(({ until }) => until !== undefined) ?? false;
}

/** Removes all marks: what was put aside is looked at again. */
export async function lookAgain(world: Pick<World, "state">): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of world.state.list(stateKey.lookingAll)) keys.push(key);
  if (keys.length > 0) await world.state.delete(keys);
}

/** A copy that follows a policy and has a schedule too has looks of both kinds. */
const isSlot = (mark: string) => mark.startsWith("slot-");

const asideKey = (look: string) => `look-aside:${look}`;

/** Its invocation is over, and another root's harmlessness says nothing any more. */
function isLeftOver({ until }: LookMark, now: Date): boolean {
  return until === undefined || until <= now;
}

/** Writes the mark of what this invocation is about to read; returns its key. */
export async function beginLook(world: World, look: string, mark: string): Promise<string> {
  const until = new Date(world.clock.now().getTime() + Math.min(LOOK_MS_MAX, Math.max(0, world.remainingMs())));
  const key = `${stateKey.looking(look)}${lookLeaf(mark, timeDigits(until), world.by.nonce)}`;
  await writeObject(world.state, key, {});
  return key;
}

async function reportAside(world: World, look: string, reads: string): Promise<void> {
  const why = reason("look.aside", { look, reads, times: DEATHS_MAX });
  await raiseNotice(world, { key: asideKey(look), code: "look.aside", severity: "bad", reason: why, about: [reads] });
}
