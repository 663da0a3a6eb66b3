import type { World } from "../jobs/world.ts";
import { shortHash } from "../model/hash.ts";
import type { Notice } from "../model/notice.ts";
import type { Reason } from "../model/reason.ts";
import { stateKey } from "../state/keys.ts";
import { writeObject, writeObjectOnce } from "../state/objects.ts";
import { keyText } from "../state/segment.ts";
import { type Decision, isDecided, readDecided } from "./decided.ts";
import {
  channelsOf,
  generationId,
  isUnreadable,
  lastChange,
  nextGeneration,
  type Open,
  type OpenFact,
  readOpen,
  recordsOf,
} from "./generations.ts";
import { noticeText } from "./noticeText.ts";
import { leaveToTick, sendDecided, storeNotice } from "./outbox.ts";

export interface Fact {
  /** `kind:subject`; reported once when it begins and once when it is over. What no key of the state can hold is cut. */
  key: string;
  code: string;
  severity: Notice["severity"];
  reason: Reason;
  job?: string;
  /** Everything the reason is about, in full where the sentence names only a part; a change of it is reported again. */
  about?: readonly string[];
  /** Snapshots, by uuid or name, whose disappearance resolves it. */
  snapshots?: readonly string[];
  /** What it reaches up to, as sortable text: a slot, or a snapshot's time. Only a success that reaches as far resolves it. */
  upTo?: string | undefined;
}

/**
 * Reports that a fact has begun, once: the message is stored, then the state object that decides who reports it is written, then it is sent. A
 * fact that is open for another reason, or about other things, is reported again and keeps the time at which it began; other numbers only update
 * the stored reason. Returns whether a message was sent.
 *
 * Errors: those of the state. The caller repeats the call after any of them, and the message is neither lost nor sent twice.
 */
export async function raiseNotice(world: World, asked: Fact): Promise<boolean> {
  if (world.isPreview) return false;
  const fact = { ...asked, key: keyText(asked.key) };
  // An open fact costs one read, and one that a listing of this moment does not show none.
  const known = world.live?.notices.has(fact.key) === false ? undefined : await readOpen(world, fact.key);
  return known ? raiseAgain(world, fact, known) : raiseFirst(world, fact);
}

async function raiseFirst(world: World, fact: Fact): Promise<boolean> {
  const at = world.clock.now();
  const generation = await nextGeneration(world.state, fact.key);
  const key = stateKey.notice(fact.key, generation);
  const over = stateKey.noticeOver(fact.key, generationId(generation));
  const decision = { ...decidedBy(world, at, key), over };
  const stored = await storeNotice(world, await firing(fact, { since: at, at }), decision);
  const isFirst = await writeObjectOnce(
    world.state,
    key,
    openAs(fact, { since: at.toISOString(), by: decision.by, channels: channelsOf(world.notifiers) }),
  );
  const ended = await readDecided(world, over);
  // While this instance was frozen, others saw this generation begin and end; it says nothing of now.
  const isLate = ended !== undefined && ended.begunBy !== decision.by;
  if (isLate) await world.state.delete([key]);
  // This invocation's listing is older than that.
  else if (ended === undefined) world.live?.notices.set(fact.key, generation);
  if (await sendDecided(world, stored, decision, isFirst && !isLate)) return true;
  const known = isLate ? undefined : await readOpen(world, fact.key);
  return known !== undefined && raiseAgain(world, fact, known);
}

async function raiseAgain(world: World, fact: Fact, open: Open): Promise<boolean> {
  const begun = recordsOf(open);
  const { ending, ...stored } = open.fact;
  if (ending && (await world.state.head(stateKey.noticeOver(fact.key, begun)))) {
    // It was over and begins anew; whoever reported that did not get to remove the record.
    await world.state.delete([stateKey.notice(fact.key, open.generation)]);
    return raiseFirst(world, fact);
  }
  // Only the records of changes say what was reported last: an instance that was frozen may have overwritten a later state, or died before its own.
  const last = ending ? await lastChange(world, fact.key, begun, stored.changes) : { number: stored.changes ?? 0 };
  const known = last.number === 0 ? stored : { ...stored, changes: last.number };
  if (!isUnreadable(known) && isEarlier(known, fact)) return false;
  const current = openAs(fact, known);
  const isTold =
    last.what === undefined ? isSameReason(known.reason, fact.reason) && isSameAbout(known, current) : last.what === changeOf(current);
  if (!isTold) return raiseChanged(world, fact, { ...open, fact: { ...known, ...(ending && { ending }) } });
  if (JSON.stringify(current) !== JSON.stringify(stored))
    await writeObject(world.state, stateKey.notice(fact.key, open.generation), { ...current, ending: true });
  return false;
}

async function raiseChanged(world: World, fact: Fact, open: Open): Promise<boolean> {
  const { ending, ...known } = open.fact;
  const [key, begun, number] = [stateKey.notice(fact.key, open.generation), recordsOf(open), (known.changes ?? 0) + 1];
  // Whoever finds a state that a crash or another instance left beside the records below looks at these.
  if (!ending) await writeObject(world.state, key, { ...known, ending: true });
  const at = world.clock.now();
  const [over, next] = [stateKey.noticeOver(fact.key, begun), stateKey.noticeAgain(fact.key, begun, number + 1)];
  const decision = { ...decidedBy(world, at, stateKey.noticeAgain(fact.key, begun, number)), over, change: { number, next } };
  const stored = await storeNotice(world, await firing(fact, { since: new Date(known.since), at }), decision);
  const current = openAs(fact, { ...known, changes: number });
  const isFirst = await writeObjectOnce(world.state, decision.keys[0], { by: decision.by, what: changeOf(current) });
  // Another invocation reported a change meanwhile, perhaps another one, and what this one saw may be over: the next look sees what is true.
  if (!isFirst && !(await isDecided(world, decision))) return sendDecided(world, stored, decision, false);
  await writeObject(world.state, key, { ...current, ending: true });
  // While this instance was frozen, others may have gone on; then the tick sends what is still to be said, in its order.
  const [isOver, isSuperseded] = [await world.state.head(over), await world.state.head(next)];
  if (isOver) await world.state.delete([key]);
  return isOver || isSuperseded ? leaveToTick(world, stored, decision) : sendDecided(world, stored, decision, true);
}

/** What makes a change a report of its own. */
function changeOf({ reason: { code, params }, about = "" }: OpenFact): string {
  return shortHash(16, code, JSON.stringify(params.because ?? null), about);
}

function decidedBy(world: World, at: Date, key: string): Decision {
  return { keys: [key], by: `${at.toISOString()} ${world.by.nonce}` };
}

function openAs(
  { code, severity, reason, upTo, about, snapshots }: Fact,
  { since, changes, by, channels }: Omit<OpenFact, keyof Fact>,
): OpenFact {
  return {
    since,
    code,
    severity,
    reason,
    ...(upTo === undefined ? {} : { upTo }),
    ...(about === undefined ? {} : { about: shortHash(16, ...[...about].sort()) }),
    ...(snapshots === undefined ? {} : { snapshots }),
    ...(changes === undefined ? {} : { changes }),
    ...(by === undefined ? {} : { by }),
    ...(channels === undefined ? {} : { channels }),
  };
}

/** Whether it concerns an earlier slot or snapshot than the open one. */
function isEarlier(known: OpenFact, { upTo }: Fact): boolean {
  // A report about everything up to its time, such as several missed slots, includes a single slot.
  if (known.upTo === undefined) return upTo !== undefined;
  return upTo !== undefined && upTo < known.upTo;
}

/** A record of an earlier version stored no `about`; what its sentence names decides. */
function isSameAbout(known: OpenFact, current: OpenFact): boolean {
  if (current.about === undefined || known.about === current.about) return true;
  return known.about === undefined && JSON.stringify(known.reason) === JSON.stringify(current.reason);
}

/** Numbers, names and times in a sentence change from look to look; another sentence, or another cause of it, is another reason. */
function isSameReason(one: Reason, other: Reason): boolean {
  return one.code === other.code && one.params.because === other.params.because;
}

async function firing(fact: Fact, times: Pick<Notice, "since" | "at">): Promise<Notice> {
  const { upTo: _upTo, about: _about, snapshots: _snapshots, ...sent } = fact;
  return { ...sent, status: "firing", ...times, text: await noticeText(fact.key, fact.reason) };
}

/** Reports that a fact is over, if it had been raised and, given `upTo`, if it does not reach further than that. */
export async function resolveNotice(world: World, subject: string, code: string, why: Reason, upTo?: string): Promise<boolean> {
  if (world.isPreview) return false;
  const key = keyText(subject);
  const found = await readOpen(world, key);
  if (!found || (found.fact.upTo !== undefined && upTo !== undefined && upTo < found.fact.upTo)) return false;
  const { by: begunBy, ending, channels: _channels, ...fact } = found.fact;
  const open = stateKey.notice(key, found.generation);
  // At once after it was read, because another invocation may end it too: a record that the deletion below leaves behind must not pass for the
  // same fact, should it begin anew.
  if (!ending) await writeObject(world.state, open, { ...found.fact, ending: true });
  const begun = recordsOf(found);
  const { number: changes } = await lastChange(world, key, begun, fact.changes);
  const at = world.clock.now();
  const since = new Date(fact.since);
  const notice: Notice = { key, code, severity: "good", reason: why, status: "resolved", since, at, text: await noticeText(key, why) };
  const decision = decidedBy(world, at, stateKey.noticeOver(key, begun));
  const stored = await storeNotice(world, notice, decision);
  const over = {
    ...fact,
    ...(changes > 0 && { changes }),
    over: at.toISOString(),
    why,
    by: decision.by,
    ...(begunBy !== undefined && { begunBy }),
  };
  const isOurs = await writeObjectOnce(world.state, decision.keys[0], over);
  // The fact may have begun anew while this instance was frozen: then as another generation.
  await world.state.delete([open]);
  if (world.live?.notices.get(key) === found.generation) world.live.notices.delete(key);
  return sendDecided(world, stored, decision, isOurs);
}
