import * as z from "zod";
import type { IndexCounts, IndexOperations } from "../../../model/cluster.ts";
import { shortHash } from "../../../model/hash.ts";
import type { ElasticsearchClient } from "../client.ts";
import { batches } from "../deleteSnapshots.ts";
import { OPEN_AND_HIDDEN, withoutBlocked } from "../indexSettings.ts";
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
              docs: z.object({ count: z.number() }).optional(),
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
  const { documents: _documents, ...seen } = countsIn(indices[index]);
  return { ...seen, ...(seen.sinceStart ? { starts: await startsOf(client, index) } : {}) };
}

/**
 * Documents and operations of several open indices: named in one request as far as its line has room, otherwise those of all indices.
 * @param isHiding whether hidden indices are known, which wildcards leave out otherwise.
 */
export async function countsOf(
  client: ElasticsearchClient,
  names: readonly string[],
  isHiding: () => Promise<boolean>,
): Promise<Map<string, IndexCounts>> {
  for (const name of names) requireExactName("index", name);
  const [first, ...more] = batches("/", [...new Set(names)]);
  if (first === undefined) return new Map();
  const parts = ["routing.primary", "docs.count", "seq_no.max_seq_no", "indexing.index_total", "indexing.delete_total"];
  const query = { level: "shards", filter_path: parts.map((part) => `indices.*.shards.*.${part}`).join(",") };
  const isAll = more.length > 0;
  const wildcards = isAll && (await isHiding()) ? OPEN_AND_HIDDEN : {};
  const { indices } = await withoutBlocked(client, isAll ? "all" : first, async (asked) => {
    if (asked.length === 0) return { indices: {} };
    return client.request(operationsAnswer, {
      ...{ subject: `documents and operations of ${names.length} indices`, method: "GET", answer: "large" },
      ...{ path: [asked.join(","), "_stats", "docs,indexing"], query: { ...query, ignore_unavailable: "true", ...wildcards } },
    });
  });
  return new Map(names.flatMap((name) => (Object.hasOwn(indices, name) ? [[name, countsIn(indices[name])] as const] : [])));
}

type OfIndex = z.output<typeof operationsAnswer>["indices"][string];

function countsIn(index: OfIndex | undefined): IndexCounts {
  const primaries = Object.values(index?.shards ?? {})
    .flat()
    .filter(({ routing }) => routing.primary);
  const sumOf = (value: (shard: (typeof primaries)[number]) => number) => primaries.reduce((sum, shard) => sum + value(shard), 0);
  return {
    documents: sumOf(({ docs }) => docs?.count ?? 0),
    // The first operation has the number 0.
    count: sumOf(({ seq_no: by, indexing }) => (by ? by.max_seq_no + 1 : indexing.index_total + indexing.delete_total)),
    primaries: primaries.length,
    sinceStart: primaries.some(({ seq_no: by }) => by === undefined),
  };
}

/** The recoveries with which the primaries started: a node that starts again, or another node, recovers them anew. */
async function startsOf(client: ElasticsearchClient, index: string): Promise<string> {
  const parts = ["id", "primary", "start_time_in_millis", "target.id"].map((part) => `*.shards.${part}`);
  const call = { subject: `recovery of index ${index}`, method: "GET" as const, path: [index, "_recovery"] };
  const answer = await client.request(startsAnswer, { ...call, query: { filter_path: parts.join(",") } });
  const primaries = (answer[index]?.shards ?? []).filter(({ primary }) => primary).sort((one, other) => one.id - other.id);
  return shortHash(8, ...primaries.map(({ id, start_time_in_millis: at, target }) => `${id} ${target.id} ${at}`));
}
