import type { World } from "../jobs/world.ts";
import { hasCode, messageOf } from "../model/errors.ts";
import { shortHash } from "../model/hash.ts";
import type { Notice, Notifier } from "../model/notice.ts";
import { stateKey } from "../state/keys.ts";
import type { UnsentNotice } from "../state/liveView.ts";
import { keysBelow, readObject, writeObject, writeObjectOnce } from "../state/objects.ts";

const MINUTE_MS = 60_000;
/** After each failed try; the last one repeats. */
const PAUSES_MS = [1, 2, 5, 15, 60].map((minutes) => minutes * MINUTE_MS);
/** What is over for this long is not delivered any more; the last message about an open fact is tried until it is over. */
const GIVEN_UP_MS = 24 * 60 * MINUTE_MS;
/** A channel that just failed is not tried again for the next notice: each try may take seconds. */
const DOWN_MS = MINUTE_MS / 2;

/**
 * What makes a notice true. Its text is stored before that, so that no crash and no failed write loses it, and sent after it: an entry whose
 * decision was not made, or was made by another invocation, is never sent.
 */
export interface Decision {
  /** The state object that is created once, and in entries of earlier versions where it is kept later: one of them names `by`. */
  keys: [string, ...string[]];
  /** Of no other invocation. */
  by: string;
  /** Of a fact that begins: the record of its end, which alone decides as soon as it exists. */
  over?: string;
}

/** What a state object tells about the decisions that it stands for. */
export interface Decided {
  by?: string;
  /** By whom it was reported that it began, when `by` is of the report that it is over. */
  begunBy?: string;
}

/** A notice as it is stored until every channel has accepted it. */
interface Entry {
  notice: Omit<Notice, "since" | "at"> & { since: string; at: string };
  /** Names of the channels that have not accepted it. */
  channels: string[];
  /** Names of those that have; a channel that is in neither list was added or corrected since, and gets it too. */
  accepted?: string[];
  /** Absent in entries of earlier versions, which were stored after their decision. */
  decision?: Decision;
}

/** A stored notice; without channels nothing is stored. */
export interface Stored {
  notice: Notice;
  entry?: { id: string; key: string; value: Entry; isOurs: boolean };
}

const failedAt = new WeakMap<Notifier, number>();

/**
 * Stores a notice before the decision that makes it true; then `sendDecided` follows. After a crash in between,
 * `deliverUnsent` looks at the decision.
 */
export async function storeNotice(world: World, notice: Notice, decision: Decision): Promise<Stored> {
  if (world.notifiers.length === 0) return { notice };
  const stored = { ...notice, since: notice.since.toISOString(), at: notice.at.toISOString() };
  const value: Entry = { notice: stored, channels: world.notifiers.map(({ name }) => name), decision };
  const id = stateKey.unsentId(notice.at, shortHash(8, notice.key), notice.status, shortHash(4, decision.by));
  const key = stateKey.unsent(id, 0);
  return { notice, entry: { id, key, value, isOurs: await writeObjectOnce(world.state, key, value) } };
}

/**
 * Sends a stored notice if its decision is this invocation's, and else forgets it. Returns whether it is this invocation's.
 * @param isOurs whether the decision's object was created now; a PUT whose response was lost created it too, which the object shows.
 */
export async function sendDecided(world: World, stored: Stored, decision: Decision, isOurs: boolean): Promise<boolean> {
  if (isOurs || (await isDecided(world, decision))) {
    await send(world, stored);
    return true;
  }
  if (stored.entry?.isOurs) await world.state.delete([stored.entry.key]);
  return false;
}

/**
 * Sends a stored notice to every channel. It stays stored until each has accepted it: `deliverUnsent` tries again. A receiver may get it twice,
 * with the same id. No failure of a channel stops the work.
 */
async function send(world: World, { notice, entry }: Stored): Promise<void> {
  world.logger.warn("notice", { key: notice.key, status: notice.status, text: notice.text });
  if (entry === undefined) return;
  const subject = shortHash(8, notice.key);
  // What is over, or changed, is not reported before what began.
  const waits = world.live?.unsent.some((one) => one.subject === subject) === true;
  const isSent =
    entry.isOurs && !waits && !(await isBehind(world, entry.id, subject)) && (await tryChannels(world, entry.key, entry.value));
  if (!isSent) world.live?.unsent.push({ id: entry.id, subject, tries: 0, triedAt: notice.at, keys: [entry.key] });
}

/** Whether an earlier notice about the same fact is still to be delivered, perhaps stored since this invocation's listing. */
async function isBehind(world: World, id: string, subject: string): Promise<boolean> {
  const stored = await keysBelow(world.state, stateKey.unsentAll);
  for (const key of stored.filter((one) => one.split("-")[1] === subject && (one.split("/")[0] ?? "") < id)) {
    const entry = await readIfReadable<Entry>(world, stateKey.unsentAll + key, "an unsent notice");
    // What nobody decided, or another one did, is not sent.
    if (entry && (entry.decision === undefined || (await isDecided(world, entry.decision)))) return true;
  }
  return false;
}

/** Tries again to deliver what a channel has not accepted yet, in the order in which it was reported. */
export async function deliverUnsent(world: World, unsent: readonly UnsentNotice[]): Promise<void> {
  const blocked = new Set<string>();
  for (const one of [...unsent].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const { subject, tries, triedAt } = one;
    const pauseMs = PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)] ?? 0;
    const isDue = world.clock.now().getTime() - triedAt.getTime() >= pauseMs && !blocked.has(subject);
    const isLast = !unsent.some((other) => other.subject === subject && other.id > one.id);
    if (!isDue || !(await deliver(world, one, isLast))) blocked.add(subject);
  }
}

/** Returns whether the next one about the same fact may follow. */
async function deliver(world: World, one: UnsentNotice, isLast: boolean): Promise<boolean> {
  const entry = await readIfReadable<Entry>(world, one.keys.at(-1) ?? "", "an unsent notice");
  if (entry === undefined) return false;
  const isReported = entry.decision === undefined || (await isDecided(world, entry.decision));
  const isOpen = isReported && isLast && entry.notice.status === "firing" && world.live?.notices.has(entry.notice.key) === true;
  if (!isOpen && world.clock.now().getTime() - Date.parse(entry.notice.at) > GIVEN_UP_MS) {
    if (isReported) world.logger.error("notice given up", { key: entry.notice.key, channels: entry.channels.join(", ") });
    await world.state.delete(one.keys);
    return false;
  }
  // An instance that was frozen before its decision may go on and make it; until then nothing has begun.
  if (!isReported) await forgetLate(world, entry.decision);
  return !isReported || (await tryAgain(world, one, entry));
}

/** An instance that went on after the fact had begun and ended may have died before it removed what it wrote. */
async function forgetLate(world: World, decision: Decision | undefined): Promise<void> {
  if (decision?.over === undefined || (await readIfReadable<Decided>(world, decision.over, "a notice")) === undefined) return;
  for (const key of decision.keys)
    if ((await readIfReadable<Decided>(world, key, "a notice"))?.by === decision.by) await world.state.delete([key]);
}

/** A stored notice that some channel has not accepted. */
export interface Undelivered {
  key: string;
  status: Notice["status"];
  /** When it was reported. */
  at: string;
  /** Names of the channels, as far as they are known. */
  channels: string[];
}

const UNDELIVERED_SHOWN = 20;

/** The oldest notices that are still to be delivered; one that is not due, because nothing it says was decided, is none. */
export async function undelivered(world: World, unsent: readonly UnsentNotice[]): Promise<Undelivered[]> {
  const found: Undelivered[] = [];
  for (const { keys } of unsent.slice(0, UNDELIVERED_SHOWN)) {
    const entry = await readIfReadable<Entry>(world, keys.at(-1) ?? "", "an unsent notice");
    if (entry === undefined || (entry.decision && !(await isDecided(world, entry.decision)))) continue;
    const { key, status, at } = entry.notice;
    found.push({ key, status, at, channels: entry.channels });
  }
  return found;
}

async function isDecided(world: World, { keys, by, over }: Decision): Promise<boolean> {
  const ended = over === undefined ? undefined : await readIfReadable<Decided>(world, over, "a notice");
  if (ended) return ended.begunBy === by;
  for (const key of keys) {
    const found = await readIfReadable<Decided>(world, key, "a notice");
    if (found?.by === by || found?.begunBy === by) return true;
  }
  return false;
}

/** An object that cannot be read counts as absent, and stops neither the tick nor the other notices. */
async function readIfReadable<T>(world: World, key: string, what: string): Promise<T | undefined> {
  try {
    return await readObject<T>(world.state, key);
  } catch (error) {
    if (!hasCode(error, "invalid")) throw error;
    world.logger.error(`${what} cannot be read`, { object: key, error: messageOf(error) });
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
async function tryChannels(world: World, key: string, entry: Entry, before: readonly string[] = []): Promise<boolean> {
  const { notice, channels, accepted = [] } = entry;
  const left: string[] = [];
  const done = [...accepted];
  for (const notifier of world.notifiers.filter(({ name }) => !accepted.includes(name))) {
    const isAccepted = await accepts(world, notifier, { ...notice, since: new Date(notice.since), at: new Date(notice.at) });
    (isAccepted ? done : left).push(notifier.name);
  }
  // In this order: see tryAgain.
  if (left.length === 0) for (const one of [...before, key]) await world.state.delete([one]);
  else if (left.join() !== channels.join()) await writeObject(world.state, key, { ...entry, channels: left, accepted: done });
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
