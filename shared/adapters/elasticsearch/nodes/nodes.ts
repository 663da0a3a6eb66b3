import * as z from "zod";
import type { Cluster } from "../../../model/cluster.ts";
import type { ClusterLimits } from "../../../model/disks/clusterDisks.ts";
import { diskLimitsOf } from "../../../model/disks/diskLimits.ts";
import { hasCode } from "../../../model/errors.ts";
import { MAX_SHARDS_SETTING, PLACEMENT_PREFIXES, type PlacementSettings, placementOf } from "../../../model/placement/placement.ts";
import type { ElasticsearchClient } from "../client.ts";
import { requireExactName } from "../names.ts";
import { flattenSettings } from "../settings.ts";
import { holdsData } from "./nodeRoles.ts";

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
const settingsAnswer = z.object({
  transient: z.unknown().optional(),
  persistent: z.unknown().optional(),
  defaults: z.unknown().optional(),
});
const RECOVERY_RATE = "indices.recovery.max_bytes_per_sec";
/** 2.x states no defaults. */
const RATE_DEFAULT = { [RECOVERY_RATE]: "40mb" };
const bytes = z.number().nonnegative();
const disksAnswer = z.object({
  nodes: z
    .record(
      z.string(),
      z.object({
        name: z.string(),
        roles: z.array(z.string()).optional(),
        attributes: z.record(z.string(), z.string()).optional(),
        ip: z.union([z.string(), z.array(z.string())]).optional(),
        host: z.string().optional(),
        fs: z.object({ total: z.object({ total_in_bytes: bytes.default(0), available_in_bytes: bytes.default(0) }).optional() }).optional(),
      }),
    )
    .default({}),
});
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
): Pick<Cluster, "plugins" | "clock" | "explainAllocation" | "limits" | "disks"> {
  return {
    async plugins() {
      // The node's name is asked for too: the filter drops a node that has nothing of what is asked for, such as one without plugins.
      const query = { filter_path: "nodes.*.name,nodes.*.roles,nodes.*.plugins.name" };
      const answer = await client.request(pluginsAnswer, { subject: "plugins", method: "GET", path: ["_nodes", "plugins"], query });
      const data = Object.values(answer.nodes).filter(({ roles }) => roles === undefined || roles.some((role) => role.startsWith("data")));
      const [first, ...others] = data.map(({ plugins }) => new Set(plugins.map(({ name }) => name)));
      return [...(first ?? [])].filter((name) => others.every((names) => names.has(name))).sort();
    },

    /** https://www.elastic.co/guide/en/elasticsearch/reference/7.10/modules-cluster.html */
    async limits() {
      const query = {
        include_defaults: "true",
        filter_path: [MAX_SHARDS_SETTING, RECOVERY_RATE, ...PLACEMENT_PREFIXES].map((name) => `*.${name}`).join(","),
      };
      const answer = await client.request(settingsAnswer, { subject: "settings", method: "GET", path: ["_cluster", "settings"], query });
      const { defaults, persistent, transient } = answer;
      const layers = { defaults: layerOf(defaults), persistent: layerOf(persistent), transient: layerOf(transient) };
      const flat = [defaults, persistent, transient].map((part) => flattenSettings(part));
      return { ...limitsOf(Object.assign({}, RATE_DEFAULT, ...flat)), placement: layers };
    },

    /** https://www.elastic.co/guide/en/elasticsearch/reference/7.10/cluster-nodes-stats.html */
    async disks() {
      const parts = ["name", "roles", "attributes", "ip", "host", "fs.total"].map((part) => `nodes.*.${part}`);
      const call = { subject: "disks", method: "GET" as const, path: ["_nodes", "stats", "fs"], query: { filter_path: parts.join(",") } };
      const { nodes } = await client.request(disksAnswer, call);
      const holding = Object.entries(nodes).filter(([, { roles, attributes }]) =>
        roles ? holdsData(roles) : attributes?.data !== "false",
      );
      return holding.map(([id, { name, fs, ...node }]) => ({
        node: name,
        totalBytes: fs?.total?.total_in_bytes ?? 0,
        freeBytes: fs?.total?.available_in_bytes ?? 0,
        attributes: { ...node.attributes, _id: id, _name: name, ...addressesOf(node) },
      }));
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

/** Up to 7.x servers take a list in a filter for something else than its values with commas. */
function layerOf(settings: unknown): PlacementSettings {
  return placementOf(flattenSettings(settings, "", JSON.stringify));
}

/** With the port in some versions, and then with brackets if there are colons in it. */
function addressesOf({ ip, host }: { ip?: string | string[] | undefined; host?: string | undefined }): Record<string, string> {
  const [address = ""] = [ip ?? []].flat();
  const [, bracketed, plain] = /^(?:\[(.+)\]|([^:]+))(?::\d+)?$/.exec(address) ?? [];
  return { _ip: bracketed ?? plain ?? address, ...(host === undefined ? {} : { _host: host }) };
}

function limitsOf(settings: Record<string, string>): Omit<ClusterLimits, "placement"> {
  const shards = Number(settings[MAX_SHARDS_SETTING] ?? Number.NaN);
  return {
    ...(Number.isNaN(shards) ? {} : { shardsPerNode: shards }),
    ...(settings[RECOVERY_RATE] === undefined ? {} : { recoveryRate: settings[RECOVERY_RATE] }),
    disk: diskLimitsOf(settings),
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
