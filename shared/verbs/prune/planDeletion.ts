import { shortHash } from "../../model/hash.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { isGood } from "../../plan/retention/keepRules.ts";
import { isFuture, type PrunableSnapshot, type PrunePlan, type RemovedSnapshot } from "../../plan/retention/plan.ts";

/** Which snapshots a person wants to delete. */
export interface Wanted {
  name: string;
  /** Absent on 2.x. */
  uuid: string | undefined;
}

/** A snapshot as far as a deletion needs it. */
export interface DeletableSnapshot extends Omit<PrunableSnapshot, "ours" | "foreign" | "indices"> {
  /** The policy that wrote or adopted it; `undefined` for another writer's. */
  policy: string | undefined;
}

export interface DeletionFacts {
  repository: string;
  place: string;
  snapshots: readonly DeletableSnapshot[];
  wanted: readonly Wanted[];
  /** The request named the uuid too, which another writer's snapshot needs. */
  byUuid: boolean;
  /** Why a snapshot is broken, by name; it is then no good one. Only given for `--broken`. */
  broken?: ReadonlyMap<string, Reason> | undefined;
  /** Pins, open jobs and mounts, by name. */
  protected: ReadonlyMap<string, Reason>;
  /** What is kept and replaces no other; its entry in the root is faulty or shares its name or uuid. */
  unclear: ReadonlyMap<string, Reason>;
  /** Why a prune of its policy would never remove a snapshot, by name; its counts are left out. */
  guarded: ReadonlyMap<string, Reason>;
  /** Which indices' last state falls with a snapshot that is not guarded, by name. */
  fallen: ReadonlyMap<string, Reason>;
  /** As in a prune's plan: a later snapshot is kept by no rule, and is the newest of none. */
  now: Date | undefined;
  /** Why nothing of the repository may be deleted now. */
  refusal: Reason | undefined;
}

/**
 * What a person can do about a guard that refuses a deletion; `undefined` where only waiting helps or the reason says it. `policy` writes into
 * the repository.
 */
export function wayOut(
  { code, params }: Reason,
  { repository, snapshot, policy }: { repository: string; snapshot: string; policy: string | undefined },
): Reason | undefined {
  if (code === "keep.newest" || code === "keep.notReplaced")
    return policy === undefined ? undefined : reason("delete.helpNewest", { policy });
  if (code === "keep.newestProven") return reason("delete.helpProven", { repository });
  if (code === "keep.lastOfIndex") return reason("delete.helpLastOfIndex");
  if (code === "keep.atLeast") return reason("delete.helpAtLeast");
  if (["keep.pinned", "keep.pinnedUntil", "keep.pinDamaged"].includes(code)) return reason("delete.helpPinned", { repository, snapshot });
  if (code === "keep.mounted") return reason("delete.helpMounted", { ...params });
  return code === "keep.needed" ? reason("delete.helpNeeded", { ...params }) : undefined;
}

/**
 * The plan of a deletion by hand, in the shape of a prune's: everything that a prune protects is refused. A broken snapshot that is protected
 * is left out of `--broken` instead, so that the others can go.
 */
export function planDeletion(facts: DeletionFacts): PrunePlan {
  const found = facts.wanted.map((one) => ({ one, snapshot: facts.snapshots.find((listed) => isSame(listed, one)) }));
  const good = goodOnes(facts);
  const guarded = found.map(({ one, snapshot }) => ({
    one,
    snapshot,
    why: snapshot ? guardOf(snapshot, facts, good) : facts.unclear.get(one.name),
  }));
  const kept = guarded.flatMap(({ one, why }) => (why ? [{ ...one, reasons: [why] }] : []));
  const remove = guarded.flatMap(({ one, snapshot, why }) => (why ? [] : [removal(one, snapshot, facts, good[0]?.name ?? "")]));
  const stays = good.find(({ name, uuid }) => !facts.wanted.some((one) => one.name === name && one.uuid === uuid));
  const ids = remove.map(({ name, uuid, startTime }) => `${name}/${uuid ?? startTime}`).join("\n");
  const newest = `${stays?.name ?? ""}/${stays?.uuid ?? ""}`;
  const refusal =
    facts.refusal ?? (facts.broken ? undefined : kept[0]?.reasons[0]) ?? (stays ? undefined : reason("prune.keepsNothingGood"));
  return {
    policy: "",
    fingerprint: "",
    hash: shortHash(8, facts.repository, facts.place, ids, newest),
    keep: kept,
    remove,
    later: [],
    newestGood: stays && { name: stays.name, uuid: stays.uuid },
    refusal,
  };
}

function isSame(one: Wanted, other: Wanted): boolean {
  return one.name === other.name && one.uuid === other.uuid;
}

/** Newest first; what is broken, by a proof of now or a stored one, unclear or of the future is no good one. */
function goodOnes({ snapshots, broken, unclear, now }: DeletionFacts): DeletableSnapshot[] {
  return snapshots
    .filter((snapshot) => isGood(snapshot) && !isFuture(snapshot, { now }) && !broken?.has(snapshot.name) && !unclear.has(snapshot.name))
    .sort((a, b) => b.time.getTime() - a.time.getTime());
}

function guardOf(snapshot: DeletableSnapshot, facts: DeletionFacts, good: readonly DeletableSnapshot[]): Reason | undefined {
  const { name, uuid, state } = snapshot;
  if (state === "IN_PROGRESS") return reason("keep.running");
  if (state === "INCOMPATIBLE" && !facts.broken) return reason("keep.unknownState");
  const why = facts.unclear.get(name) ?? facts.protected.get(name);
  if (why) return why;
  if (snapshot === good[0]) return reason("keep.newest");
  if (snapshot === good.find(({ proven }) => proven)) return reason("keep.newestProven");
  if (isOfAnother(snapshot) && !facts.byUuid && !facts.broken) return reason("delete.foreign", { snapshot: name, uuid: uuid ?? "" });
  return facts.guarded.get(name);
}

/** Written by another tool, whether or not a policy adopted it. On 2.x there are no uuids, and a policy that adopts it is enough. */
function isOfAnother({ policy, adopted, uuid }: DeletableSnapshot): boolean {
  return policy === undefined || (adopted === true && uuid !== undefined);
}

function removal(one: Wanted, snapshot: DeletableSnapshot | undefined, facts: DeletionFacts, by: string): RemovedSnapshot {
  const startTime = snapshot?.startTime.toISOString() ?? "";
  const because = facts.broken?.get(one.name) ?? reason(!snapshot || isOfAnother(snapshot) ? "delete.askedForeign" : "delete.asked");
  const fallen = facts.fallen.get(one.name);
  return { ...one, startTime, reasons: fallen ? [because, fallen] : [because], keptInstead: by };
}
