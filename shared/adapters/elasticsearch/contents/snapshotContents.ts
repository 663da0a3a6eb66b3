import * as z from "zod";
import { hasCode } from "../../../model/errors.ts";
import type { ReadsContents } from "../../../model/snapshots/contents.ts";
import type { ElasticsearchClient } from "../client.ts";
import { faultOf } from "../errors/errors.ts";
import { requireExactName } from "../names.ts";

/** Nested numbers from 6.4 on; flat ones before, which count added files alone. */
const stats = z.object({ total: z.object({ size_in_bytes: z.number() }).optional(), total_size_in_bytes: z.number().default(0) });
const statusAnswer = z.object({
  snapshots: z
    .array(z.object({ indices: z.record(z.string(), z.object({ shards_stats: z.object({ total: z.number() }), stats })).default({}) }))
    .default([]),
});
const PARTS = ["shards_stats.total", "stats.total", "stats.total_size_in_bytes"].map((part) => `snapshots.indices.*.${part}`);

/** https://www.elastic.co/guide/en/elasticsearch/reference/7.10/get-snapshot-status-api.html */
export function contentsCalls(client: ElasticsearchClient): ReadsContents {
  return {
    async snapshotContents(repository, snapshot) {
      requireExactName("repository", repository);
      requireExactName("snapshot", snapshot);
      const path = ["_snapshot", repository, snapshot, "_status"];
      // Every shard has a part of its own otherwise.
      const query = { filter_path: ["snapshots.snapshot", ...PARTS].join(",") };
      const call = {
        subject: `contents of snapshot ${repository}:${snapshot}`,
        method: "GET" as const,
        path,
        query,
        answer: "large" as const,
      };
      try {
        const { snapshots } = await client.request(statusAnswer, call);
        const indices = Object.entries(snapshots[0]?.indices ?? {});
        return indices.map(([name, { shards_stats, stats }]) => ({
          name,
          shards: shards_stats.total,
          bytes: stats.total?.size_in_bytes ?? stats.total_size_in_bytes,
        }));
      } catch (error) {
        if (faultOf(error)?.type === "snapshot_missing_exception" && hasCode(error, "absent")) return undefined;
        throw error;
      }
    },
  };
}
