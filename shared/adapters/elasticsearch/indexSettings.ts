import * as z from "zod";
import { hasCode } from "../../model/errors.ts";
import type { Call, ElasticsearchClient } from "./client.ts";
import { faultOf } from "./errors/errors.ts";

const settingsAnswer = z.record(z.string(), z.object({ settings: z.object({ index: z.record(z.string(), z.unknown()) }) }));
const blocksAnswer = z.object({
  blocks: z.object({ indices: z.record(z.string(), z.record(z.string(), z.unknown())).default({}) }).default({ indices: {} }),
});

type IndexSettings = Record<string, unknown>;

/**
 * The settings of each index of the cluster state. Amazon's managed service leaves them out there (elastic/curator#880), and refuses `_settings`
 * without a name (openedx/course-discovery#4325).
 */
export async function settingsFor(
  client: ElasticsearchClient,
  indices: Readonly<Record<string, { settings?: { index: IndexSettings } | undefined }>>,
): Promise<ReadonlyMap<string, IndexSettings>> {
  const found = new Map(Object.entries(indices).flatMap(([name, { settings }]) => (settings ? [[name, settings.index] as const] : [])));
  if (found.size === Object.keys(indices).length) return found;
  try {
    return await asked(client, "_all");
  } catch (error) {
    if (!isBlocked(error)) throw error;
  }
  const blocked = await blockedIndices(client);
  const settings = await asked(client, ["*", ...blocked.map((name) => `-${name}`)].join(","));
  for (const name of blocked) settings.set(name, { "blocks.metadata": "true" });
  return settings;
}

/** One index whose metadata is blocked keeps settings and statistics of all from being read. */
function isBlocked(error: unknown): boolean {
  return hasCode(error, "refused") && faultOf(error)?.type === "cluster_block_exception";
}

/** Without it wildcards leave out hidden indices; versions before 7.7 do not know it. */
export const OPEN_AND_HIDDEN = { expand_wildcards: "open,hidden" };

/** Asks for all indices, or for those of a list, and again without those whose metadata is blocked if there are such. */
export async function withoutBlocked<Answer>(
  client: ElasticsearchClient,
  names: "all" | readonly string[],
  ask: (names: readonly string[]) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await ask(names === "all" ? ["_all"] : names);
  } catch (error) {
    if (!isBlocked(error)) throw error;
  }
  const blocked = await blockedIndices(client);
  return ask(names === "all" ? ["*", ...blocked.map((name) => `-${name}`)] : names.filter((name) => !blocked.includes(name)));
}

async function asked(client: ElasticsearchClient, names: string): Promise<Map<string, IndexSettings>> {
  const query = { expand_wildcards: "all", filter_path: "*.settings.index" };
  const call: Call = { subject: "index settings", method: "GET", path: [names, "_settings"], query, answer: "large" };
  const answer = await client.request(settingsAnswer, call);
  return new Map(Object.entries(answer).map(([name, { settings }]) => [name, settings.index]));
}

/** `IndexMetadata.INDEX_METADATA_BLOCK` */
const METADATA_BLOCK = "9";

async function blockedIndices(client: ElasticsearchClient): Promise<string[]> {
  const query = { filter_path: `blocks.indices.*.${METADATA_BLOCK}` };
  const call: Call = { subject: "index blocks", method: "GET", path: ["_cluster", "state", "blocks"], query };
  return Object.keys((await client.request(blocksAnswer, call)).blocks.indices);
}
