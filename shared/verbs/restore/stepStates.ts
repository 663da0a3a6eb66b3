import type { Decision } from "../../jobs/kind.ts";
import { becauseOf, type Reason, reason } from "../../model/reason.ts";
import { type Part, partOf, type StatesOrder } from "../../plan/states/parts.ts";
import type { RestoreData, RestoreJob, RestoreObservation, TargetSeen } from "./types.ts";

type Target = RestoreData["targets"][number];
type StreamPart = Extract<Part, { part: "stream" }>;

/** All backing indices of a data stream in one request. */
export function beginStream({ head }: RestoreJob, { stream, order }: StreamPart): Decision<RestoreData> {
  const indices = Object.keys(order.indices).length;
  return {
    do: "effect",
    effect: "restoreStream",
    args: { stream, as: order.as },
    reason: reason("state.streamStart", { stream, as: order.as, indices }),
    data: head.data,
  };
}

/** The last one that is restored ends the restore itself. */
export function noteRestored(
  data: RestoreData,
  target: Target,
  restored: NonNullable<Target["restored"]>,
  { why, now }: { why: Reason; now: Date },
): Decision<RestoreData> {
  const targets = data.targets.map((other) => (other.as === target.as ? { ...other, restored } : other));
  if (!targets.every((one) => one.restored)) return { do: "record", state: "restoring", reason: why, data: { ...data, targets } };
  return {
    do: "record",
    state: "restored",
    reason: why,
    data: { ...data, targets, times: { ...data.times, restored: now.toISOString() } },
  };
}

/**
 * Of a job whose claim of the request that replaces the state had no answer: it may have been carried out, which no later record could tell. A claim
 * that is in flight still says it itself, and one that was refused sent nothing that took effect.
 */
export function notingUnsure(job: RestoreJob, seen?: RestoreObservation): RestoreJob {
  const { claim, data } = job.head;
  const as = job.intent.input.states?.carrier?.as;
  const isOfState = as !== undefined && claim?.effect === "restoreIndex" && (claim.args as { as?: string }).as === as;
  if (!isOfState || claim.refused || data.stateReplaced) return job;
  const noted: RestoreData = seen && showsState(job, seen) ? withStateReplaced(data) : { ...data, stateUnsure: true };
  return { ...job, head: { ...job.head, data: noted } };
}

/** The request is not sent again: if it was carried out, what was changed since would be lost. */
export function stateUnknown({ intent, head: { data } }: RestoreJob, as: string): Reason | undefined {
  const { states = {} } = intent.input;
  if (states.carrier?.as !== as || !isUnsure(data)) return undefined;
  return reason("state.unknown", { index: as, brought: broughtBy({ ...states, streams: {} }) });
}

function isUnsure({ stateUnsure, stateReplaced }: RestoreData): boolean {
  return stateUnsure === true && stateReplaced !== true;
}

/** Features' indices come with the request for the carrier, and show as it does that it was carried out. */
function showsState({ intent, head }: RestoreJob, seen: RestoreObservation): boolean {
  const ours = seen.targets.filter(({ there }) => there === "ours").map(({ as }) => as);
  return head.data.targets.some((target) => ours.includes(target.as) && partOf(intent.input.states, target)?.part === "feature");
}

/** It had shown that the request was carried out, which must not be sent again: what was changed since would be lost. */
export function carrierVanished({ head }: RestoreJob, target: Target, now: Date): Decision<RestoreData> {
  const restored = { uuid: "", documents: target.documents ?? 0 };
  return noteRestored(head.data, target, restored, { why: reason("state.carrierVanished", { index: target.as }), now });
}

/** What of this is deleted when the job is taken back: single indices, and data streams as a whole; an index of a feature stays, as the only one there is. */
export function takeBack(job: RestoreJob, begun: TargetSeen): Decision<RestoreData> | "index" | "stays" {
  const { data } = job.head;
  const target = data.targets.find(({ as }) => as === begun.as);
  const part = target && partOf(job.intent.input.states, target);
  if (part?.part === "feature") return "stays";
  // Whatever else failed, what was counted is whole.
  const isKept = data.failing !== undefined && part?.part === "stream" && isCounted(job, part);
  if (isKept) return "stays";
  if (part?.part !== "stream") return "index";
  const args = { stream: part.stream, as: part.order.as };
  if (data.streamsLeft?.includes(args.as)) return "stays";
  return { do: "effect", effect: "deleteStream", args, reason: reason("state.streamTakeBack", args), data };
}

function isCounted({ head: { data } }: RestoreJob, { order }: StreamPart): boolean {
  const names = Object.values(order.indices);
  return data.targets.every(({ as, restored }) => !names.includes(as) || restored !== undefined);
}

/** The index that carried the request is of no use once everything is counted. */
export function dropCarrier(job: RestoreJob, seen: RestoreObservation): Decision<RestoreData> | undefined {
  const as = job.intent.input.states?.carrier?.as;
  const there = seen.targets.find((target) => target.as === as);
  if (there?.there !== "ours") return undefined;
  const args = { index: there.as, uuid: there.uuid };
  return {
    do: "effect",
    effect: "deleteIndex",
    args,
    reason: reason("state.dropCarrier", { index: there.as }),
    data: withStateReplaced(job.head.data),
  };
}

/** The targets that remain on the cluster. */
export function withoutCarrier<T extends { as: string }>({ intent }: RestoreJob, targets: readonly T[]): T[] {
  return targets.filter(({ as }) => as !== intent.input.states?.carrier?.as);
}

/** Those whose number of replicas is the restore's to set: a feature sets that of its own indices. */
export function ownTargets<T extends { as: string }>({ intent, head }: RestoreJob, targets: readonly T[]): T[] {
  const parts = new Map(head.data.targets.map((target) => [target.as, partOf(intent.input.states, target)?.part]));
  return targets.filter(({ as }) => !["carrier", "feature"].includes(parts.get(as) ?? ""));
}

export function withStateReplaced(data: RestoreData): RestoreData {
  return { ...data, stateReplaced: true };
}

/** Says what had been done before the job ended otherwise, and stays. */
export function stateRemains({ intent, head }: RestoreJob, why: Reason): Reason {
  const { states = {} } = intent.input;
  const { stateReplaced, streamsLeft = [], streamsUnsure = [] } = head.data;
  if (isUnsure(head.data) && why.code !== "state.unknown") {
    const params = { index: states.carrier?.as ?? "", brought: broughtBy({ ...states, streams: {} }) };
    return reason("state.perhapsReplaced", becauseOf(why, params));
  }
  const left = streamsLeft.map((as) => `data stream ${as}, to which others ${streamsUnsure.includes(as) ? "may have written" : "wrote"}`);
  const brought = [...(stateReplaced ? broughtBy({ ...states, streams: {} }) : []), ...left];
  if (brought.length === 0) return why;
  return reason("state.replaced", becauseOf(why, { brought }));
}

/** What came to the cluster, for the record: of a job that ended early not all that was asked for. */
export function broughtStates({ intent, head: { state, data } }: RestoreJob): StatesOrder {
  const { states = {} } = intent.input;
  const { globalState, features, streams = {} } = states;
  if (state === "done") return states;
  const counted = Object.entries(streams).filter(([, order]) => data.streamsLeft?.includes(order.as));
  return {
    ...(data.stateReplaced && { ...(globalState && { globalState }), ...(features && { features }) }),
    streams: Object.fromEntries(counted),
  };
}

/** For sentences. */
export function broughtBy({ globalState, features = {}, streams = {} }: StatesOrder): string[] {
  return [
    ...(globalState ? ["the global state"] : []),
    ...Object.keys(features).map((name) => `feature ${name}`),
    ...Object.entries(streams).map(([stream, { as }]) => (as === stream ? `data stream ${stream}` : `data stream ${stream} as ${as}`)),
  ];
}
