import type { Decision, HeadRecord } from "../../jobs/kind.ts";
import { NOT_GIVEN_BACK } from "../../jobs/record.ts";
import { becauseOf, isSameReason, type Reason, reason } from "../../model/reason.ts";
import { type SourceLook, writesBetween } from "../../plan/migration/sourceWrites.ts";
import type { MigrationData, MigrationJob, MigrationObservation, Part, PartSeen } from "./types.ts";

/** Between the two looks at the writes of the source. */
export const QUIET_MS = 60_000;

/** The state of a way back once the source takes writes to one of its indices again. */
export const LIFTING = "lifting";

type Decided = Decision<MigrationData>;

/** One step: a pass is a snapshot, a copy and a restore; a cut-over is one after the last write; a rollback takes a cut-over back. */
export function stepMigration(job: MigrationJob, seen: MigrationObservation, now: Date): Decided {
  const { mode } = job.intent.input;
  const { data, cancelling } = job.head;
  if (seen.unnoted) return notePart(job, seen.unnoted);
  if (seen.rival !== undefined)
    return {
      do: "record",
      state: "refused",
      reason: reason("migration.running", { migration: job.intent.input.name, job: seen.rival }),
      data,
    };
  if (data.failing) return unwind(job, seen, { state: "failed", reason: data.failing });
  if (cancelling && !isServing(job, seen)) return stop(job, seen);
  return mode === "rollback" ? takeBack(job, seen, now) : (prepare(job, seen, now) ?? pass(job, seen, now));
}

function notePart({ head: { data } }: MigrationJob, { part, id }: { part: Part; id: string }): Decided {
  const parts = { ...data.parts, [part]: id };
  return { do: "record", state: "waiting", reason: reason("migration.asked", { part, partJob: id }), data: { ...data, parts } };
}

/** Once the target serves, only the rest is done: nothing takes it back but a rollback, which goes on once the source takes writes again. */
function isServing({ intent, head: { data, state } }: MigrationJob, { part }: MigrationObservation): boolean {
  if (state === LIFTING || data.times.restore !== undefined || data.times.rollback !== undefined) return true;
  const newest = newestPart(data);
  return (newest === "restore" || newest === "rollback") && part?.isOpen === false && part.state === "done" && intent.input.mode !== "sync";
}

/** What comes before the snapshot; nothing once it was asked for. */
function prepare(job: MigrationJob, seen: MigrationObservation, now: Date): Decided | undefined {
  const { mode, ofSlot } = job.intent.input;
  const { data } = job.head;
  if (data.parts.backup !== undefined) return undefined;
  if (seen.refusal)
    return data.looked || data.blocked ? fail(job, seen.refusal) : { do: "record", state: "refused", reason: seen.refusal, data };
  const look = seen.look ?? {};
  if (mode === "cutover") return registerOwn(job, seen) ?? stopWrites(job, look, seen, now);
  return data.looked || ofSlot ? undefined : recordLook(job, look, now);
}

/** A repository for the target's own backups comes first: what is wrong with it stops nothing later. */
function registerOwn(job: MigrationJob, { register }: MigrationObservation): Decided | undefined {
  if (register === undefined) return undefined;
  if ("fault" in register) return fail(job, register.fault);
  const why = reason("migration.registerOwn", { policy: job.intent.input.backups ?? "" });
  return { do: "effect", effect: "registerOwn", args: {}, reason: why, data: job.head.data };
}

/** The source is unchanged over two looks a minute apart, by itself or because its writes are blocked. */
function stopWrites(
  job: MigrationJob,
  look: SourceLook,
  { blocked = [], moved = [] }: MigrationObservation,
  now: Date,
): Decided | undefined {
  const { data } = job.head;
  const { blockWrites, source } = job.intent.input;
  const open = blockWrites ? moved.find((index) => !blocked.includes(index)) : undefined;
  if (open !== undefined) return block(job, open);
  if (data.times.stopped !== undefined) return undefined;
  if (!data.looked) return recordLook(job, look, now);
  const sinceMs = now.getTime() - new Date(data.looked.at).getTime();
  const writes = writesBetween(data.looked.indices, look);
  // What was under way when the block was set, and a node that started again behind it.
  if (blockWrites && (writes?.code === "migration.writing" || writes?.code === "migration.counterReset")) return recordLook(job, look, now);
  if (writes) return fail(job, reason("migration.notStopped", becauseOf(writes)));
  if (sinceMs < QUIET_MS)
    return { do: "wait", own: true, reason: reason("migration.quiet", { source, seconds: Math.ceil((QUIET_MS - sinceMs) / 1000) }) };
  const times = { ...data.times, stopped: now.toISOString() };
  const why = reason("migration.stopped", { source, seconds: Math.round(sinceMs / 1000) });
  return { do: "record", state: "stopped", reason: why, data: { ...data, times } };
}

function recordLook(job: MigrationJob, indices: SourceLook, now: Date): Decided {
  const { mode, source } = job.intent.input;
  const params = { source, indices: Object.keys(indices).length };
  const why = reason(mode === "cutover" ? "migration.firstLook" : "migration.looked", params);
  return { do: "record", state: "looking", reason: why, data: { ...job.head.data, looked: { at: now.toISOString(), indices } } };
}

function block(job: MigrationJob, index: string): Decided {
  const { data } = job.head;
  // Noted before it is set: what a crash leaves behind is lifted again.
  const blocked = [...new Set([...(data.blocked ?? []), index])];
  const args = { index, isBlocked: true };
  return { do: "effect", effect: "setBlock", args, reason: reason("migration.block", { index }), data: { ...data, blocked } };
}

/** Snapshot, copy, restore; each is a job of its own, with an id that this job's gives, so that none is asked for twice. */
function pass(job: MigrationJob, seen: MigrationObservation, now: Date): Decided {
  const { data } = job.head;
  const { mode, source, target, name } = job.intent.input;
  const undone = (["backup", "copy", "restore"] as const).find((part) => data.times[part] === undefined);
  if (undone !== undefined) return follow(job, undone, seen.part, now);
  if (mode === "sync") return { do: "record", state: "done", reason: doneReason(job), data };
  if (data.times.cut === undefined)
    return { do: "effect", effect: "cutOver", args: {}, reason: reason("migration.cutOver", { migration: name, source, target }), data };
  return { do: "record", state: "done", reason: doneReason(job), data };
}

function doneReason({ intent: { input }, head: { data } }: MigrationJob): Reason {
  const { indices = 0, documents = 0 } = data.restored ?? {};
  const params = { migration: input.name, target: input.target, snapshot: data.snapshot?.name ?? "", indices, documents };
  return reason(input.mode === "cutover" ? "migration.isCut" : "migration.synced", params);
}

/** Asks for a part, waits for it, and records how it ended. */
function follow(job: MigrationJob, part: Part, seen: PartSeen | undefined, now: Date): Decided {
  const { data } = job.head;
  const id = data.parts[part];
  if (id === undefined) return { do: "effect", effect: "ask", args: { part }, reason: reason("migration.ask", { part }), data };
  if (seen === undefined)
    return { do: "wait", own: true, reason: reason("migration.waits", { part, partJob: id, because: "migration.starting" }) };
  if (seen.isOpen)
    return {
      do: "wait",
      own: true,
      reason: reason("migration.waits", becauseOf(seen.reason, { part, partJob: id })),
    };
  // A newer snapshot serves already.
  if (seen.state === "skipped" && part === "restore" && job.intent.input.mode === "sync")
    return { do: "record", state: "skipped", reason: seen.reason, data };
  if (seen.state !== "done") return fail(job, reason("migration.partFailed", becauseOf(seen.reason, { part, partJob: id })));
  const ended = { ...data, ...foundIn(part, seen.result), times: { ...data.times, [part]: now.toISOString() } };
  return { do: "record", state: part, reason: reason("migration.partDone", { part, partJob: id }), data: ended };
}

function foundIn(part: Part, result: Readonly<Record<string, unknown>>): Partial<MigrationData> {
  if (part === "backup") {
    const { snapshot = "", uuid = snapshot, startTime } = result;
    return { snapshot: { name: String(snapshot), uuid: String(uuid) }, ...(typeof startTime === "string" ? { began: startTime } : {}) };
  }
  if (part !== "restore") return {};
  const indices = Array.isArray(result.indices) ? (result.indices as { documents?: number | null }[]) : [];
  return { restored: { indices: indices.length, documents: indices.reduce((sum, { documents }) => sum + (documents ?? 0), 0) } };
}

/** The alias first, so that searches find the old index again; then the source takes writes. */
function takeBack(job: MigrationJob, seen: MigrationObservation, now: Date): Decided {
  const { data } = job.head;
  const { cut, name, source } = job.intent.input;
  if (cut === undefined || seen.refusal)
    return { do: "record", state: "refused", reason: seen.refusal ?? reason("migration.notCut", { migration: name }), data };
  if (seen.hasEarlier && data.times.rollback === undefined) return follow(job, "rollback", seen.part, now);
  const { blocked = [] } = seen;
  if (blocked.length > 0) return lift(job, blocked);
  if (data.times.cut === undefined)
    return { do: "effect", effect: "reopen", args: {}, reason: reason("migration.reopen", { migration: name }), data };
  const params = { migration: name, source, restore: cut.restore };
  return { do: "record", state: "done", reason: reason(seen.hasEarlier ? "migration.tookBack" : "migration.tookBackFirst", params), data };
}

/** One that could not be lifted keeps none of the others blocked. */
function lift({ head: { data, claim } }: MigrationJob, blocked: readonly string[]): Decided {
  const refused = claim?.effect === "setBlock" ? (claim.args as { index?: string }).index : undefined;
  const index = blocked.find((one) => one !== refused) ?? blocked[0] ?? "";
  return { do: "effect", effect: "setBlock", args: { index, isBlocked: false }, reason: reason("migration.lift", { index }), data };
}

function fail(job: MigrationJob, why: Reason): Decided {
  return { do: "record", state: "failing", reason: why, data: { ...job.head.data, failing: why } };
}

/** Ends the part that is under way, then gives back what the job took. */
function stop(job: MigrationJob, seen: MigrationObservation): Decided {
  const { data } = job.head;
  const part = newestPart(data);
  if (part !== undefined && seen.part?.isOpen) {
    const id = data.parts[part] ?? "";
    if (seen.part.cancelling) return { do: "wait", own: true, reason: reason("migration.stopping", { part, partJob: id }) };
    return { do: "effect", effect: "cancelPart", args: { job: id }, reason: reason("migration.cancelPart", { part, partJob: id }), data };
  }
  return unwind(job, seen, { state: "cancelled", reason: reason("job.cancelled") });
}

/** No source is left blocked by a cut-over that did not happen. */
function unwind(job: MigrationJob, seen: MigrationObservation, final: { state: string; reason: Reason }): Decided {
  const blocked = (seen.blocked ?? []).filter((index) => job.head.data.blocked?.includes(index));
  return blocked.length === 0 || job.intent.input.mode !== "cutover" ? { do: "record", ...final, data: job.head.data } : lift(job, blocked);
}

/** Whatever makes a cut-over fail, the source is not left blocked by it, or the end says that it is. */
export function failingMigration({ intent, head: { data, state } }: MigrationJob, why: Reason): HeadRecord<MigrationData> | undefined {
  const { blocked = [], failing } = data;
  if (state === LIFTING && why.code !== "migration.halfLifted") {
    const { name, source, cut } = intent.input;
    const params = becauseOf(why, { migration: name, source, blocked: cut?.blocked ?? [] });
    return { state: "failed", reason: reason("migration.halfLifted", params), data };
  }
  if (intent.input.mode !== "cutover" || blocked.length === 0 || data.times.restore !== undefined) return undefined;
  const isGivenUp = why.code === NOT_GIVEN_BACK;
  if (failing === undefined && !isGivenUp) return { state: "failing", reason: why, data: { ...data, failing: why } };
  if (failing !== undefined && isSameReason(failing, why)) return undefined;
  const params = becauseOf(failing ?? why, { source: intent.input.source, blocked });
  return { state: "failed", reason: reason("migration.leftBlocked", params), data };
}

const ORDER: readonly Part[] = ["backup", "copy", "restore", "rollback"];

/** The part that was asked for last. */
export function newestPart({ parts }: Pick<MigrationData, "parts">): Part | undefined {
  return ORDER.findLast((part) => parts[part] !== undefined);
}
