import { configured, type World } from "../../jobs/world.ts";
import type { Cluster, ClusterIndex } from "../../model/cluster.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { foreseenAliases, foreseenRoom, foreseenWrites } from "../restore/gather.ts";
import { aliasesMoved, aliasesOf, NEXT } from "./names.ts";
import type { MigrationCheck, MigrationMode } from "./types.ts";

interface Question {
  migration: string;
  mode: MigrationMode;
  target: string;
  /** Of the source, which are moved. */
  indices: readonly Pick<ClusterIndex, "name" | "shards">[];
}

/**
 * What is in the way of the restore on the target: settings with which it takes no shard, or no more of them. And of the aliases, as the restore will
 * see it right before they move: an index or a stranger's index that has one, a block, writes to what they would leave. It is asked before anything
 * begins, because a cut-over holds the source.
 */
export async function targetChecks(world: World, question: Question): Promise<MigrationCheck[]> {
  const cluster = world.cluster(question.target);
  const existing = await cluster.listIndices();
  return [...(await roomChecks(cluster, existing, question)), ...(await nameChecks(world, { cluster, existing }, question))];
}

async function nameChecks(
  world: World,
  { cluster, existing }: { cluster: Cluster; existing: readonly ClusterIndex[] },
  { migration, mode, target, indices: moved }: Question,
): Promise<MigrationCheck[]> {
  const indices = moved.map(({ name }) => name);
  const warm = configured(world.config, "migrations", migration).warm ? { warm: true as const } : {};
  const own = aliasesOf(world, migration, indices);
  // A warm pass moves the second names only, and the first ones must be free for the cut-over.
  const names = Object.keys(aliasesMoved({ mode: "cutover", ...warm }, own));
  if (warm.warm && names.length < 2 * Object.keys(own).length)
    return [refuse(reason("migration.nextTaken", { alias: twice(Object.keys(own)) }))];
  const named = names.find((alias) => existing.some((index) => index.name === alias));
  if (named !== undefined) return [refuse(reason("migration.aliasIsIndex", { migration, target, alias: named }))];
  const aliases = aliasesMoved({ mode, ...warm }, own);
  return [
    ...(await aliasChecks(world, cluster, existing, { aliases, indices, mode })),
    ...(await writtenChecks(world, cluster, existing, { aliases: Object.keys(aliases), mode })),
  ];
}

/** Why a pass or a cut-over must not begin; see {@link targetChecks}. */
export async function targetRefusal(world: World, question: Question): Promise<Reason | undefined> {
  return (await targetChecks(world, question)).find(({ result }) => result === "refuse")?.reason;
}

async function roomChecks(cluster: Cluster, existing: readonly ClusterIndex[], { indices }: Question): Promise<MigrationCheck[]> {
  const checks = await foreseenRoom(cluster, existing, indices);
  return checks.flatMap(({ check, result, reason: why, wayOut }) =>
    result === "ok" || (check !== "shards" && check !== "placement") ? [] : [{ check, result, reason: why, ...(wayOut && { wayOut }) }],
  );
}

function refuse(why: Reason): MigrationCheck {
  return { check: "aliases", result: "refuse", reason: why };
}

function twice(aliases: readonly string[]): string {
  return aliases.find((alias) => aliases.some((other) => alias === other + NEXT)) ?? "";
}

async function aliasChecks(
  world: World,
  cluster: Cluster,
  existing: readonly ClusterIndex[],
  { aliases, indices, mode }: { aliases: Readonly<Record<string, string>>; indices: readonly string[]; mode: MigrationMode },
): Promise<MigrationCheck[]> {
  const checks = await foreseenAliases(world, cluster, { existing, aliases, indices });
  // An index without an alias is told as one that no alias stands for.
  const told = checks.filter(({ result, reason: why }) => result !== "ok" && why.code !== "alias.behindNone");
  // A pass holds nothing, and a block may be gone by the time its aliases move.
  const isPassing = (why: Reason) => mode !== "cutover" && why.code === "alias.blocked";
  return told.map(({ result, reason: why }) => ({ check: "aliases", result: isPassing(why) ? "warn" : result, reason: why }));
}

async function writtenChecks(
  world: World,
  cluster: Cluster,
  existing: readonly ClusterIndex[],
  { aliases, mode }: { aliases: readonly string[]; mode: MigrationMode },
): Promise<MigrationCheck[]> {
  const written = await foreseenWrites(world, cluster, existing, aliases);
  if (written === undefined) return [];
  const why = reason("migration.targetWritten", { target: cluster.name, ...written });
  return [{ check: "writes", result: mode === "cutover" ? "refuse" : "warn", reason: why }];
}
