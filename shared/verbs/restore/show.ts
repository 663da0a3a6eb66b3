import type { OverwrittenIndex, SwapResult } from "../../jobs/aliasSwap.ts";
import { watchPrint } from "../../jobs/watchPrint.ts";
import { configuredCluster, type World } from "../../jobs/world.ts";
import { hasCode, messageOf } from "../../model/errors.ts";
import { raiseNotice, resolveNotice } from "../../notices/notices.ts";
import { movesOf, purposeOf } from "../../plan/aliases/moves.ts";
import type { StatesOrder } from "../../plan/states/parts.ts";
import { askVerification } from "../verification/ask.ts";
import type { RestoreJob } from "./step.ts";
import { phaseSeconds } from "./stepProgress.ts";
import { broughtBy, broughtStates, withoutCarrier } from "./stepStates.ts";

/** The part of the result that the permanent record stores. */
export function restoreResult(job: RestoreJob): SwapResult & Record<string, unknown> {
  const { intent, head } = job;
  const seconds = phaseSeconds(job);
  return {
    cluster: configuredCluster(job),
    snapshot: intent.input.snapshot.name,
    uuid: intent.input.snapshot.uuid,
    alias: intent.input.alias,
    ...(intent.input.aliases === undefined
      ? {}
      : { moves: movesOf(intent.input, head.data.targets).map(({ alias, to }) => ({ alias, to })) }),
    indices: recorded(job).map(({ index, as, documents, restored }) => ({ index, as, expected: documents, documents: null, ...restored })),
    ...(head.data.before === undefined ? {} : { before: head.data.before }),
    ...(head.data.replaced === undefined ? {} : { replaced: head.data.replaced }),
    ...(intent.input.over ? { over: overwritten(job) } : {}),
    ...statesResult(broughtStates(job)),
    ...(intent.input.rollsBack ? { rollsBack: intent.input.rollsBack.restore } : {}),
    ...(seconds === undefined ? {} : { seconds }),
    ...printOf({ intent }),
    ...(head.state === "refused" ? { refusals: head.data.checks?.filter((check) => check.result === "refuse").slice(0, 5) } : {}),
  };
}

function statesResult({ globalState, features = {}, streams = {} }: StatesOrder = {}): Record<string, unknown> {
  const named = Object.entries(streams).map(([stream, { as }]) => ({ stream, as }));
  const states = { globalState: globalState === true, features: Object.keys(features), streams: named };
  return globalState || states.features.length > 0 || named.length > 0 ? { states } : {};
}

/** Of indices behind no alias, more would only make the record large. */
const RECORDED_MAX = 10;

/** Those behind an alias, and over which it restored, are all recorded: a rollback moves or restores each of them. */
function recorded(job: RestoreJob): RestoreJob["head"]["data"]["targets"] {
  const { input } = job.intent;
  const targets = withoutCarrier(job, job.head.data.targets);
  const swapped = new Set(movesOf(input, targets).flatMap(({ to }) => to));
  return targets.filter(({ as }, at) => at < RECORDED_MAX || swapped.has(as) || input.over);
}

function overwritten({ head: { data } }: RestoreJob): OverwrittenIndex[] {
  return data.targets.flatMap(({ as, old, restored }) => {
    if (!old || !(old.replaced || restored?.uuid === old.uuid)) return [];
    return [{ index: as, uuid: old.uuid, replicas: old.replicas, ...(old.kept && { kept: old.kept }) }];
  });
}

/** A shard that cannot be restored may be damage that no other proof has found, and that counts against other snapshots too. */
const MAY_BE_DAMAGE = ["restore.shardsFailed", "restore.stuck"];
/** Of the data, the shards' files in random order; every footer besides. */
const VERIFIED_BYTES = 20 * 1024 ** 3;

async function verifyFailed(world: World, { id, intent, head }: RestoreJob): Promise<void> {
  const { place, repository, snapshot } = intent.input;
  if (place === undefined || !MAY_BE_DAMAGE.includes(head.data.failing?.code ?? head.reason.code)) return;
  const request = { repository, snapshot: snapshot.uuid, level: "contents" as const, budgetBytes: VERIFIED_BYTES };
  try {
    await askVerification(world, request, { by: "ossnap", who: id }, { key: `after-${id}` });
  } catch (error) {
    if (!hasCode(error, "invalid")) throw error;
    world.logger.warn("a failed restore's snapshot cannot be verified", { job: id, error: messageOf(error) });
  }
}

/** Whether a watch asked for it, and no person. */
function isOfWatch({ intent }: Pick<RestoreJob, "intent">): boolean {
  return intent.input.watch !== undefined && intent.asked.by !== "person";
}

/** A restore by hand from a watch's repository is the watch's business only if it determines what the watch serves. */
function isServing(job: RestoreJob): boolean {
  return isOfWatch(job) || job.intent.input.serves;
}

/** Compared with the watch's present fingerprint, to ask again at once after a change of ossnap.yaml. */
function printOf({ intent }: Pick<RestoreJob, "intent">): { print?: string } {
  const { place, repository, indices, alias, aliases, filesThere } = intent.input;
  if (place === undefined || !isOfWatch({ intent })) return {};
  const print = watchPrint({ place, cluster: intent.cluster ?? "", repository, indices, alias, aliases, filesThere });
  return { print };
}

/** Of a restore that waits for a person before its alias moves. */
export function heldNotice({ intent }: Pick<RestoreJob, "intent">): { key: string; code: string } {
  return { key: `restore-held:${intent.input.watch ?? ""}`, code: "restore.writtenSince" };
}

/**
 * Reports a failed or refused restore, or that an earlier failure is resolved: of a watch by a snapshot that is not older, by hand by a
 * restore behind the same alias, or of the same indices. Missing replicas are reported in the same way.
 */
export async function reportRestore(world: World, job: RestoreJob): Promise<void> {
  const { watch, indices, snapshot } = job.intent.input;
  const held = heldNotice(job);
  if (watch !== undefined) await resolveNotice(world, held.key, held.code, job.head.reason);
  const subject = watch !== undefined && isServing(job) ? watch : undefined;
  const { states } = job.intent.input;
  const what = purposeOf(job.intent.input) ?? (states ? broughtBy(states).join(", ") : indices.join(","));
  const key = `restore-failed:${subject ?? `${configuredCluster(job)}/${what}`}`;
  const upTo = subject === undefined ? undefined : snapshot.startTime;
  if (job.head.state === "failed" || job.head.state === "refused")
    await raiseNotice(world, { key, code: "restore.failed", severity: "bad", reason: job.head.reason, job: job.id, upTo });
  if (job.head.state === "failed") await verifyFailed(world, job);
  if (job.head.state !== "done") return;
  await resolveNotice(world, key, "restore.failed", job.head.reason, upTo);
  const refused = job.head.data.replicasRefused;
  const fewer = { key: key.replace("restore-failed:", "restore-replicas:"), code: "restore.replicasRefused" };
  if (refused) await raiseNotice(world, { ...fewer, severity: "warning", reason: refused, job: job.id, upTo });
  else await resolveNotice(world, fewer.key, fewer.code, job.head.reason, upTo);
}
