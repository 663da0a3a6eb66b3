import type { World } from "../jobs/world.ts";
import { AppError, hasCode, messageOf } from "../model/errors.ts";
import { shortHash } from "../model/hash.ts";
import type { Notice, Notifier } from "../model/notice.ts";
import { stateKey } from "../state/keys.ts";
import type { UnsentNotice } from "../state/liveView.ts";
import { readObject, writeObject, writeObjectOnce } from "../state/objects.ts";

const MINUTE_MS = 60_000;
/** After each failed try; the last one repeats. */
const PAUSES_MS = [1, 2, 5, 15, 60].map((minutes) => minutes * MINUTE_MS);
/** A channel that accepts nothing for this long never receives the notice, which `ossnap status` still shows while it is open. */
const GIVEN_UP_MS = 24 * 60 * MINUTE_MS;
/** A channel that just failed is not tried again for the next notice: each try may take seconds. */
const DOWN_MS = MINUTE_MS / 2;

/** A notice as it is stored until every channel has accepted it. */
interface Entry {
  notice: Omit<Notice, "since" | "at"> & { since: string; at: string };
  /** Names of the channels that have not accepted it. */
  channels: string[];
}

const failedAt = new WeakMap<Notifier, number>();

/**
 * Sends a notice to every channel. It is stored first, and until each channel has accepted it, so that neither a failing channel nor a killed
 * invocation loses it: `deliverUnsent` tries again. A receiver may get it twice, with the same id. No failure of a channel stops the work.
 */
export async function sendNotice(world: World, notice: Notice): Promise<void> {
  world.logger.warn("notice", { key: notice.key, status: notice.status, text: notice.text });
  if (world.notifiers.length === 0) return;
  const subject = shortHash(8, notice.key);
  const id = stateKey.unsentId(notice.at, subject, notice.status);
  const stored = { ...notice, since: notice.since.toISOString(), at: notice.at.toISOString() };
  const key = stateKey.unsent(id, 0);
  const entry: Entry = { notice: stored, channels: world.notifiers.map(({ name }) => name) };
  // What is over is not reported before what began.
  const waits = world.live?.unsent.some((one) => one.subject === subject) === true;
  try {
    const isOurs = await writeObjectOnce(world.state, key, entry);
    const isSent = isOurs && !waits && (await tryChannels(world, key, entry));
    if (!isSent) world.live?.unsent.push({ id, subject, tries: 0, triedAt: notice.at, keys: [key] });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    world.logger.error("notice not stored", { key: notice.key, error: messageOf(error) });
  }
}

/** Tries again to deliver what a channel has not accepted yet, in the order in which it was reported. */
export async function deliverUnsent(world: World, unsent: readonly UnsentNotice[]): Promise<void> {
  const blocked = new Set<string>();
  for (const one of [...unsent].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const { subject, tries, triedAt, keys } = one;
    const now = world.clock.now();
    const pauseMs = PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)] ?? 0;
    const isDue = now.getTime() - triedAt.getTime() >= pauseMs && !blocked.has(subject);
    blocked.add(subject);
    const entry = isDue ? await readEntry(world, keys.at(-1) ?? "") : undefined;
    if (entry === undefined) continue;
    if (now.getTime() - Date.parse(entry.notice.at) > GIVEN_UP_MS) {
      world.logger.error("notice given up", { key: entry.notice.key, channels: entry.channels.join(", ") });
      await world.state.delete(keys);
      continue;
    }
    if (await tryAgain(world, one, entry)) blocked.delete(subject);
  }
}

/** One that cannot be read stops neither the tick nor the other notices. */
async function readEntry(world: World, key: string): Promise<Entry | undefined> {
  try {
    return await readObject<Entry>(world.state, key);
  } catch (error) {
    if (!hasCode(error, "invalid")) throw error;
    world.logger.error("an unsent notice cannot be read", { error: messageOf(error) });
    return undefined;
  }
}

/** Of two ticks one tries: the try's key is created once, and while the one before is still there. Returns whether it was delivered. */
async function tryAgain(world: World, { id, tries, keys }: UnsentNotice, entry: Entry): Promise<boolean> {
  const key = stateKey.unsent(id, tries + 1);
  if (!(await writeObjectOnce(world.state, key, entry))) return false;
  if ((await world.state.head(keys.at(-1) ?? "")) === undefined) {
    // Another tick delivered it, or failed and went on, before the key was created.
    await world.state.delete([key]);
    return false;
  }
  const isSent = await tryChannels(world, key, entry, keys);
  if (!isSent) await world.state.delete(keys);
  return isSent;
}

/** Returns whether all channels have accepted it; then it is forgotten. */
async function tryChannels(world: World, key: string, { notice, channels }: Entry, before: readonly string[] = []): Promise<boolean> {
  const left: string[] = [];
  for (const notifier of world.notifiers) {
    if (!channels.includes(notifier.name)) continue;
    if (!(await accepts(world, notifier, { ...notice, since: new Date(notice.since), at: new Date(notice.at) }))) left.push(notifier.name);
  }
  // In this order: see tryAgain.
  if (left.length === 0) for (const one of [...before, key]) await world.state.delete([one]);
  else if (left.length < channels.length) await writeObject(world.state, key, { notice, channels: left });
  return left.length === 0;
}

async function accepts(world: World, notifier: Notifier, notice: Notice): Promise<boolean> {
  const nowMs = world.clock.now().getTime();
  if (nowMs - (failedAt.get(notifier) ?? Number.NEGATIVE_INFINITY) < DOWN_MS) return false;
  try {
    await notifier.send(notice, world.clock.now());
    return true;
  } catch (error) {
    failedAt.set(notifier, nowMs);
    world.logger.error("notice not delivered", { channel: notifier.name, key: notice.key, error: messageOf(error) });
    return false;
  }
}
