import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import type { Cluster } from "../../model/cluster.ts";
import { AppError } from "../../model/errors.ts";
import { oneLine } from "../../model/plainText.ts";
import { changeState } from "./acknowledged.ts";
import type { Call, ElasticsearchClient } from "./client.ts";
import { faultOf } from "./errors/errors.ts";
import { exactText } from "./exactNumbers.ts";
import { requireExactName, requireIndexPattern } from "./names.ts";

/** A parse error of an older server repeats the whole filter. */
const FAULT_CHARACTERS_MAX = 300;

/** The names are those of the `add` action. */
const aliasProperties = z.looseObject({
  filter: z.record(z.string(), z.unknown()).optional(),
  index_routing: z.string().optional(),
  search_routing: z.string().optional(),
  is_write_index: z.boolean().optional(),
  is_hidden: z.boolean().optional(),
});
const aliasAnswer = z.record(z.string(), z.object({ aliases: z.record(z.string(), aliasProperties) }));
const validated = z.object({
  valid: z.boolean(),
  error: z.string().optional(),
  explanations: z.array(z.object({ error: z.string().optional() })).default([]),
});

type Properties = z.output<typeof aliasProperties>;
type AliasCalls = Pick<Cluster, "aliasHolders" | "aliasFault" | "swapAlias">;

export function aliasCalls(client: ElasticsearchClient): AliasCalls {
  return {
    async aliasHolders(alias) {
      requireExactName("alias", alias);
      return (await holdersOf(client, alias)).map(({ index, properties }) => ({ index, properties: exactText(properties) }));
    },

    async aliasFault(alias, to) {
      requireExactName("alias", alias);
      requireExactName("index", to);
      const { filter } = await propertiesOf(client, alias, to);
      return filter === undefined ? undefined : filterFault(client, { alias, to, filter });
    },

    async swapAlias(alias, from, to, named = []) {
      requireExactName("alias", alias);
      requireIndexPattern(from);
      for (const index of [to, ...named]) requireExactName("index", index);
      const properties = await propertiesOf(client, alias, to);
      const exact = [...named.map((index) => ({ remove: { index, alias } })), { add: { index: to, alias, ...properties } }];
      const write = (actions: unknown[]) =>
        changeState(client, {
          subject: `alias ${alias} to index ${to}`,
          method: "POST",
          path: ["_aliases"],
          body: { actions },
          isExact: true,
        });
      try {
        await write([{ remove: { index: from, alias } }, ...exact]);
      } catch (error) {
        const fault = faultOf(error);
        // Nothing was applied: all actions fail when the pattern to remove from matches no open and visible index.
        if (fault?.type !== "index_not_found_exception" || fault.index !== from || from === to) throw error;
        await write(exact);
      }
    },
  };
}

/** Numbers of a filter stay as the cluster returns them: as JavaScript's, 2^53 + 1 would name another tenant. */
async function holdersOf(client: ElasticsearchClient, alias: string): Promise<{ index: string; properties: Properties }[]> {
  // Without `all`, 2.x leaves out closed indices. 404 if no index has the alias; the filter leaves that body empty.
  const query = { filter_path: "*.aliases", expand_wildcards: "all" };
  const call: Call = { subject: `alias ${alias}`, method: "GET", path: ["_alias", alias], query, accept: [404], isExact: true };
  return Object.entries(await client.request(aliasAnswer, call)).map(([index, { aliases }]) => ({
    index,
    properties: aliases[alias] ?? {},
  }));
}

/** What the alias says on the indices that it leaves, or on `to` if it is there alone. */
async function propertiesOf(client: ElasticsearchClient, alias: string, to: string): Promise<Properties> {
  const holders = await holdersOf(client, alias);
  const left = holders.filter(({ index }) => index !== to);
  const [first, ...others] = left.length > 0 ? left : holders;
  if (!first) return {};
  const other = others.find(({ properties }) => !isDeepStrictEqual(properties, first.properties));
  const subject = `cluster ${client.name}: alias ${alias}`;
  if (other) throw new AppError("refused", `${subject} has another filter, routing or flag on ${other.index} than on ${first.index}`);
  const unknown = Object.keys(first.properties).find((property) => !Object.hasOwn(aliasProperties.shape, property));
  if (unknown !== undefined)
    throw new AppError("refused", `${subject} has a property ${oneLine(unknown)} on ${first.index} that ossnap cannot give back`);
  return first.properties;
}

/** The server parses a filter against the mapping of the index that gets it, such as the path of a nested query. */
async function filterFault(
  client: ElasticsearchClient,
  { alias, to, filter }: { alias: string; to: string; filter: Record<string, unknown> },
): Promise<string | undefined> {
  const call: Call = {
    subject: `filter of alias ${alias} on index ${to}`,
    method: "POST",
    path: [to, "_validate", "query"],
    query: { explain: true },
    body: { query: filter },
    isExact: true,
  };
  const { valid, error, explanations } = await client.request(validated, call);
  if (valid) return undefined;
  const said = error ?? explanations.find((explanation) => explanation.error !== undefined)?.error ?? "";
  return oneLine(said.replace(/\s+/g, " ").trim()).slice(0, FAULT_CHARACTERS_MAX);
}
