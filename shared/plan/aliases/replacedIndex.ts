import type { ReplacedSeen } from "../../model/aliases/replacedIndex.ts";
import type { ClusterIndex, IndexCounts } from "../../model/cluster.ts";
import { reason } from "../../model/reason.ts";
import type { SnapshotProof } from "../../model/repository.ts";
import { ok, type PreflightCheck, refuse, warn } from "../preflightTypes.ts";
import { isAtLeast } from "../versions.ts";
import { isBlocked } from "./moves.ts";

/** The newest snapshot of the index, proven just now, and what the cluster counts at the same time. */
export interface KeptSeen {
  repository: string;
  proof: SnapshotProof;
  /** Operations that the snapshot's commits note. */
  operations: number | undefined;
  now: IndexCounts;
}

/** Whether the snapshot holds exactly what the index holds: the same index, whole, and nothing was written to it since. */
export function keptIn(index: ClusterIndex, { repository, proof, operations, now }: KeptSeen): ReplacedSeen {
  const { documents } = now;
  const named = { index: index.name, repository, snapshot: proof.name };
  const held = proof.closure?.indices.find(({ name }) => name === index.name);
  if (proof.verdict !== "whole" || !held) return { why: reason("alias.oldNotWhole", { ...named, verdict: proof.verdict }) };
  if (held.settings["index.uuid"] !== index.uuid) return { why: reason("alias.oldOther", named) };
  if (now.primaries < index.shards)
    return { why: reason("alias.oldShards", { index: index.name, started: now.primaries, shards: index.shards }) };
  if (held.documents !== documents)
    return { why: reason("alias.oldWritten", { ...named, held: held.documents ?? null, found: documents, by: "documents" }) };
  const kept = { index: index.name, uuid: index.uuid, repository, snapshot: proof.name, documents };
  // Before 6.0 a node that starts anew counts from 0, so only a block shows that the index stays as it is.
  if (now.sinceStart || operations === undefined) return isWriteBlocked(index) ? { kept } : { why: reason("alias.oldUnblocked", named) };
  if (operations !== now.count)
    return { why: reason("alias.oldWritten", { ...named, held: operations, found: now.count, by: "operations" }) };
  return { kept: { ...kept, operations } };
}

/** Whether an index that has the alias's name may make room for it, in the same call that adds the alias. */
export function replacedChecks(
  index: ClusterIndex,
  { targetVersion, replaceIndex, seen }: { targetVersion: string; replaceIndex: boolean; seen: ReplacedSeen | undefined },
): PreflightCheck[] {
  const alias = index.name;
  if (!replaceIndex) return [refuse("alias", reason("alias.isIndex", { alias }), reason("wayOut.replaceIndex", { alias }))];
  if (!isAtLeast(targetVersion, "5.0.0"))
    return [refuse("alias", reason("alias.noReplace", { alias, version: targetVersion }), reason("wayOut.otherAlias", { alias }))];
  if (index.state === "close")
    return [refuse("alias", reason("alias.oldClosed", { index: alias }), reason("wayOut.openIndex", { index: alias }))];
  if (index.aliases.length > 0)
    return [refuse("alias", reason("alias.oldHasAliases", { index: alias, aliases: index.aliases }), reason("wayOut.removeAliases"))];
  const block = ["read_only", "metadata"].find((one) => isBlocked(index, one));
  if (block !== undefined) return [refuse("alias", reason("alias.blocked", { alias, index: alias, block }))];
  if (!seen) return [];
  if ("why" in seen) return [refuse("alias", seen.why, reason("wayOut.backupFirst", { index: alias }))];
  const { repository, snapshot } = seen.kept;
  return [
    ok("alias", reason("alias.oldKept", { index: alias, repository, snapshot })),
    warn("alias", reason("alias.replacesIndex", { alias, repository, snapshot })),
  ];
}

/** Whether writes to it are refused, so that its documents stay as they are. */
export function isWriteBlocked({ settings }: ClusterIndex): boolean {
  return ["write", "read_only"].some((block) => settings[`blocks.${block}`] === "true");
}
