import * as z from "zod";
import type { IndexOperations } from "../../../model/cluster.ts";
import { shortHash } from "../../../model/hash.ts";
import type { ElasticsearchClient } from "../client.ts";
import { requireExactName } from "../names.ts";

const operationsAnswer = z.object({
  indices: z
    .record(
      z.string(),
      z.object({
        shards: z.record(
          z.string(),
          z.array(
            z.object({
              routing: z.object({ primary: z.boolean() }),
              seq_no: z.object({ max_seq_no: z.number() }).optional(),
              indexing: z.object({ index_total: z.number(), delete_total: z.number() }),
            }),
          ),
        ),
      }),
    )
    .default({}),
});
const startsAnswer = z.record(
  z.string(),
  z.object({
    shards: z.array(
      z.object({ id: z.number(), primary: z.boolean(), start_time_in_millis: z.number(), target: z.object({ id: z.string() }) }),
    ),
  }),
);

/** Operations of an open index's started primaries; before 6.0 with what shows that one of them started again, because its counter then begins with 0. */
export async function operationsOf(client: ElasticsearchClient, index: string): Promise<IndexOperations> {
  requireExactName("index", index);
  const parts = ["routing.primary", "seq_no.max_seq_no", "indexing.index_total", "indexing.delete_total"];
  const query = { level: "shards", filter_path: parts.map((part) => `indices.*.shards.*.${part}`).join(",") };
  const call = { subject: `operations of index ${index}`, method: "GET" as const, path: [index, "_stats"], query };
  const { indices } = await client.request(operationsAnswer, call);
  const primaries = Object.values(indices[index]?.shards ?? {})
    .flat()
    .filter(({ routing }) => routing.primary);
  // The first operation has the number 0.
  const counts = primaries.map(({ seq_no: by, indexing }) => (by ? by.max_seq_no + 1 : indexing.index_total + indexing.delete_total));
  const seen = { count: counts.reduce((sum, one) => sum + one, 0), primaries: primaries.length };
  const sinceStart = primaries.some(({ seq_no: by }) => by === undefined);
  return { ...seen, sinceStart, ...(sinceStart ? { starts: await startsOf(client, index) } : {}) };
}

/** The recoveries with which the primaries started: a node that starts again, or another node, recovers them anew. */
async function startsOf(client: ElasticsearchClient, index: string): Promise<string> {
  const parts = ["id", "primary", "start_time_in_millis", "target.id"].map((part) => `*.shards.${part}`);
  const call = { subject: `recovery of index ${index}`, method: "GET" as const, path: [index, "_recovery"] };
  const answer = await client.request(startsAnswer, { ...call, query: { filter_path: parts.join(",") } });
  const primaries = (answer[index]?.shards ?? []).filter(({ primary }) => primary).sort((one, other) => one.id - other.id);
  return shortHash(8, ...primaries.map(({ id, start_time_in_millis: at, target }) => `${id} ${target.id} ${at}`));
}
