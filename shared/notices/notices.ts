import type { World } from "../jobs/world.ts";
import { shortHash } from "../model/hash.ts";
import type { Notice } from "../model/notice.ts";
import type { Reason } from "../model/reason.ts";
import { stateKey } from "../state/keys.ts";
import { readObject, writeObject, writeObjectOnce } from "../state/objects.ts";
import { noticeText } from "./noticeText.ts";
import { sendNotice } from "./outbox.ts";

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

export interface OpenFact {
  since: string;
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
 * Reports that a fact has begun, at most once: the state object is written before the message is sent. A fact that is open for another reason, or
 * about other things, is reported again and keeps the time at which it began; other numbers only update the stored reason. Returns whether a
 * message was sent.
 */
export async function raiseNotice(world: World, fact: Fact): Promise<boolean> {
  const at = world.clock.now();
  const key = stateKey.notice(fact.key);
  // An open fact costs one read; a listing that is not current is followed by the write that decides.
  const listed = world.live?.notices.has(fact.key) === true ? await readObject<OpenFact>(world.state, key) : undefined;
  if (!listed && (await writeObjectOnce(world.state, key, openFact(fact, at.toISOString())))) {
    await sendFiring(world, fact, { since: at, at });
    return true;
  }
  const known = listed ?? (await readObject<OpenFact>(world.state, key));
  if (!known || isEarlier(known, fact)) return false;
  const { changes = 0 } = known;
  const current = { ...openFact(fact, known.since), ...(changes > 0 && { changes }) };
  if (JSON.stringify(current) === JSON.stringify(known)) return false;
  if (isSameReason(known.reason, fact.reason) && isSameAbout(known, current)) {
    await writeObject(world.state, key, current);
    return false;
  }
  // Of two invocations that see the same change, one reports it.
  const isFirst = await writeObjectOnce(world.state, stateKey.noticeAgain(fact.key, known.since, changes + 1), {});
  await writeObject(world.state, key, { ...current, changes: changes + 1 });
  if (isFirst) await sendFiring(world, fact, { since: new Date(known.since), at });
  return isFirst;
}

function openFact({ code, severity, reason, upTo, about, snapshots }: Fact, since: string): OpenFact {
  return {
    since,
    code,
    severity,
    reason,
    ...(upTo === undefined ? {} : { upTo }),
    ...(about === undefined ? {} : { about: shortHash(16, ...[...about].sort()) }),
    ...(snapshots === undefined ? {} : { snapshots }),
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

async function sendFiring(world: World, fact: Fact, times: Pick<Notice, "since" | "at">): Promise<void> {
  const { upTo: _upTo, about: _about, snapshots: _snapshots, ...sent } = fact;
  await sendNotice(world, { ...sent, status: "firing", ...times, text: noticeText(fact.key, fact.reason) });
}

/** Reports that a fact is over, if it had been raised and, given `upTo`, if it does not reach further than that. */
export async function resolveNotice(world: World, key: string, code: string, why: Reason, upTo?: string): Promise<boolean> {
  const open = await readObject<OpenFact>(world.state, stateKey.notice(key));
  if (!open || (open.upTo !== undefined && upTo !== undefined && upTo < open.upTo)) return false;
  const at = world.clock.now();
  const ours = await writeObjectOnce(world.state, stateKey.noticeOver(key, open.since), { ...open, over: at.toISOString(), why });
  await world.state.delete([stateKey.notice(key)]);
  if (!ours) return false;
  await sendNotice(world, {
    key,
    code,
    severity: "good",
    reason: why,
    status: "resolved",
    since: new Date(open.since),
    at,
    text: noticeText(key, why),
  });
  return true;
}
