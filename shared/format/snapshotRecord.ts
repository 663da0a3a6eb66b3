import type { SnapshotState } from "../model/cluster.ts";
import type { DecodeBudget } from "../model/memory/decodeBudget.ts";
import { cutText } from "../model/memory/texts.ts";
import { shownCut } from "../model/plainText.ts";
import type { SnapshotRecord } from "../model/repository.ts";
import { decodeContainer } from "./encoding/container.ts";
import { asCount, asFields, asKeySegment, asList, asName, asNames, asText, asTime, optional } from "./fields.ts";
import { invalidBytes } from "./invalid.ts";
import { versionName } from "./version.ts";

const REASON_LENGTH_MAX = 1000;
/** Of a state that is none. */
const STATE_SHOWN = 60;
const STATES: ReadonlySet<string> = new Set<SnapshotState>(["IN_PROGRESS", "SUCCESS", "PARTIAL", "FAILED", "INCOMPATIBLE"]);

/**
 * A snapshot's own blob `snap-<uuid>.dat` below the base path; 2.x writes no uuid, so the name is used.
 * @throws AppError `invalid` with reason `format.crc32` or `format.invalid`.
 */
export function decodeSnapshotRecord(bytes: Uint8Array, subject: string, budget?: DecodeBudget): SnapshotRecord {
  const fields = asFields(asFields(decodeContainer(bytes, "snapshot", subject, { budget }), subject).snapshot, `${subject}: snapshot`);
  const name = asName(fields.name, `${subject}: name`);
  const startTime = asTime(fields.start_time, `${subject}: start_time`);
  const endTime = optional(fields.end_time, `${subject}: end_time`, asTime);
  return {
    name,
    uuid: optional(fields.uuid, `${subject}: uuid`, asKeySegment) ?? asKeySegment(name, `${subject}: name`),
    state: asState(fields.state, `${subject}: state`),
    version: versionName(asCount(fields.version_id, `${subject}: version_id`)),
    indices: asNames(fields.indices, `${subject}: indices`),
    startTime,
    endTime: endTime?.getTime() === 0 ? undefined : endTime,
    shards: {
      total: asCount(fields.total_shards, `${subject}: total_shards`),
      successful: asCount(fields.successful_shards, `${subject}: successful_shards`),
    },
    failures: asList(fields.failures ?? [], `${subject}: failures`).map((entry, index) =>
      readFailure(entry, `${subject}: failures[${index}]`),
    ),
    failureReason: optional(fields.reason, `${subject}: reason`, asReason),
    ...(fields.remote_store_index_shallow_copy === true && { isShallow: true as const }),
    ...readFeatureStates(fields.feature_states, `${subject}: feature_states`),
  };
}

function readFeatureStates(value: unknown, where: string): Pick<SnapshotRecord, "featureStates"> {
  const states = asList(value ?? [], where).map((entry, index) => {
    const fields = asFields(entry, `${where}[${index}]`);
    return {
      feature: asName(fields.feature_name, `${where}[${index}].feature_name`),
      indices: asNames(fields.indices ?? [], `${where}[${index}].indices`),
    };
  });
  return states.length === 0 ? {} : { featureStates: states };
}

function readFailure(entry: unknown, where: string): SnapshotRecord["failures"][number] {
  const fields = asFields(entry, where);
  return {
    index: asName(fields.index, `${where}.index`),
    shard: asCount(fields.shard_id, `${where}.shard_id`),
    reason: optional(fields.reason, `${where}.reason`, asReason) ?? "",
  };
}

/** With its stack trace a reason has pages, and a failed snapshot one for each of its shards. */
function asReason(value: unknown, where: string): string {
  return cutText(asText(value, where), REASON_LENGTH_MAX);
}

function asState(value: unknown, where: string): SnapshotState {
  const state = asText(value, where);
  if (!STATES.has(state)) throw invalidBytes(where, `state "${shownCut(state, STATE_SHOWN)}" is unknown`);
  return state as SnapshotState;
}
