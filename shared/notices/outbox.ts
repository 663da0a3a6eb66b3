import type { World } from "../jobs/world.ts";
import { messageOf } from "../model/errors.ts";
import { shortHash } from "../model/hash.ts";
import type { Notice, Notifier } from "../model/notice.ts";
import { stateKey } from "../state/keys.ts";
import type { UnsentNotice } from "../state/liveView.ts";
import { keysBelow, writeObject, writeObjectOnce } from "../state/objects.ts";
import { type Decision, type Entry, isDecided, isReported, readDecided, readEntry } from "./decided.ts";
import { channelMark } from "./generations.ts";
import { type Hearing, noteHearing } from "./heard.ts";

const MINUTE_MS = 60_000;
/** After each failed try; the last one repeats. */
const PAUSES_MS = [1, 2, 5, 15, 60].map((minutes) => minutes * MINUTE_MS);
/** What is over for this long is not delivered any more; the last message about an open fact is tried until it is over. */
const GIVEN_UP_MS = 24 * 60 * MINUTE_MS;
/** A channel that just failed is not tried again for the next notice: each try may take seconds. */
const DOWN_MS = MINUTE_MS / 2;
/** Notices that one tick tries to deliver again; what was tried waits longer, so that the others have their turn. */
const TRIED_AT_ONCE = 200;

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

/** Leaves a notice that others may have gone past to the tick, which knows what is still to be sent, and in which order. */
export async function leaveToTick(world: World, { entry }: Stored, decision: Decision): Promise<boolean> {
  if (await isDecided(world, decision)) return true;
  if (entry?.isOurs) await world.state.delete([entry.key]);
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
  const turn = entry.isOurs && !waits ? await turnOf(world, entry, subject) : "later";
  // A tick tries it a minute after it was stored: an invocation that was held up until then would send it beside the tick.
  const isLate = world.clock.now().getTime() - notice.at.getTime() > MINUTE_MS / 3;
  const isSent = turn === "sent" || (turn === "now" && !isLate && (await tryChannels(world, entry.key, entry.value)));
  if (!isSent) world.live?.unsent.push({ id: entry.id, subject, tries: 0, triedAt: notice.at, keys: [entry.key] });
}

/**
 * `later` while an earlier notice about the same fact is still to be delivered, perhaps stored since this invocation's listing; `sent` when a tick
 * delivered this one meanwhile, and forgot it.
 */
async function turnOf(world: World, { id, key: own }: { id: string; key: string }, subject: string): Promise<"now" | "later" | "sent"> {
  const stored = await keysBelow(world.state, stateKey.unsentAll);
  if (!stored.some((key) => key.split("/")[0] === id)) return "sent";
  if (!stored.includes(own.slice(stateKey.unsentAll.length))) return "later";
  for (const key of stored.filter((one) => one.split("-")[1] === subject && (one.split("/")[0] ?? "") < id)) {
    const entry = (await readEntry(world, stateKey.unsentAll + key)).value;
    if (entry && (await isReported(world, entry))) return "later";
  }
  return "now";
}

/**
 * Tries again to deliver what a channel has not accepted yet, in the order in which it was reported. A tick tries so many, and begins none when all
 * channels are down or a third of its time is up: whatever their number, the jobs have theirs.
 */
export async function deliverUnsent(world: World, unsent: readonly UnsentNotice[]): Promise<void> {
  const reserveMs = (2 * world.remainingMs()) / 3;
  const blocked = new Set<string>();
  const inOrder = [...unsent].sort((a, b) => (a.id < b.id ? -1 : 1));
  const lastOf = new Map(inOrder.map(({ subject, id }) => [subject, id]));
  let tried = 0;
  for (const one of inOrder) {
    const { subject, tries, triedAt } = one;
    const pauseMs = PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)] ?? 0;
    const isDue = world.clock.now().getTime() - triedAt.getTime() >= pauseMs && !blocked.has(subject);
    if (isDue && (tried >= TRIED_AT_ONCE || world.remainingMs() < reserveMs || allDown(world))) return;
    if (isDue) tried += 1;
    if (!isDue || !(await deliver(world, one, lastOf.get(subject) === one.id))) blocked.add(subject);
  }
}

/** Whether each channel failed just now, so that no further try would be made. */
function allDown({ notifiers, clock }: World): boolean {
  return notifiers.length > 0 && notifiers.every((notifier) => isDown(notifier, clock.now().getTime()));
}

function isDown(notifier: Notifier, nowMs: number): boolean {
  return nowMs - (failedAt.get(notifier) ?? Number.NEGATIVE_INFINITY) < DOWN_MS;
}

/** Returns whether the next one about the same fact may follow. */
async function deliver(world: World, one: UnsentNotice, isLast: boolean): Promise<boolean> {
  const { value: entry, fault } = await readEntry(world, one.keys.at(-1) ?? "");
  // What a damaged one said is lost; the next one about the same fact is not.
  if (entry === undefined && fault && world.clock.now().getTime() - one.triedAt.getTime() > GIVEN_UP_MS) await world.state.delete(one.keys);
  if (entry === undefined) return fault !== undefined;
  const isTrue = await isReported(world, entry);
  const isOpen = isTrue && isLast && entry.notice.status === "firing" && world.live?.notices.has(entry.notice.key) === true;
  if (!isOpen && world.clock.now().getTime() - Date.parse(entry.notice.at) > GIVEN_UP_MS) {
    if (isTrue) world.logger.error("notice given up", { key: entry.notice.key, channels: entry.channels.join(", ") });
    await world.state.delete(one.keys);
    return false;
  }
  if (isTrue && isLast && (await isPast(world, entry))) {
    await world.state.delete(one.keys);
    return true;
  }
  // An instance that was frozen before its decision may go on and make it; until then nothing has begun.
  if (!isTrue) await forgetLate(world, entry.decision);
  return !isTrue || (await tryAgain(world, one, entry));
}

/** Whether what followed, another change or the end, was delivered before it. */
async function isPast(world: World, { decision, notice }: Entry): Promise<boolean> {
  const later = notice.status === "firing" ? [decision?.over, decision?.change?.next] : [];
  for (const key of later) if (key !== undefined && (await world.state.head(key)) !== undefined) return true;
  return false;
}

/** An instance that went on after the fact had begun and ended may have died before it removed what it wrote. */
async function forgetLate(world: World, decision: Decision | undefined): Promise<void> {
  if (decision?.over === undefined || decision.change || (await readDecided(world, decision.over)) === undefined) return;
  for (const key of decision.keys) if ((await readDecided(world, key))?.by === decision.by) await world.state.delete([key]);
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

/** Returns whether all channels that there are have accepted it; then it is forgotten. */
async function tryChannels(world: World, key: string, entry: Entry, before: readonly string[] = []): Promise<boolean> {
  const { notice, channels, accepted = [], heard: earlier = [] } = entry;
  const [left, heard]: [string[], string[]] = [[], []];
  for (const notifier of world.notifiers.filter(({ name }) => !accepted.includes(name) && !earlier.includes(channelMark(name)))) {
    const isAccepted = await accepts(world, notifier, { ...notice, since: new Date(notice.since), at: new Date(notice.at) });
    (isAccepted ? heard : left).push(notifier.name);
  }
  const done = [...accepted, ...heard];
  // One that left ossnap.yaml may come back before the others have accepted it.
  const gone = channels.filter((name) => !done.includes(name) && !left.includes(name));
  if (notice.status === "firing") await noteChanged(world, entry, { heard, gone: left.length === 0 ? gone : [] });
  // In this order: see tryAgain.
  if (left.length === 0) for (const one of [...before, key]) await world.state.delete([one]);
  else if (heard.length > 0 || left.some((name) => !channels.includes(name)))
    await writeObject(world.state, key, { ...entry, channels: [...left, ...gone], accepted: done });
  return left.length === 0;
}

/** Of the channels for which it was stored, the fact names those already. */
async function noteChanged(world: World, { notice, channels }: Entry, { heard, gone }: Required<Hearing>): Promise<void> {
  const added = heard.filter((name) => !channels.includes(name));
  if (added.length > 0 || gone.length > 0) await noteHearing(world, notice, { heard: added, gone });
}

async function accepts(world: World, notifier: Notifier, notice: Notice): Promise<boolean> {
  const nowMs = world.clock.now().getTime();
  if (isDown(notifier, nowMs)) return false;
  try {
    await notifier.send(notice, world.clock.now());
    return true;
  } catch (error) {
    failedAt.set(notifier, nowMs);
    world.logger.error("notice not delivered", { channel: notifier.name, key: notice.key, error: messageOf(error) });
    return false;
  }
}
