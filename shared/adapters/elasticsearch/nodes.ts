import * as z from "zod";
import type { Cluster } from "../../model/cluster.ts";
import { hasCode } from "../../model/errors.ts";
import type { ElasticsearchClient } from "./client.ts";
import { requireExactName } from "./names.ts";

/** The server's texts repeat whole chains of causes; each says what it is about at its beginning. */
const PART_CHARACTERS_MAX = 200;
const PARTS_MAX = 4;
/** The end of the year 9999. */
const LAST_SECOND = 253_402_300_799;

const pluginsAnswer = z.object({
  nodes: z.record(
    z.string(),
    z.object({ roles: z.array(z.string()).optional(), plugins: z.array(z.object({ name: z.string() })).default([]) }),
  ),
});
const healthRows = z.tuple([z.object({ epoch: z.coerce.number().int().min(0).max(LAST_SECOND) })]);
const limits = z.object({ cluster: z.object({ max_shards_per_node: z.coerce.number() }).optional() }).optional();
const settingsAnswer = z.object({ transient: limits, persistent: limits, defaults: limits });
const explainAnswer = z.object({
  unassigned_info: z.object({ reason: z.string().optional(), details: z.string().optional() }).optional(),
  allocate_explanation: z.string().optional(),
  node_allocation_decisions: z
    .array(z.object({ deciders: z.array(z.object({ decision: z.string(), explanation: z.string() })).default([]) }))
    .default([]),
});

export function nodeCalls(
  client: ElasticsearchClient,
  major: () => Promise<number>,
): Pick<Cluster, "plugins" | "clock" | "explainAllocation" | "shardsPerNodeMax"> {
  return {
    async plugins() {
      // The node's name is asked for too: the filter drops a node that has nothing of what is asked for, such as one without plugins.
      const query = { filter_path: "nodes.*.name,nodes.*.roles,nodes.*.plugins.name" };
      const answer = await client.request(pluginsAnswer, { subject: "plugins", method: "GET", path: ["_nodes", "plugins"], query });
      const data = Object.values(answer.nodes).filter(({ roles }) => roles === undefined || roles.some((role) => role.startsWith("data")));
      const [first, ...others] = data.map(({ plugins }) => new Set(plugins.map(({ name }) => name)));
      return [...(first ?? [])].filter((name) => others.every((names) => names.has(name))).sort();
    },

    /** https://www.elastic.co/guide/en/elasticsearch/reference/7.10/misc-cluster.html#cluster-shard-limit */
    async shardsPerNodeMax() {
      // 6.x has the setting, and only warns.
      if ((await major()) < 7) return undefined;
      const query = { include_defaults: "true", filter_path: "*.cluster.max_shards_per_node" };
      const answer = await client.request(settingsAnswer, { subject: "settings", method: "GET", path: ["_cluster", "settings"], query });
      const set = answer.transient?.cluster ?? answer.persistent?.cluster ?? answer.defaults?.cluster;
      return set?.max_shards_per_node;
    },

    /** https://www.elastic.co/guide/en/elasticsearch/reference/7.10/cat-health.html: answers carry no Date header. */
    async clock() {
      const query = { format: "json", h: "epoch" };
      const [row] = await client.request(healthRows, { subject: "clock", method: "GET", path: ["_cat", "health"], query });
      return new Date(row.epoch * 1000);
    },

    /** https://www.elastic.co/guide/en/elasticsearch/reference/7.10/cluster-allocation-explain.html */
    async explainAllocation(index, shard) {
      requireExactName("index", index);
      if ((await major()) < 5) return undefined;
      const subject = `allocation of index ${index}`;
      const call = {
        subject,
        method: "POST" as const,
        path: ["_cluster", "allocation", "explain"],
        body: { index, shard, primary: true },
        answer: "medium" as const,
      };
      try {
        return explanationOf(await client.request(explainAnswer, call));
      } catch (error) {
        // 400 or 404 when the index is gone; the explanation is only an addition to what is known.
        if (hasCode(error, "invalid", "absent")) return undefined;
        throw error;
      }
    },
  };
}

/** The innermost cause of the last failure, otherwise what the deciders say. */
function explanationOf({ unassigned_info: unassigned, ...answer }: z.output<typeof explainAnswer>): string | undefined {
  if (unassigned === undefined) return undefined;
  const deciders = answer.node_allocation_decisions.flatMap(({ deciders: all }) => all.filter(({ decision }) => decision === "NO"));
  const causes = [innermost(unassigned.details), ...deciders.map(({ explanation }) => explanation)];
  // From 8.x on this is general advice, so it is shown only if nothing else is said.
  const said = (causes.some((cause) => cause) ? causes : [answer.allocate_explanation]).flatMap((part) =>
    part ? [part.replace(/\s+/g, " ").slice(0, PART_CHARACTERS_MAX)] : [],
  );
  return [...new Set(said)].slice(0, PARTS_MAX).join("; ") || unassigned.reason;
}

/** `failed recovery, failure A[…]; nested: B[the cause];` → `B[the cause]`. */
function innermost(details: string | undefined): string | undefined {
  return details
    ?.split("nested: ")
    .at(-1)
    ?.trim()
    .replace(/;+\s*$/, "");
}
