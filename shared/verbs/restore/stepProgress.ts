import type { Decision } from "../../jobs/kind.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { partOf } from "../../plan/states/parts.ts";
import { isOver } from "./stepOver.ts";
import type { RestoreData, RestoredBeside, RestoreJob, RestoreObservation, TargetSeen } from "./types.ts";

type Target = RestoreData["targets"][number];

/** A restore without progress for this long is stuck; its index is deleted because on 5.5 it blocks all snapshot work. */
const STALLED_MS = 10 * 60_000;
/** A restarting cluster recovers shards from its own disks first; shards that are still unassigned after this time stay so. */
const BROKEN_OFF_MS = 60_000;
/** Restarts of a broken-off restore before the job fails; more than that points to unrestorable blobs or an unstable cluster. */
const BEGUN_AGAIN_MAX = 2;

/** Records progress while shards recover and detects a stall. */
export function follow(job: RestoreJob, target: Target, there: TargetSeen, now: Date): Decision<RestoreData> {
  const { data } = job.head;
  const known = data.progress;
  const params = {
    index: target.as,
    started: there.primariesActive,
    shards: target.shards,
    bytesTotal: there.bytesTotal,
    bytesRecovered: there.bytesRecovered,
    bytesReused: there.bytesReused ?? 0,
    filesTotal: there.files?.total ?? 0,
    filesRecovered: there.files?.recovered ?? 0,
    ...paceOf(there, known, now),
    why: there.why ?? "",
  };
  const stalledMs = known ? now.getTime() - new Date(known.at).getTime() : 0;
  const isStalled = stalledMs >= STALLED_MS;
  if (!known || (isStalled && known.bytes !== there.bytesRecovered))
    return {
      do: "record",
      state: "restoring",
      reason: reason("restore.progress", params),
      data: { ...data, progress: { bytes: there.bytesRecovered, at: now.toISOString() } },
    };
  if (!isStalled) return { do: "wait", own: true, reason: reason("restore.progress", params) };
  return giveUp(data, reason("restore.stuck", { ...params, minutes: Math.round(stalledMs / 60_000) }));
}

/** Since the last recorded look, which is at most ten minutes ago; `null` until something was recovered since. */
function paceOf(
  { bytesTotal, bytesRecovered }: TargetSeen,
  known: RestoreData["progress"],
  now: Date,
): Record<"percent" | "bytesPerSecond" | "etaSeconds", number | null> {
  const percent = bytesTotal === 0 ? null : Math.floor((100 * bytesRecovered) / bytesTotal);
  const seconds = known === undefined ? 0 : (now.getTime() - new Date(known.at).getTime()) / 1000;
  const bytesPerSecond = known === undefined || seconds <= 0 ? 0 : Math.round((bytesRecovered - known.bytes) / seconds);
  if (bytesPerSecond <= 0) return { percent, bytesPerSecond: null, etaSeconds: null };
  return { percent, bytesPerSecond, etaSeconds: Math.round((bytesTotal - bytesRecovered) / bytesPerSecond) };
}

/** A node failure leaves shards without a running restore, which the cluster never recovers on its own. */
export function restartRestore(
  job: RestoreJob,
  target: Target,
  there: TargetSeen,
  seen: RestoreObservation,
  now: Date,
): Decision<RestoreData> {
  const { progress, ...data } = job.head.data;
  const params = { index: target.as, started: there.primariesActive, shards: target.shards, why: there.why ?? "" };
  const again = data.begunAgain ?? 0;
  if (!progress?.brokenOff)
    return {
      do: "record",
      state: "restoring",
      reason: reason("restore.brokenOff", params),
      data: { ...data, progress: { bytes: there.bytesRecovered, at: now.toISOString(), brokenOff: true } },
    };
  if (now.getTime() - new Date(progress.at).getTime() < BROKEN_OFF_MS)
    return { do: "wait", own: true, reason: reason("restore.brokenOff", params) };
  const serves = seen.aliases.some(({ holders }) => holders.some(({ name }) => name === target.as));
  // An index that was there before the job is not deleted.
  const isPart = partOf(job.intent.input.states, target) !== undefined;
  if (again >= BEGUN_AGAIN_MAX || serves || isOver(target, there) || isPart) return giveUp(data, reason("restore.shardsFailed", params));
  return {
    do: "effect",
    effect: "deleteIndex",
    args: { index: target.as, uuid: there.uuid },
    reason: reason("restore.again", params),
    data: { ...data, begunAgain: again + 1 },
  };
}

function giveUp(data: RestoreData, failing: Reason): Decision<RestoreData> {
  return { do: "record", state: "freeing", reason: failing, data: { ...data, failing } };
}

/** Seconds of each part, and from the request to the moment at which the restored documents served (without an alias: were all counted). */
export function phaseSeconds({
  createdAt,
  head: { data },
}: RestoreJob): Record<"proof" | "restore" | "swap" | "total", number> | undefined {
  const { planned, restored, served = restored } = data.times ?? {};
  if (planned === undefined || restored === undefined || served === undefined) return undefined;
  const ends = [createdAt, planned, restored, served].map((time) => new Date(time).getTime());
  const [proof = 0, restore = 0, swap = 0] = ends.slice(1).map((end, at) => (end - (ends[at] ?? end)) / 1000);
  // No sum of the parts, which would not be exact to the millisecond.
  return { proof, restore, swap, total: ((ends[3] ?? 0) - (ends[0] ?? 0)) / 1000 };
}

const NAMED_MAX = 5;

/** For the sentence about the counts: a mapping that differs, and what the source holds now. */
export function besideParams({ mapping, source }: RestoredBeside): Reason["params"] {
  return {
    ...(mapping && isOther(mapping) ? within("mapping", reason("restore.mappingDiffers", { ...mapping })) : {}),
    ...(typeof source?.documents === "number"
      ? within("source", reason("restore.atSource", { cluster: source.cluster, documents: source.documents }))
      : {}),
  };
}

/** For the sentence about the end: a warning, because a version may write a mapping anew as it restores it. */
export function mappingParams({ targets }: RestoreData): Reason["params"] {
  const others = targets.filter(({ restored }) => isOther(restored?.mapping)).map(({ as }) => as);
  if (others.length === 0) return {};
  return within("mapping", reason("restore.mappingsDiffer", { indices: others.slice(0, NAMED_MAX), count: others.length }));
}

function isOther(mapping: RestoredBeside["mapping"]): boolean {
  return mapping?.inSnapshot !== undefined && mapping.inSnapshot !== mapping.hash;
}

/** Another reason, as parameters that `{name:wayOut}` of a sentence appends. */
function within(name: string, { code, params }: Reason): Reason["params"] {
  return { [name]: code, ...Object.fromEntries(Object.entries(params).map(([key, value]) => [`${name}.${key}`, value])) };
}
