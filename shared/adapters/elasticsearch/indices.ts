import * as z from "zod";
import type { ClusterIndex, IndexHealth } from "../../model/cluster.ts";
import { AppError, hasCode } from "../../model/errors.ts";
import type { IndexCalls } from "../cluster/calls.ts";
import { changeState } from "./acknowledged.ts";
import type { ElasticsearchClient } from "./client.ts";
import { countsOf, operationsOf } from "./contents/operations.ts";
import { faultOf } from "./errors/errors.ts";
import { OPEN_AND_HIDDEN, settingsFor, withoutBlocked } from "./indexSettings.ts";
import { requireExactName } from "./names.ts";
import { createdVersion } from "./release/createdVersion.ts";
import { flattenSettings } from "./settings.ts";

const indexAnswer = z.object({
  state: z.enum(["open", "close"]),
  aliases: z.array(z.string()).default([]),
  settings: z.object({ index: z.record(z.string(), z.unknown()) }).optional(),
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
  blocks: z.object({ global: z.record(z.string(), z.unknown()).default({}) }).default({ global: {} }),
});
/** Id of the block of a cluster that has not read its indices from disk yet: `state not recovered / initialized`. */
const NOT_RECOVERED = "1";
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

export function indexCalls(client: ElasticsearchClient, isHiding: () => Promise<boolean>): IndexCalls {
  return {
    async listIndices() {
      // The cluster state includes closed and hidden indices and has the same shape on 2.4 … 9.
      const parts = ["state", "aliases", "settings", "system"].map((part) => `metadata.indices.*.${part}`);
      parts.push("blocks.global.*.description");
      // Data streams have no API in distributions without their module; the cluster state names them on all (measured on 8.17).
      parts.push("metadata.data_stream.data_stream.*.indices.index_name");
      const call = {
        subject: "indices",
        method: "GET" as const,
        path: ["_cluster", "state", "metadata,blocks"],
        answer: "large" as const,
        query: { filter_path: parts.join(",") },
      };
      const answer = await client.request(indicesAnswer, call);
      // For seconds after its start 5.5 answers 200 with no index at all (measured on 5.5.2).
      if (Object.hasOwn(answer.blocks.global, NOT_RECOVERED))
        throw new AppError("transient", `cluster ${client.name}: indices: it has just started and does not know its indices yet`);
      const streams = answer.metadata.data_stream?.data_stream ?? {};
      const streamOf = new Map(Object.entries(streams).flatMap(([stream, { indices }]) => indices.map((one) => [one.index_name, stream])));
      const settings = await settingsFor(client, answer.metadata.indices);
      return Object.entries(answer.metadata.indices).flatMap(([name, index]) => {
        const dataStream = streamOf.get(name);
        const own = settings.get(name);
        // Deleted since the first of two answers.
        if (own === undefined) return [];
        return {
          ...toIndex(name, index, own),
          ...(dataStream === undefined ? {} : { dataStream }),
          ...(index.system ? { system: true } : {}),
        };
      });
    },

    async indexBytes() {
      const query = { filter_path: "indices.*.primaries.store.size_in_bytes", ...((await isHiding()) ? OPEN_AND_HIDDEN : {}) };
      const answer = await withoutBlocked(client, "all", (names) =>
        client.request(storeAnswer, { subject: "index sizes", method: "GET", path: [names.join(","), "_stats", "store"], query }),
      );
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

    operations: (index) => operationsOf(client, index),

    counts: (indices) => countsOf(client, indices, isHiding),

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

    async closeBehind(alias) {
      requireExactName("alias", alias);
      await changeState(client, { subject: `closing what has alias ${alias}`, method: "POST", path: [alias, "_close"] });
    },

    async openIndex(index) {
      requireExactName("index", index);
      await changeState(client, { subject: `opening index ${index}`, method: "POST", path: [index, "_open"] });
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

function toIndex(name: string, { state, aliases }: z.output<typeof indexAnswer>, settings: Record<string, unknown>): ClusterIndex {
  const flat = flattenSettings(settings);
  return {
    name,
    uuid: flat.uuid ?? "",
    state,
    aliases,
    shards: Number(flat.number_of_shards ?? 1),
    replicas: Number(flat.number_of_replicas ?? 0),
    createdVersion: createdVersion(Number(flat["version.created"] ?? 0)),
    settings: flat,
  };
}
