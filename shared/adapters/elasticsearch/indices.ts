import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import type { Cluster, ClusterIndex } from "../../model/cluster.ts";
import { AppError, hasCode } from "../../model/errors.ts";
import { openSearchVersion } from "../../model/repository.ts";
import type { ElasticsearchClient } from "./client.ts";
import { faultOf } from "./errors.ts";
import { requireExactName, requireIndexPattern } from "./names.ts";
import { flattenSettings } from "./settings.ts";

/** From 8.11 on `version.created` is an index version shared by several releases; smaller numbers have two digits per version part. */
const INDEX_VERSION_MIN = 8_500_000;

/** A full cluster refuses replicas with 400 too (from 7.0); it need not stay full. */
const SHARD_LIMIT = /maximum (normal )?shards open/;

const indexAnswer = z.object({
  state: z.enum(["open", "close"]),
  aliases: z.array(z.string()).default([]),
  settings: z.object({ index: z.record(z.string(), z.unknown()) }),
});
const indicesAnswer = z.object({ metadata: z.object({ indices: z.record(z.string(), indexAnswer).default({}) }).default({ indices: {} }) });
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
/** The names are those of the `add` action; anything else cannot be given back. */
const aliasProperties = z.object({
  filter: z.record(z.string(), z.unknown()).optional(),
  index_routing: z.string().optional(),
  search_routing: z.string().optional(),
  is_write_index: z.boolean().optional(),
  is_hidden: z.boolean().optional(),
});
const aliasAnswer = z.record(z.string(), z.object({ aliases: z.record(z.string(), aliasProperties) }));
const acknowledged = z.object({ acknowledged: z.boolean() });

type IndexCalls = Pick<Cluster, "listIndices" | "countDocuments" | "health" | "updateIndexSettings" | "deleteIndex" | "swapAlias">;

export function indexCalls(client: ElasticsearchClient): IndexCalls {
  const write = async (call: Parameters<ElasticsearchClient["request"]>[1]) => {
    const answer = await client.request(acknowledged, call);
    if (!answer.acknowledged)
      throw new AppError("transient", `cluster ${client.name}: ${call.subject}: not acknowledged in time by every node`);
  };
  return {
    async listIndices() {
      // The cluster state includes closed and hidden indices and has the same shape on 2.4 … 9.
      const parts = ["state", "aliases", "settings"].map((part) => `metadata.indices.*.${part}`);
      const call = {
        subject: "indices",
        method: "GET" as const,
        path: ["_cluster", "state", "metadata"],
        query: { filter_path: parts.join(",") },
      };
      const answer = await client.request(indicesAnswer, call);
      return Object.entries(answer.metadata.indices).map(([name, index]) => toIndex(name, index));
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

    async health(index) {
      requireExactName("index", index);
      const answer = await client.request(healthAnswer, {
        subject: `health of index ${index}`,
        method: "GET",
        path: ["_cluster", "health", index],
        query: { level: "indices", timeout: "0s", filter_path: "indices" },
        // For an unknown index the server waits for it to appear and answers the timeout with a body that contains no index.
        accept: [408],
      });
      const found = answer.indices[index];
      if (found === undefined) return undefined;
      const { status, number_of_shards: shards, number_of_replicas: replicas } = found;
      return { status, primariesActive: found.active_primary_shards, shards, replicas, unassigned: found.unassigned_shards };
    },

    async updateIndexSettings(index, settings) {
      requireExactName("index", index);
      try {
        await write({ subject: `settings of index ${index}`, method: "PUT", path: [index, "_settings"], body: settings });
      } catch (error) {
        // Whatever the version says of it, a setting that cannot be changed never can.
        if (hasCode(error, "refused") && faultOf(error)?.status === 400 && !SHARD_LIMIT.test(error.message))
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
        await write({ subject, method: "DELETE", path: [index] });
      } catch (error) {
        if (!hasCode(error, "absent")) throw error;
      }
    },

    swapAlias: (alias, from, to, named = []) => swapAlias(client, write, alias, { from, to, named }),
  };
}

type Write = (call: Parameters<ElasticsearchClient["request"]>[1]) => Promise<void>;

async function swapAlias(
  client: ElasticsearchClient,
  write: Write,
  alias: string,
  { from, to, named }: { from: string; to: string; named: readonly string[] },
): Promise<void> {
  requireExactName("alias", alias);
  requireIndexPattern(from);
  for (const index of [to, ...named]) requireExactName("index", index);
  const properties = await propertiesOf(client, alias, to);
  const exact = [...named.map((index) => ({ remove: { index, alias } })), { add: { index: to, alias, ...properties } }];
  const call = { subject: `alias ${alias} to index ${to}`, method: "POST" as const, path: ["_aliases"] };
  try {
    await write({ ...call, body: { actions: [{ remove: { index: from, alias } }, ...exact] } });
  } catch (error) {
    const fault = faultOf(error);
    // Nothing was applied: all actions fail when the pattern to remove from matches no open and visible index.
    if (fault?.type !== "index_not_found_exception" || fault.index !== from || from === to) throw error;
    await write({ ...call, body: { actions: exact } });
  }
}

/** What the alias says on the indices that it leaves, or on `to` if it is there alone. */
async function propertiesOf(client: ElasticsearchClient, alias: string, to: string): Promise<z.output<typeof aliasProperties>> {
  const subject = `alias ${alias}`;
  // Without `all`, 2.x leaves out closed indices. 404 if no index has the alias; the filter leaves that body empty.
  const query = { filter_path: "*.aliases", expand_wildcards: "all" };
  const call = { subject, method: "GET" as const, path: ["_alias", alias], query, accept: [404] };
  const answer = Object.entries(await client.request(aliasAnswer, call));
  const left = answer.filter(([index]) => index !== to);
  const [first, ...others] = (left.length > 0 ? left : answer).map(([index, { aliases }]) => ({ index, properties: aliases[alias] ?? {} }));
  const other = others.find(({ properties }) => !isDeepStrictEqual(properties, first?.properties));
  if (first && other)
    throw new AppError(
      "refused",
      `cluster ${client.name}: ${subject} has another filter, routing or flag on ${other.index} than on ${first.index}`,
    );
  return first?.properties ?? {};
}

/** The indices behind a name: the index itself, those of an alias, or none. */
async function concreteNames(client: ElasticsearchClient, name: string): Promise<string[]> {
  const call = { subject: `index ${name}`, method: "GET" as const, path: ["_cluster", "state", "metadata", name] };
  const answer = await client.request(namesAnswer, { ...call, query: { filter_path: "metadata.indices.*.state" } });
  return Object.keys(answer.metadata.indices);
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
