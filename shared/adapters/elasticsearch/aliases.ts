import * as z from "zod";
import type { AliasHolder, AliasMove } from "../../model/aliases/aliasMove.ts";
import { aliasOn } from "../../model/aliases/aliasOn.ts";

import { AppError } from "../../model/errors.ts";
import { oneLine } from "../../model/plainText.ts";
import type { AliasCalls } from "../cluster/calls.ts";
import { changeState } from "./acknowledged.ts";
import type { Call, ElasticsearchClient } from "./client.ts";
import { batches } from "./deleteSnapshots.ts";
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
type Action = Record<"add" | "remove" | "remove_index", unknown>;

export function aliasCalls(client: ElasticsearchClient): AliasCalls {
  return {
    async aliasHolders(aliases) {
      for (const alias of aliases) requireExactName("alias", alias);
      const found = await holdersOf(client, aliases);
      return new Map(aliases.map((alias) => [alias, (found.get(alias) ?? []).map(({ holder }) => holder)]));
    },

    async aliasFault(alias, to) {
      requireExactName("alias", alias);
      requireExactName("index", to);
      const { filter } = propertiesOf(client, await holdersOf(client, [alias]), { alias, to: [to] }, to);
      return filter === undefined ? undefined : filterFault(client, { alias, to, filter });
    },

    async moveAliases(moves) {
      for (const move of moves) requireMove(move);
      const holders = await holdersOf(
        client,
        moves.map(({ alias }) => alias),
      );
      const exact: Partial<Action>[] = [];
      for (const { alias, named = [], to, removes } of moves) {
        if (removes !== undefined) exact.push({ remove_index: { index: removes } });
        for (const index of named) exact.push({ remove: { index, alias } });
        for (const index of to) exact.push({ add: { index, alias, ...propertiesOf(client, holders, { alias, to }, index) } });
      }
      const removals = moves.flatMap(({ alias, from, to }) => from.map((index) => ({ alias, index, isKept: to.includes(index) })));
      await moved(client, moves, removals, exact);
    },
  };
}

interface Removal {
  alias: string;
  /** A pattern. */
  index: string;
  isKept: boolean;
}

/** Nothing is applied, and all is sent again without it, when a pattern to remove from matches no open and visible index. */
async function moved(
  client: ElasticsearchClient,
  moves: readonly AliasMove[],
  removals: readonly Removal[],
  exact: readonly unknown[],
): Promise<void> {
  try {
    await changeState(client, {
      subject: moves.map(({ alias, to }) => `alias ${alias} to ${to.length > 1 ? "indices" : "index"} ${to.join(", ")}`).join(", "),
      method: "POST",
      path: ["_aliases"],
      body: { actions: [...removals.map(({ index, alias }) => ({ remove: { index, alias } })), ...exact] },
      isExact: true,
    });
  } catch (error) {
    const fault = faultOf(error);
    const rest = removals.filter(({ index, isKept }) => index !== fault?.index || isKept);
    if (fault?.type !== "index_not_found_exception" || rest.length === removals.length) throw error;
    await moved(client, moves, rest, exact);
  }
}

function requireMove({ alias, from, named = [], to, removes }: AliasMove): void {
  requireExactName("alias", alias);
  for (const pattern of from) requireIndexPattern(pattern);
  for (const index of [...to, ...named, ...(removes === undefined ? [] : [removes])]) requireExactName("index", index);
}

type Holders = Map<string, { holder: AliasHolder; properties: Properties }[]>;

/** Numbers of a filter stay as the cluster returns them: as JavaScript's, 2^53 + 1 would name another tenant. */
async function holdersOf(client: ElasticsearchClient, aliases: readonly string[]): Promise<Holders> {
  const found: Holders = new Map();
  for (const batch of batches("/_alias/", [...new Set(aliases)])) {
    const path = ["_alias", batch.join(",")];
    const subject = `alias ${batch.join(", ")}`;
    // Without `all`, 2.x leaves out closed indices. 404 if no index has one of the aliases; the filter leaves the others in that body.
    const query = { filter_path: "*.aliases", expand_wildcards: "all" };
    const call: Call = { subject, method: "GET", path, query, accept: [404], isExact: true };
    for (const [index, { aliases: on }] of Object.entries(await client.request(aliasAnswer, call)))
      for (const [alias, { is_write_index: isWriteIndex, ...properties }] of Object.entries(on)) {
        const holder = { index, properties: exactText(properties), ...(isWriteIndex === undefined ? {} : { isWriteIndex }) };
        found.set(alias, [...(found.get(alias) ?? []), { holder, properties }]);
      }
  }
  return found;
}

/** What the alias says on the indices that it leaves, for one of those that it moves to. */
function propertiesOf(
  client: ElasticsearchClient,
  all: Holders,
  { alias, to: targets }: Pick<AliasMove, "alias" | "to">,
  to: string,
): Properties {
  const holders = all.get(alias) ?? [];
  const on = aliasOn(
    holders.map(({ holder }) => holder),
    to,
    targets,
  );
  const subject = `cluster ${client.name}: alias ${alias}`;
  if ("other" in on) throw new AppError("refused", `${subject} has another filter, routing or flag on ${on.other} than on ${on.index}`);
  const properties = holders.find(({ holder }) => holder === on.like)?.properties ?? {};
  const unknown = Object.keys(properties).find((property) => !Object.hasOwn(aliasProperties.shape, property));
  if (unknown !== undefined)
    throw new AppError("refused", `${subject} has a property ${oneLine(unknown)} on ${on.like?.index} that ossnap cannot give back`);
  return { ...properties, ...(on.isWriteIndex === undefined ? {} : { is_write_index: on.isWriteIndex }) };
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
