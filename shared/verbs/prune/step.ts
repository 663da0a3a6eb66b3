import type { Decision } from "../../jobs/kind.ts";
import type { Job } from "../../jobs/record.ts";
import type { BackupPolicy } from "../../model/config.ts";
import { becauseOf, type Reason, reason } from "../../model/reason.ts";
import type { PrunePlan } from "../../plan/retention/plan.ts";
import type { Freed } from "../../proof/usage.ts";

/** A prune by a policy, or a deletion of single snapshots by hand. */
export type PruneInput = PolicyInput | DeletionInput;

/** By hand: exactly this plan or nothing. */
export interface DeletionInput {
  deletion: { repository: string; wanted: { name: string; uuid?: string | undefined }[]; byUuid: boolean; broken: boolean };
  place: string;
  hash: string;
}

/** Where a prune deletes. */
export function prunedRepository(input: PruneInput): string {
  return "deletion" in input ? input.deletion.repository : input.policy.repository;
}

export interface PolicyInput {
  policyName: string;
  policy: BackupPolicy;
  /** The place of its repository when the job was asked for (`repositoryId`); absent in jobs of earlier versions. */
  place?: string;
  /** By hand: exactly this plan or nothing. On a timer: the current plan, if the policy was applied by hand. */
  hash?: string;
}

export interface PruneTarget {
  name: string;
  uuid: string | undefined;
  startTime: string;
  /** Bytes that this snapshot alone frees, computed when the plan was made; absent if unknown. */
  frees?: number;
}

export interface PruneData {
  plan?: {
    hash: string;
    fingerprint: string;
    remove: PruneTarget[];
    newestGood: { name: string; uuid: string | undefined } | undefined;
    kept: number;
    /** Bytes that the plan frees, computed when it was made; absent if unknown. */
    frees?: number;
  };
  /** Requested by this job, and seen to be gone from a listing afterwards. Absent in plans stored by earlier versions. */
  removed?: PruneTarget[];
  /** By uuid, or name on 2.x: what this job ever claimed to delete. Absent in plans stored by earlier versions, which may have claimed any. */
  asked?: string[];
}

export interface PruneObservation {
  /** What a dry run would show now. */
  plan: PrunePlan;
  /** What the plan would free; gathered only while the job has no plan. */
  freed?: Freed | undefined;
  /** Whether this policy in its current form was applied by hand before. */
  appliedBefore: boolean;
  /** ossnap.yaml gives the policy no timer. */
  noTimer: boolean;
  /** Set when ossnap.yaml no longer has the policy that this job carries, or another cluster writes into the repository. */
  policyChanged: Reason | undefined;
  repository: { fault: Reason } | undefined;
  /** Set when a cluster that may have mounted a snapshot could not be asked, or an open job not be read. */
  needsUnknown?: Reason | undefined;
  /** Snapshots of the job's own plan that still exist with the same identity. */
  remaining: readonly PruneTarget[];
  /** Those of them that lost their own blob: a deletion failed half-way, and the cluster does not list them. */
  halfDeleted: readonly PruneTarget[];
  /** Number of snapshots in the listing. */
  listed: number;
  newestGoodThere: boolean;
  /** A remaining snapshot that was pinned or became needed since the plan was made. */
  protectedSince: string | undefined;
  /** Maximum number of snapshots that are deleted between two looks. */
  batchMax: number;
  /** Maximum number of them per request. */
  atOnce: number;
  blocked: Reason | undefined;
}

/** In place of an observation: the open prune that makes this one superfluous. */
export interface Superseded {
  by: string;
}

export type PruneJob = Job<PruneInput, PruneData>;

/** One step of a prune: plan, refuse or continue, delete in batches inside the plan of this moment, report what was seen to be gone. */
export function stepPrune(job: PruneJob, seen: PruneObservation | Superseded): Decision<PruneData> {
  if ("by" in seen) return { do: "record", state: "skipped", reason: reason("prune.superseded", { job: seen.by }), data: job.head.data };
  const data = seen.newestGoodThere ? countRemoved(job, seen) : job.head.data;
  if (job.head.cancelling) return { do: "record", state: "cancelled", reason: reason("job.cancelled"), data };
  if (seen.policyChanged) return refuse(seen.policyChanged, data);
  if (seen.repository) return { do: "record", state: "failed", reason: seen.repository.fault, data };
  if (seen.needsUnknown) return { do: "wait", reason: seen.needsUnknown, isTrouble: true };
  if (!data.plan) return settlePlan(job, seen);
  // Before anything is concluded from absent snapshots: a repository that cannot be read may list nothing at all.
  if (!seen.newestGoodThere) return refuse(listingFault(data.plan, seen), data);
  if (seen.protectedSince) return refuse(reason("prune.protectedSince", { snapshot: seen.protectedSince }), data);
  const allowed = seen.remaining.filter((target) => seen.plan.remove.some((one) => isSame(one, target)));
  if (allowed.length === 0) return named(job, conclude(data.plan, data, seen));
  if (seen.blocked) return { do: "wait", reason: seen.blocked };
  const batch = allowed.slice(0, seen.batchMax);
  return {
    do: "effect",
    effect: "deleteSnapshots",
    args: { snapshots: batch },
    reason: reason("prune.delete", { snapshots: batch.map(({ name }) => name), remaining: allowed.length }),
    data: withAsked(data, batch),
    carry: { atOnce: seen.atOnce },
  };
}

/** How records name a snapshot of a plan. */
export function idOf({ name, uuid }: Pick<PruneTarget, "name"> & { uuid?: string | undefined }): string {
  return uuid ?? name;
}

/** Stored together with the claim, so before any request is sent. */
function withAsked(data: PruneData, batch: readonly PruneTarget[]): PruneData {
  return data.asked === undefined ? data : { ...data, asked: [...new Set([...data.asked, ...batch.map(idOf)])] };
}

/** A deletion by hand has no rules that keep the others. */
function named({ intent }: PruneJob, decision: Decision<PruneData>): Decision<PruneData> {
  const isPlain = decision.do === "record" && ["prune.done", "prune.doneFreed"].includes(decision.reason.code);
  if (!isPlain || !("deletion" in intent.input)) return decision;
  const { removed = 0, freed } = decision.reason.params;
  const why = freed === undefined ? reason("delete.done", { removed }) : reason("delete.doneFreed", { removed, freed });
  return { ...decision, reason: why };
}

function refuse(why: Reason, data: PruneData): Decision<PruneData> {
  return { do: "record", state: "refused", reason: why, data };
}

function listingFault(plan: NonNullable<PruneData["plan"]>, seen: PruneObservation): Reason {
  return seen.listed === 0 ? reason("prune.listsNothing") : reason("prune.newestGone", { snapshot: plan.newestGood?.name ?? "" });
}

function isSame(one: PruneTarget, other: PruneTarget): boolean {
  return one.name === other.name && (one.uuid === undefined ? one.startTime === other.startTime : one.uuid === other.uuid);
}

/** A request whose response was lost leaves its claim in the head; its snapshots count as removed once the listing lacks them. */
function countRemoved({ head }: PruneJob, seen: PruneObservation): PruneData {
  const { claim, data } = head;
  // A released claim was rejected and carries the rejection as its reason.
  if (claim?.effect !== "deleteSnapshots" || head.reason.code !== "prune.delete") return data;
  const { snapshots = [] } = claim.args as { snapshots?: PruneTarget[] };
  const gone = snapshots.filter((target) => !seen.remaining.some((left) => isSame(left, target)));
  return gone.length === 0 ? data : withRemoved(data, gone);
}

/** Adds snapshots that this job deleted; in the order of the plan. */
export function withRemoved(data: PruneData, gone: readonly PruneTarget[]): PruneData {
  const all = [...(data.removed ?? []), ...gone];
  return { ...data, removed: (data.plan?.remove ?? []).filter((target) => all.some((one) => isSame(one, target))) };
}

function settlePlan(job: PruneJob, seen: PruneObservation): Decision<PruneData> {
  const { data } = job.head;
  const { hash } = job.intent.input;
  const { plan } = seen;
  if (hash !== undefined && hash !== plan.hash) return refuse(reason("plan.stale", { asked: hash, now: plan.hash }), data);
  if (plan.refusal) return refuse(plan.refusal, data);
  if (hash === undefined && seen.noTimer) return refuse(reason("prune.noTimer", { policy: plan.policy }), data);
  // A plan that removes nothing is no reason to ask anybody.
  if (hash === undefined && !seen.appliedBefore && plan.remove.length > 0)
    return refuse(reason("prune.notApplied", { policy: plan.policy, hash: plan.hash, remove: plan.remove.length }), data);
  const remove = plan.remove.map(({ name, uuid, startTime }): PruneTarget => {
    const frees = seen.freed?.each.get(uuid ?? name);
    return { name, uuid, startTime, ...(frees === undefined ? {} : { frees }) };
  });
  const together = seen.freed?.together ?? undefined;
  const next: PruneData = {
    removed: [],
    asked: [],
    plan: {
      hash: plan.hash,
      fingerprint: plan.fingerprint,
      remove,
      newestGood: plan.newestGood,
      kept: plan.keep.length,
      ...(together === undefined ? {} : { frees: together }),
    },
  };
  return {
    do: "record",
    state: "planned",
    reason: reason("prune.planned", { hash: plan.hash, remove: remove.length, keep: plan.keep.length, later: plan.later.length }),
    data: next,
  };
}

/** Why a snapshot of the job's plan is not deleted although it exists: what the plan of this moment says about it. */
function sparedBecause(target: PruneTarget, { plan }: PruneObservation): Reason {
  const kept = plan.keep.find(({ name, uuid }) => name === target.name && uuid === target.uuid);
  return kept?.reasons[0] ?? reason("prune.overCap");
}

function conclude(plan: NonNullable<PruneData["plan"]>, data: PruneData, seen: PruneObservation): Decision<PruneData> {
  const removed = data.removed ?? plan.remove.filter((target) => !seen.remaining.some((left) => isSame(left, target)));
  const counts = { removed: removed.length, asked: plan.remove.length, keep: plan.kept };
  if (plan.remove.length === 0) return { do: "record", state: "done", reason: reason("prune.nothing", { keep: plan.kept }), data };
  const half = seen.halfDeleted.map(({ name }) => name);
  if (half.length > 0) return { do: "record", state: "done", reason: reason("prune.doneHalf", { ...counts, half }), data };
  const [first] = seen.remaining;
  if (first) {
    const spared = { ...counts, spared: seen.remaining.map(({ name }) => name), first: first.name };
    const why = reason("prune.doneSpared", becauseOf(sparedBecause(first, seen), spared));
    return { do: "record", state: "done", reason: why, data };
  }
  const vanished = plan.remove.filter((target) => !removed.some((one) => isSame(one, target)));
  if (vanished.length > 0)
    return {
      do: "record",
      state: "done",
      reason: reason("prune.doneByOthers", { ...counts, vanished: vanished.map(({ name }) => name) }),
      data,
    };
  const freed = freedBy(plan, removed);
  const why = freed === undefined ? reason("prune.done", counts) : reason("prune.doneFreed", { ...counts, freed: freed.bytes });
  return { do: "record", state: "done", reason: why, data };
}

/** The bytes of the plan if all of it was removed; otherwise at least what each of them freed alone. */
export function freedBy(
  { remove, frees }: NonNullable<PruneData["plan"]>,
  removed: readonly PruneTarget[],
): { bytes: number; atLeast?: true } | undefined {
  if (frees === undefined || removed.length === 0) return undefined;
  if (removed.length === remove.length) return { bytes: frees };
  return { bytes: removed.reduce((sum, target) => sum + (target.frees ?? 0), 0), atLeast: true };
}
