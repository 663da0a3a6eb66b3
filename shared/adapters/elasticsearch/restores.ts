import * as z from "zod";
import type { Cluster } from "../../model/cluster.ts";
import { AppError } from "../../model/errors.ts";
import type { ElasticsearchClient } from "./client.ts";
import { faultOf } from "./errors/errors.ts";
import { requireExactName } from "./names.ts";
import { restoreBody } from "./restoring/body.ts";
import { streamCalls } from "./restoring/streams.ts";

/** `accepted` when there are shards to restore; an immediate summary when there is nothing to do. */
const restoreAnswer = z.object({
  accepted: z.boolean().optional(),
  snapshot: z.object({ shards: z.object({ total: z.number() }) }).optional(),
});
const runningAnswer = z.object({
  restore: z
    .object({
      snapshots: z
        .array(z.object({ repository: z.string(), snapshot: z.string(), state: z.string(), indices: z.array(z.string()).default([]) }))
        .default([]),
    })
    .default({ snapshots: [] }),
});
const workAnswer = runningAnswer.extend({
  snapshots: z
    .object({ snapshots: z.array(z.object({ repository: z.string(), snapshot: z.string() })).default([]) })
    .default({ snapshots: [] }),
});
const RESTORE_PARTS = ["repository", "snapshot", "state", "indices"].map((part) => `restore.snapshots.${part}`);
const SNAPSHOT_PARTS = ["repository", "snapshot"].map((part) => `snapshots.snapshots.${part}`);
const files = z.object({ total: z.number(), reused: z.number(), recovered: z.number() });
const size = z.object({ total_in_bytes: z.number(), reused_in_bytes: z.number(), recovered_in_bytes: z.number() });
const recoveryAnswer = z.record(
  z.string(),
  z.object({
    shards: z.array(
      z.object({ id: z.number(), type: z.string(), stage: z.string(), primary: z.boolean(), index: z.object({ size, files }) }),
    ),
  }),
);

type RestoreCalls = Pick<Cluster, "restore" | "restoreStream" | "deleteStream" | "runningRestores" | "runningWork" | "recovery">;

export function restoreCalls(client: ElasticsearchClient): RestoreCalls {
  return {
    async restore(request) {
      const { repository, snapshot, index, as } = request;
      requireExactName("repository", repository);
      requireExactName("snapshot", snapshot);
      requireExactName("index", index);
      requireExactName("index", as);
      const subject = `restore of index ${index} from ${repository}:${snapshot} as ${as}`;
      const notThere = (cause?: unknown) =>
        new AppError("invalid", `cluster ${client.name}: ${subject}: the snapshot holds no index ${index}`, { cause });
      const answer = await client
        .request(restoreAnswer, {
          subject,
          method: "POST",
          path: ["_snapshot", repository, snapshot, "_restore"],
          query: { wait_for_completion: false },
          body: restoreBody(request),
        })
        .catch((error: unknown) => {
          const type = faultOf(error)?.type;
          if (type === "index_not_found_exception") throw notThere(error);
          // 2.x answers this for a missing snapshot; newer servers reject it as a restore error.
          if (type === "snapshot_missing_exception")
            throw new AppError("invalid", `cluster ${client.name}: ${subject}: there is no such snapshot`, { cause: error });
          throw error;
        });
      if (answer.snapshot?.shards.total === 0) throw notThere();
    },

    ...streamCalls(client),

    async runningRestores() {
      const call = {
        subject: "running restores",
        method: "GET" as const,
        path: ["_cluster", "state", "customs"],
        answer: "large" as const,
      };
      const answer = await client.request(runningAnswer, { ...call, query: { filter_path: RESTORE_PARTS.join(",") } });
      return answer.restore.snapshots;
    },

    async runningWork() {
      const call = { subject: "running work", method: "GET" as const, path: ["_cluster", "state", "customs"], answer: "large" as const };
      const filter_path = [...RESTORE_PARTS, ...SNAPSHOT_PARTS].join(",");
      const { restore, snapshots } = await client.request(workAnswer, { ...call, query: { filter_path } });
      return { snapshots: snapshots.snapshots, restores: restore.snapshots };
    },

    async recovery(index) {
      requireExactName("index", index);
      const parts = ["id", "type", "stage", "primary", "index.size", "index.files"].map((part) => `*.shards.${part}`);
      const call = { subject: `recovery of index ${index}`, method: "GET" as const, path: [index, "_recovery"] };
      const answer = await client.request(recoveryAnswer, { ...call, query: { filter_path: parts.join(",") } });
      return (answer[index]?.shards ?? []).map(({ id, primary, type, stage, index: copied }) => ({
        shard: id,
        primary,
        type: type.toUpperCase(),
        stage: stage.toUpperCase(),
        bytes: { total: copied.size.total_in_bytes, recovered: copied.size.recovered_in_bytes, reused: copied.size.reused_in_bytes },
        files: { total: copied.files.total, recovered: copied.files.recovered, reused: copied.files.reused },
      }));
    },
  };
}
