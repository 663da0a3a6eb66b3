import * as z from "zod";
import type { Cluster, ClusterIndex, IndexHealth } from "../../model/cluster.ts";
import { AppError, hasCode } from "../../model/errors.ts";
import { openSearchVersion } from "../../model/repository.ts";
import { changeState } from "./acknowledged.ts";
import type { ElasticsearchClient } from "./client.ts";
import { faultOf } from "./errors/errors.ts";
import { requireExactName } from "./names.ts";
import { flattenSettings } from "./settings.ts";

/** From 8.11 on `version.created` is an index version shared by several releases; smaller numbers have two digits per version part. */
const INDEX_VERSION_MIN = 8_500_000;

const indexAnswer = z.object({
  state: z.enum(["open", "close"]),
  aliases: z.array(z.string()).default([]),
  settings: z.object({ index: z.record(z.string(), z.unknown()) }),
  system: z.boolean().optional(),
});
/** The name stands twice: that of the metadata's part, and that of the field in it. */
const streamsAnswer = z.object({
  data_stream: z.record(z.string(), z.object({ indices: z.array(z.object({ index_name: z.string() })).default([]) })).default({}),
});
const indicesAnswer = z.object({
  metadata: z
    .object({ indices: z.record(z.string(), indexAnswer).default({}), data_stream: streamsAnswer.optional() })
    .default({ indices: {} }),
});
const storeAnswer = z.object({
  indices: z
    .record(z.string(), z.object({ primaries: z.object({ store: z.object({ size_in_bytes: z.number() }).optional() }).optional() }))
    .default({}),
});
const namesAnswer = z.object({
  metadata: z.object({ indices: z.record(z.string(), z.unknown()).default({}) }).default({ indices: {} }),
});
const statsAnswer = z.object({
  _shards: z.object({ failed: z.number() }),
  _all: z.object({ primaries: z.object({ docs: z.object({ count: z.number() }).optional() }).optional() }).optional(),
});
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
const healthAnswer = z.object({
  indices: z
    .record(
      z.string(),
      z.object({
        status: z.enum(["green", "yellow", "red"]),
        number_of_shards: z.number(),
        number_of_replicas: z.number(),
        active_primary_shards: z.number(),
        unassigned_shards: z.number(),
      }),
    )
    .default({}),
});

type IndexCalls = Pick<
  Cluster,
  "listIndices" | "indexBytes" | "countDocuments" | "operations" | "health" | "healths" | "updateIndexSettings" | "deleteIndex"
>;

export function indexCalls(client: ElasticsearchClient, isHiding: () => Promise<boolean>): IndexCalls {
  return {
    async listIndices() {
      // The cluster state includes closed and hidden indices and has the same shape on 2.4 … 9.
      const parts = ["state", "aliases", "settings", "system"].map((part) => `metadata.indices.*.${part}`);
      // Data streams have no API in distributions without their module; the cluster state names them on all (measured on 8.17).
      parts.push("metadata.data_stream.data_stream.*.indices.index_name");
      const call = {
        subject: "indices",
        method: "GET" as const,
        path: ["_cluster", "state", "metadata"],
        answer: "large" as const,
        query: { filter_path: parts.join(",") },
      };
      const answer = await client.request(indicesAnswer, call);
      const streams = answer.metadata.data_stream?.data_stream ?? {};
      const streamOf = new Map(Object.entries(streams).flatMap(([stream, { indices }]) => indices.map((one) => [one.index_name, stream])));
      return Object.entries(answer.metadata.indices).map(([name, index]) => {
        const dataStream = streamOf.get(name);
        return { ...toIndex(name, index), ...(dataStream === undefined ? {} : { dataStream }), ...(index.system ? { system: true } : {}) };
      });
    },

    async indexBytes() {
      // `hidden` is unknown before 7.7, and without it hidden indices are missing there.
      const wildcards = (await isHiding()) ? { expand_wildcards: "open,hidden" } : {};
      const query = { filter_path: "indices.*.primaries.store.size_in_bytes", ...wildcards };
      const answer = await client.request(storeAnswer, { subject: "index sizes", method: "GET", path: ["_stats", "store"], query });
      const sizes = Object.entries(answer.indices).map(([name, index]) => [name, index.primaries?.store?.size_in_bytes] as const);
      return new Map(sizes.flatMap(([name, bytes]) => (bytes === undefined ? [] : [[name, bytes] as const])));
    },

    async countDocuments(index) {
      requireExactName("index", index);
      const subject = `document count of index ${index}`;
      const query = { filter_path: "_shards.failed,_all.primaries.docs.count" };
      const answer = await client.request(statsAnswer, { subject, method: "GET", path: [index, "_stats", "docs"], query });
      if (answer._shards.failed > 0)
        throw new AppError("transient", `cluster ${client.name}: ${subject}: ${answer._shards.failed} shards did not answer`);
      return answer._all?.primaries?.docs?.count ?? 0;
    },

    async operations(index) {
      requireExactName("index", index);
      const parts = ["routing.primary", "seq_no.max_seq_no", "indexing.index_total", "indexing.delete_total"];
      const query = { level: "shards", filter_path: parts.map((part) => `indices.*.shards.*.${part}`).join(",") };
      const call = { subject: `operations of index ${index}`, method: "GET" as const, path: [index, "_stats"], query };
      const { indices } = await client.request(operationsAnswer, call);
      const copies = Object.values(indices[index]?.shards ?? {}).flat();
      const primaries = copies.filter(({ routing }) => routing.primary);
      // The first operation has the number 0.
      const counts = primaries.map(({ seq_no: by, indexing }) => (by ? by.max_seq_no + 1 : indexing.index_total + indexing.delete_total));
      const sinceStart = primaries.some(({ seq_no: by }) => by === undefined);
      return { count: counts.reduce((sum, one) => sum + one, 0), primaries: primaries.length, sinceStart };
    },

    async health(index) {
      requireExactName("index", index);
      const answer = await client.request(healthAnswer, {
        subject: `health of index ${index}`,
        method: "GET",
        path: ["_cluster", "health", index],
        answer: "small",
        query: { level: "indices", timeout: "0s", filter_path: "indices" },
        // For an unknown index the server waits for it to appear and answers the timeout with a body that contains no index.
        accept: [408],
      });
      const found = answer.indices[index];
      return found && toHealth(found);
    },

    async healths() {
      const query = { level: "indices", timeout: "0s", filter_path: "indices" };
      const call = { subject: "health of all indices", method: "GET" as const, path: ["_cluster", "health"], answer: "large" as const };
      const { indices } = await client.request(healthAnswer, { ...call, query });
      return new Map(Object.entries(indices).map(([name, found]) => [name, toHealth(found)]));
    },

    async updateIndexSettings(index, settings) {
      requireExactName("index", index);
      try {
        await changeState(client, { subject: `settings of index ${index}`, method: "PUT", path: [index, "_settings"], body: settings });
      } catch (error) {
        // Whatever the version says of it, a setting that cannot be changed never can; a full cluster need not stay full.
        if (hasCode(error, "refused") && faultOf(error)?.status === 400 && error.reason?.code !== "cluster.shardLimit")
          throw new AppError("invalid", error.message, { cause: error.cause });
        throw error;
      }
    },

    /** An index that does not exist counts as deleted. Errors: `invalid` for an alias (5.5 would delete the index behind it). */
    async deleteIndex(index) {
      requireExactName("index", index);
      const subject = `index ${index}`;
      const found = await concreteNames(client, index);
      if (found.length === 0) return;
      if (found.length > 1 || found[0] !== index)
        throw new AppError("invalid", `cluster ${client.name}: ${subject} is an alias of ${found.join(", ")}: name the index to delete`);
      try {
        await changeState(client, { subject, method: "DELETE", path: [index] });
      } catch (error) {
        if (!hasCode(error, "absent")) throw error;
      }
    },
  };
}

/** The indices behind a name: the index itself, those of an alias, or none. */
async function concreteNames(client: ElasticsearchClient, name: string): Promise<string[]> {
  const call = {
    subject: `index ${name}`,
    method: "GET" as const,
    path: ["_cluster", "state", "metadata", name],
    answer: "large" as const,
  };
  const answer = await client.request(namesAnswer, { ...call, query: { filter_path: "metadata.indices.*.state" } });
  return Object.keys(answer.metadata.indices);
}

function toHealth(found: z.output<typeof healthAnswer>["indices"][string]): IndexHealth {
  const { status, number_of_shards: shards, number_of_replicas: replicas } = found;
  return { status, primariesActive: found.active_primary_shards, shards, replicas, unassigned: found.unassigned_shards };
}

function toIndex(name: string, { state, aliases, settings }: z.output<typeof indexAnswer>): ClusterIndex {
  const flat = flattenSettings(settings.index);
  return {
    name,
    uuid: flat.uuid ?? "",
    state,
    aliases,
    shards: Number(flat.number_of_shards ?? 1),
    replicas: Number(flat.number_of_replicas ?? 0),
    createdVersion: versionOf(Number(flat["version.created"] ?? 0)),
    settings: flat,
  };
}

/** `5050399` → `5.5.3`; an index version keeps its number: `8.x-8521000`. */
function versionOf(id: number): string {
  const other = openSearchVersion(id);
  if (other !== undefined) return other;
  const major = Math.floor(id / 1_000_000);
  return id >= INDEX_VERSION_MIN ? `${major}.x-${id}` : `${major}.${Math.floor(id / 10_000) % 100}.${Math.floor(id / 100) % 100}`;
}
