import * as z from "zod";
import type { ClusterSnapshot, SnapshotProgress } from "../../model/cluster.ts";
import { AppError, hasCode } from "../../model/errors.ts";
import { percentEncoded } from "../../model/plainText.ts";
import { openSearchVersion } from "../../model/repository.ts";
import { outsideTime } from "../../model/restoredName.ts";
import { snapshotBody } from "../../model/snapshots/request.ts";
import type { SnapshotCalls } from "../cluster/calls.ts";
import type { ElasticsearchClient } from "./client.ts";
import { batches, deleteSnapshots } from "./deleteSnapshots.ts";
import { faultOf } from "./errors/errors.ts";
import { requireExactName } from "./names.ts";

const snapshotAnswer = z.object({
  snapshot: z.string(),
  uuid: z.string().optional(),
  // A state that is unknown here must not make the other snapshots unreadable; it is never taken for a good one, and never deleted.
  state: z.enum(["IN_PROGRESS", "SUCCESS", "PARTIAL", "FAILED", "INCOMPATIBLE"]).catch("INCOMPATIBLE"),
  version: z.string().default(""),
  version_id: z.number().default(0),
  indices: z.array(z.string()).default([]),
  start_time_in_millis: z.number().default(0),
  end_time_in_millis: z.number().default(0),
  shards: z.object({ total: z.number(), failed: z.number(), successful: z.number() }).default({ total: 0, failed: 0, successful: 0 }),
  failures: z
    .array(
      z.object({
        index: z.string().default(""),
        shard_id: z.number().default(0),
        reason: z.string().default(""),
        node_id: z.string().nullish(),
      }),
    )
    .default([]),
  data_streams: z.array(z.string()).default([]),
  feature_states: z.array(z.object({ feature_name: z.string() })).default([]),
  metadata: z.record(z.string(), z.unknown()).nullish(),
});
const snapshotsAnswer = z.object({ snapshots: z.array(snapshotAnswer) });
const files = z.object({ size_in_bytes: z.number() });
/** Flat numbers up to 6.3, nested ones from 6.4 on; `processed` is absent when everything is done. */
const statsAnswer = z.object({
  incremental: files.optional(),
  processed: files.optional(),
  total_size_in_bytes: z.number().default(0),
  processed_size_in_bytes: z.number().default(0),
  time_in_millis: z.number().optional(),
});
const count = z.number().default(0);
const statusAnswer = z.object({
  snapshots: z.array(
    z.object({
      state: z.string(),
      shards_stats: z.object({
        total: z.number(),
        done: z.number(),
        failed: z.number(),
        initializing: count,
        started: count,
        finalizing: count,
      }),
      stats: statsAnswer,
    }),
  ),
});
const accepted = z.object({ accepted: z.boolean().optional() });
const runningAnswer = z.object({
  snapshots: z
    .object({ snapshots: z.array(z.object({ repository: z.string(), snapshot: z.string() })).default([]) })
    .default({ snapshots: [] }),
});

/** https://www.elastic.co/guide/en/elasticsearch/reference/7.10/snapshot-restore-apis.html */
export function snapshotCalls(client: ElasticsearchClient, version: () => Promise<string>): SnapshotCalls {
  return {
    async listSnapshots(repository, { ignoreUnavailable = false } = {}) {
      requireExactName("repository", repository);
      const path = ["_snapshot", repository, "_all"];
      const query = ignoreUnavailable ? { query: { ignore_unavailable: true } } : {};
      const call = { subject: `snapshots of repository ${repository}`, method: "GET" as const, path, ...query, answer: "large" as const };
      const answer = await client.request(snapshotsAnswer, call);
      return answer.snapshots.map(toSnapshot);
    },

    async getSnapshot(repository, snapshot) {
      requireNames(repository, snapshot);
      const call = {
        subject: `snapshot ${repository}:${snapshot}`,
        method: "GET" as const,
        path: ["_snapshot", repository, snapshot],
        answer: "large" as const,
      };
      const answer = await unlessMissing(client.request(snapshotsAnswer, call));
      const found = answer?.snapshots[0];
      return found === undefined ? undefined : toSnapshot(found);
    },

    async snapshotProgress(repository, snapshot) {
      requireNames(repository, snapshot);
      const path = ["_snapshot", repository, snapshot, "_status"];
      const call = { subject: `progress of snapshot ${repository}:${snapshot}`, method: "GET" as const, path, answer: "large" as const };
      const answer = await unlessMissing(client.request(statusAnswer, call));
      const found = answer?.snapshots[0];
      return found === undefined ? undefined : toProgress(found);
    },

    async runningSnapshots() {
      // `_snapshot/_status` would query every node; `customs` is the small part of the cluster state that contains this on 2.4 … 9.
      const query = { filter_path: "snapshots.snapshots.repository,snapshots.snapshots.snapshot" };
      const call = { subject: "running snapshots", method: "GET" as const, path: ["_cluster", "state", "customs"], query };
      const answer = await client.request(runningAnswer, call);
      return answer.snapshots.snapshots.map(({ repository, snapshot }) => ({ repository, snapshot }));
    },

    async createSnapshot(repository, snapshot, request) {
      requireNames(repository, snapshot);
      const subject = `snapshot ${repository}:${snapshot}`;
      // To Elasticsearch an empty list means every index.
      if (request.indices.length === 0) throw new AppError("invalid", `cluster ${client.name}: ${subject}: no index is selected`);
      for (const index of request.indices) requireExactName("index", index);
      await client.request(accepted, {
        subject,
        method: "PUT",
        path: ["_snapshot", repository, snapshot],
        query: { wait_for_completion: false },
        body: snapshotBody(request),
      });
    },

    async getSnapshots(repository, snapshots) {
      requireExactName("repository", repository);
      for (const snapshot of snapshots) requireExactName("snapshot", snapshot);
      const found: ClusterSnapshot[] = [];
      for (const names of batches(`/_snapshot/${percentEncoded(repository)}/`, [...new Set(snapshots)])) {
        const call = {
          subject: `snapshots of repository ${repository}`,
          method: "GET" as const,
          path: ["_snapshot", repository, names.join(",")],
          query: { ignore_unavailable: true },
          answer: "large" as const,
        };
        found.push(...(await client.request(snapshotsAnswer, call)).snapshots.map(toSnapshot));
      }
      return found;
    },

    async deleteSnapshots(repository, snapshots, { answerMs } = {}) {
      requireExactName("repository", repository);
      for (const snapshot of snapshots) requireExactName("snapshot", snapshot);
      await deleteSnapshots(client, version, { repository, snapshots, answerMs });
    },
  };
}

function requireNames(repository: string, snapshot: string): void {
  requireExactName("repository", repository);
  requireExactName("snapshot", snapshot);
}

/**
 * `undefined` when the repository has no such name. A server that answers `[r:name/uuid] is missing` lists the name but lacks its blob,
 * which stays an error.
 */
async function unlessMissing<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (faultOf(error)?.type === "snapshot_missing_exception" && hasCode(error, "absent")) return undefined;
    throw error;
  }
}

function toSnapshot(answer: z.output<typeof snapshotAnswer>): ClusterSnapshot {
  const { snapshot, uuid, indices, shards, failures, metadata, data_streams, feature_states } = answer;
  const [startTime, endTime] = [outsideTime(answer.start_time_in_millis), outsideTime(answer.end_time_in_millis)];
  const isTimed = startTime !== undefined && (endTime !== undefined || answer.state === "IN_PROGRESS");
  // As with an unknown state: the others are readable, and this one is never taken for a good one, and never deleted.
  const state = isTimed ? answer.state : "INCOMPATIBLE";
  const ended = state !== "IN_PROGRESS" && answer.end_time_in_millis > 0;
  return {
    name: snapshot,
    uuid,
    state,
    // Elasticsearch shows a snapshot of OpenSearch as 136.x.
    version: openSearchVersion(answer.version_id) ?? answer.version,
    indices,
    startTime: startTime ?? new Date(0),
    endTime: ended ? endTime : undefined,
    shards,
    failures: failures.map(({ index, shard_id, reason, node_id }) => ({
      index,
      shard: shard_id,
      reason,
      ...(node_id ? { node: node_id } : {}),
    })),
    metadata: metadata ?? undefined,
    ...(data_streams.length === 0 ? {} : { dataStreams: data_streams }),
    ...(feature_states.length === 0 ? {} : { featureStates: feature_states.map(({ feature_name }) => feature_name) }),
  };
}

function toProgress({ state, shards_stats, stats }: z.output<typeof statusAnswer>["snapshots"][number]): SnapshotProgress {
  const total = stats.incremental?.size_in_bytes ?? stats.total_size_in_bytes;
  const flatDone = stats.incremental === undefined ? stats.processed_size_in_bytes : total;
  const elapsed = stats.time_in_millis === undefined ? {} : { elapsedMs: stats.time_in_millis };
  return { state, shards: shards_stats, bytes: { total, done: stats.processed?.size_in_bytes ?? flatDone }, ...elapsed };
}
