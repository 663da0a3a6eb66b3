import { isCounterNamed } from "../../../format/keys.ts";
import type { BlobInfo } from "../../../model/blobStore.ts";
import { forEachBounded, READS_AT_ONCE } from "../../../model/forEachBounded.ts";
import { type OpenMember, type OpenUnion, unreadKey } from "../../../reader/union/openUnion.ts";
import { type UnionStop, type UnionUnit, walkUnion } from "../../../reader/union/walkUnion.ts";
import { bytesOf } from "./batches.ts";
import { type Compared, type Comparing, compareUnit, isRead } from "./equality.ts";

/** What a walk reports of each unit that is not equal at the destination. */
export interface Lacking {
  unit: UnionUnit;
  move: Compared["move"];
  replaced: boolean;
}

export interface ComparedWalk {
  /** The key of the last stop that was compared. */
  after: string | undefined;
  finished: boolean;
}

export interface Visitor {
  equal(unit: UnionUnit, bytes: number): Promise<void> | void;
  lacking(lacking: Lacking): Promise<void>;
  stopped(after: string): Promise<void>;
  /** A listed blob that no member needs, in order. */
  unneeded?: (blob: BlobInfo) => Promise<void> | undefined;
}

/**
 * Compares the united closures with the destination, stop by stop; units are reported in order. What the ledger learns is stored with each stop, and
 * what it read of the shard is released.
 */
export async function walkCompared(
  union: OpenUnion,
  comparing: Comparing,
  { after: begun, visitor }: { after: string | undefined; visitor: Visitor },
): Promise<ComparedWalk> {
  const { store, ledger, deadline } = comparing;
  let after = begun;
  let isCut = false;
  const visit = async (stop: UnionStop): Promise<void> => {
    if (isCut) return;
    const units: UnionUnit[] = [];
    for await (const unit of stop.units) units.push(unit);
    const compared = await compareAll(comparing, units);
    if (compared === undefined) {
      isCut = true;
      return;
    }
    for (const [at, unit] of units.entries()) {
      const { move, replaced = false } = compared[at] as Compared;
      if (move.length === 0) await visitor.equal(unit, bytesOf(unit.blobs));
      else await visitor.lacking({ unit, move, replaced });
    }
    if (units.some(({ blobs: [first] }) => first !== undefined && isCounterNamed(first.key))) {
      await ledger.save();
      ledger.release(stop.key);
    }
    after = stop.key;
    await visitor.stopped(stop.key);
  };
  const listing = (startAfter: string | undefined) => store.list("", startAfter === undefined ? {} : { startAfter });
  const walk = { listing, after: begun, deadline: () => isCut || deadline(), onUnneeded: visitor.unneeded };
  const finished = await walkUnion(union, walk, visit);
  return { after, finished: finished && !isCut };
}

async function compareAll(comparing: Comparing, units: readonly UnionUnit[]): Promise<Compared[] | undefined> {
  const compared: Compared[] = [];
  const reading: number[] = [];
  for (const [at, unit] of units.entries()) {
    if (isRead(comparing, unit)) reading.push(at);
    else compared[at] = (await compareUnit(comparing, unit)) as Compared;
  }
  let isCut = false;
  const one = async (at: number): Promise<void> => {
    const found = await compareUnit(comparing, units[at] as UnionUnit);
    if (found) compared[at] = found;
    else isCut = true;
  };
  const finished = await forEachBounded(reading, READS_AT_ONCE, one, () => isCut || comparing.deadline());
  return finished && !isCut ? compared : undefined;
}

/** The first blob of each member that could not be read, by ordinal. */
export function unreadMembers({ members }: OpenUnion): Map<number, string> {
  const unread = new Map<number, string>();
  for (const [ordinal, { reader }] of (members as OpenMember[]).entries()) {
    const key = unreadKey(reader);
    if (key !== undefined) unread.set(ordinal, key);
  }
  return unread;
}
