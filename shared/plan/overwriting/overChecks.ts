import type { ClusterIndex } from "../../model/cluster.ts";
import type { OldIndex, OldSeen } from "../../model/overwriting/oldIndex.ts";
import { reason } from "../../model/reason.ts";
import type { ClosureIndex } from "../../model/repository.ts";
import { JOB_MARKER_KEY, markingJob, parseRestoredIndexName } from "../../model/restoredName.ts";
import { isBlocked } from "../aliases/moves.ts";
import { ok, type PreflightCheck, type PreflightInput, refuse, warn } from "../preflightTypes.ts";

type Overwriting = Pick<PreflightInput, "existing" | "overwrites" | "nameFor">;
type Copied = Overwriting & Pick<PreflightInput, "placement">;

const ALIASES_SHOWN = 5;
/** With one of them no index is closed, and none gets an alias (measured on 5.5, 7.10 and 8.17). */
const BLOCKS = ["read_only", "metadata", "read_only_allow_delete"];

/** Whether the index can be closed, restored over and opened, and whether its contents may go. */
export function overChecks(input: PreflightInput, index: ClosureIndex, as: string): PreflightCheck[] {
  const there = input.existing.find(({ name }) => name === as);
  const behind = input.existing.find(({ aliases }) => aliases.includes(as));
  if (behind)
    return [refuse("over", reason("over.isAlias", { alias: as, index: behind.name }), reason("wayOut.besideAlias", { alias: as }))];
  if (!there || markingJob(there.settings) === input.jobId) return [ok("over", reason("over.absent", { index: as }))];
  const wrong = notOverwritable(input, index, there);
  return wrong ? [wrong] : [...keptChecks(as, input.overwrites?.get(as)), closesCheck(there)];
}

function notOverwritable({ restoredBefore }: PreflightInput, index: ClosureIndex, there: ClusterIndex): PreflightCheck | undefined {
  const as = there.name;
  const before = restoredBefore?.get(as);
  if (before?.outcome === "open") return refuse("over", reason("name.restoring", { as, job: before.job }));
  if (parseRestoredIndexName(as) !== undefined) return refuse("over", reason("over.named", { index: as }), reason("wayOut.beside"));
  if (there.dataStream !== undefined)
    return refuse("over", reason("over.inStream", { index: as, stream: there.dataStream }), reason("wayOut.beside"));
  const block = BLOCKS.find((one) => isBlocked(there, one));
  if (block !== undefined) return refuse("over", reason("over.blocked", { index: as, block }));
  if (there.shards === index.shards) return undefined;
  const params = { index: index.name, as, there: there.shards, shards: index.shards };
  return refuse("over", reason("over.otherShards", params), reason("wayOut.beside"));
}

function keptChecks(index: string, seen: OldSeen | undefined): PreflightCheck[] {
  if (!seen) return [];
  if ("why" in seen) return [refuse("over", seen.why, seen.wayOut)];
  if ("unwritten" in seen) return [ok("over", seen.unwritten)];
  if ("lost" in seen) return [warn("over", seen.lost)];
  if ("unfinished" in seen) return [warn("over", seen.unfinished)];
  return [ok("over", reason("alias.oldKept", { index, repository: seen.kept.repository, snapshot: seen.kept.snapshot }))];
}

function closesCheck({ name, state, aliases }: ClusterIndex): PreflightCheck {
  const told = aliases.slice(0, ALIASES_SHOWN);
  if (state === "close") return warn("over", reason("over.opens", { index: name }));
  return warn(
    "over",
    aliases.length === 0 ? reason("over.closes", { index: name }) : reason("over.closesWith", { index: name, aliases: told }),
  );
}

/** What a restore over the index must find again; `undefined` if none has the name. */
export function oldOf({ existing, jobId, overwrites }: PreflightInput, as: string): OldIndex | undefined {
  const there = overwrites && existing.find(({ name }) => name === as);
  const madeBy = there?.settings[JOB_MARKER_KEY];
  if (!there || markingJob(there.settings) === jobId) return undefined;
  const seen = overwrites?.get(as);
  const { uuid, state, replicas } = there;
  return { uuid, state, replicas, ...(madeBy === undefined ? {} : { madeBy }), ...(seen && "kept" in seen && { kept: seen.kept }) };
}

/** The indices that stay as they are: the shards of an overwritten one are closed before its new ones start. */
export function withoutOverwritten(
  { existing, overwrites, nameFor }: Overwriting,
  indices: readonly Pick<ClosureIndex, "name">[],
): readonly ClusterIndex[] {
  if (overwrites === undefined) return existing;
  const names = new Set(indices.map(({ name }) => nameFor(name)));
  return existing.filter(({ name }) => !names.has(name));
}

/** Whether nothing that is restored is new: each index is restored over one that is there. */
export function overwritesAll(input: Overwriting, indices: readonly Pick<ClosureIndex, "name">[]): boolean {
  return indices.length > 0 && indices.every((index) => overwritten(input, index) !== undefined);
}

/** Whether moreover nodes have all primaries of each: the cluster restores over these whatever keeps other shards away. */
export function isCopiedAll(input: Copied, indices: readonly Pick<ClosureIndex, "name">[]): boolean {
  return overwritesAll(input, indices) && uncopied(input, indices).length === 0;
}

/** Indices that are restored over of which no node is known to have every primary: a shard without a copy is placed like a new one. */
export function uncopied(input: Copied, indices: readonly Pick<ClosureIndex, "name">[]): string[] {
  const healths = input.placement?.healths;
  if (healths === undefined) return [];
  const there = indices.flatMap((index) => overwritten(input, index) ?? []);
  return there.filter(({ name }) => !hasCopies(healths.get(name))).map(({ name }) => name);
}

/** Up to 7.1 a closed index has no health. */
function hasCopies(health: { primariesActive: number; shards: number } | undefined): boolean {
  return health !== undefined && health.primariesActive >= health.shards;
}

/** Whether an index has to be closed first. */
export function closesAny(input: Overwriting, indices: readonly Pick<ClosureIndex, "name">[]): boolean {
  return indices.some((index) => overwritten(input, index)?.state === "open");
}

function overwritten({ existing, overwrites, nameFor }: Overwriting, { name }: Pick<ClosureIndex, "name">): ClusterIndex | undefined {
  return overwrites && existing.find((index) => index.name === nameFor(name));
}
