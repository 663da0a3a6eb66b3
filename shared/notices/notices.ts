import type { World } from "../jobs/world.ts";
import { shortHash } from "../model/hash.ts";
import type { Notice } from "../model/notice.ts";
import type { Reason } from "../model/reason.ts";
import { stateKey } from "../state/keys.ts";
import { readObject, writeObject, writeObjectOnce } from "../state/objects.ts";
import { noticeText } from "./noticeText.ts";
import { type Decided, type Decision, sendDecided, storeNotice } from "./outbox.ts";

export interface Fact {
  /** `kind:subject`; reported once when it begins and once when it is over. */
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

/** `by` is of the report that it began; records of earlier versions have none. */
export interface OpenFact extends Pick<Decided, "by"> {
  since: string;
  /** An invocation reports that it is over, or died while it did. */
  ending?: true;
  code: string;
  severity: Notice["severity"];
  reason: Reason;
  upTo?: string;
  /** A hash of the fact's `about`; absent in records of earlier versions. */
  about?: string;
  snapshots?: readonly string[];
  /** How often it was reported again. */
  changes?: number;
}

/**
 * Reports that a fact has begun, once: the message is stored, then the state object that decides who reports it is written, then it is sent. A
 * fact that is open for another reason, or about other things, is reported again and keeps the time at which it began; other numbers only update
 * the stored reason. Returns whether a message was sent.
 *
 * Errors: those of the state. The caller repeats the call after any of them, and the message is neither lost nor sent twice.
 */
export async function raiseNotice(world: World, fact: Fact): Promise<boolean> {
  const key = stateKey.notice(fact.key);
  // An open fact costs one read, and one that a listing of this moment does not show none.
  const known = world.live?.notices.has(fact.key) === false ? undefined : await readObject<OpenFact>(world.state, key);
  return known ? raiseAgain(world, fact, known) : raiseFirst(world, fact);
}

async function raiseFirst(world: World, fact: Fact): Promise<boolean> {
  const at = world.clock.now();
  const since = at.toISOString();
  const key = stateKey.notice(fact.key);
  const decision = decidedBy(world, at, key, stateKey.noticeOver(fact.key, since));
  const stored = await storeNotice(world, firing(fact, { since: at, at }), decision);
  const isFirst = await writeObjectOnce(world.state, key, openAs(fact, { since, by: decision.by }));
  // This invocation's listing is older than that.
  world.live?.notices.add(fact.key);
  if (await sendDecided(world, stored, decision, isFirst)) return true;
  const known = await readObject<OpenFact>(world.state, key);
  return known !== undefined && raiseAgain(world, fact, known);
}

async function raiseAgain(world: World, fact: Fact, known: OpenFact): Promise<boolean> {
  const key = stateKey.notice(fact.key);
  if (known.ending && (await world.state.head(stateKey.noticeOver(fact.key, known.since)))) {
    // It was over and begins anew; whoever reported that did not get to remove the record.
    await world.state.delete([key]);
    return raiseFirst(world, fact);
  }
  if (isEarlier(known, fact)) return false;
  const current = openAs(fact, known);
  if (JSON.stringify(current) === JSON.stringify(known)) return false;
  if (isSameReason(known.reason, fact.reason) && isSameAbout(known, current)) {
    await writeObject(world.state, key, current);
    return false;
  }
  const what = changeOf(current);
  const { number, isReported } = await nextChange(world, fact, { known, what });
  const at = world.clock.now();
  const decision = decidedBy(world, at, stateKey.noticeAgain(fact.key, known.since, number));
  const stored = isReported ? undefined : await storeNotice(world, firing(fact, { since: new Date(known.since), at }), decision);
  const isFirst = stored !== undefined && (await writeObjectOnce(world.state, decision.keys[0], { by: decision.by, what }));
  await writeObject(world.state, key, openAs(fact, { ...known, changes: number }));
  return stored !== undefined && sendDecided(world, stored, decision, isFirst);
}

/** Of two invocations that see the same change, one reports it; one that died before it updated the open fact leaves a change of another kind. */
async function nextChange(
  world: World,
  { key }: Fact,
  { known: { since, changes = 0 }, what }: { known: OpenFact; what: string },
): Promise<{ number: number; isReported: boolean }> {
  for (let number = changes + 1; ; number += 1) {
    const there = await readObject<{ what?: string }>(world.state, stateKey.noticeAgain(key, since, number));
    if (there === undefined) return { number, isReported: false };
    if (there.what === undefined || there.what === what) return { number, isReported: true };
  }
}

/** What makes a change a report of its own. */
function changeOf({ reason: { code, params }, about = "" }: OpenFact): string {
  return shortHash(16, code, JSON.stringify(params.because ?? null), about);
}

function decidedBy(world: World, at: Date, ...keys: [string, ...string[]]): Decision {
  return { keys, by: `${at.toISOString()} ${world.by.nonce}` };
}

function openAs({ code, severity, reason, upTo, about, snapshots }: Fact, { since, changes, by }: Omit<OpenFact, keyof Fact>): OpenFact {
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

function firing(fact: Fact, times: Pick<Notice, "since" | "at">): Notice {
  const { upTo: _upTo, about: _about, snapshots: _snapshots, ...sent } = fact;
  return { ...sent, status: "firing", ...times, text: noticeText(fact.key, fact.reason) };
}

/** Reports that a fact is over, if it had been raised and, given `upTo`, if it does not reach further than that. */
export async function resolveNotice(world: World, key: string, code: string, why: Reason, upTo?: string): Promise<boolean> {
  const open = await readObject<OpenFact>(world.state, stateKey.notice(key));
  if (!open || (open.upTo !== undefined && upTo !== undefined && upTo < open.upTo)) return false;
  // At once after it was read, because another invocation may end it too: a record that the deletion below leaves behind must not pass for the
  // same fact, should it begin anew.
  if (!open.ending) await writeObject(world.state, stateKey.notice(key), { ...open, ending: true });
  const at = world.clock.now();
  const since = new Date(open.since);
  const notice: Notice = { key, code, severity: "good", reason: why, status: "resolved", since, at, text: noticeText(key, why) };
  const decision = decidedBy(world, at, stateKey.noticeOver(key, open.since));
  const stored = await storeNotice(world, notice, decision);
  const { by: begunBy, ending: _ending, ...fact } = open;
  const over = { ...fact, over: at.toISOString(), why, by: decision.by, ...(begunBy !== undefined && { begunBy }) };
  const isOurs = await writeObjectOnce(world.state, decision.keys[0], over);
  // While this instance was frozen, another may have reported that it is over, and the fact may have begun anew.
  const now = await readObject<OpenFact>(world.state, stateKey.notice(key));
  if (now?.since === open.since) await world.state.delete([stateKey.notice(key)]);
  world.live?.notices.delete(key);
  return sendDecided(world, stored, decision, isOurs);
}
