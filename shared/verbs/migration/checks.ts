import { readOpenWork } from "../../jobs/openWork.ts";
import { configured, type World } from "../../jobs/world.ts";
import type { ClusterIndex } from "../../model/cluster.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { isBlocked, isOfIndex, wishesOf } from "../../plan/aliases/moves.ts";
import { chainFault } from "../../plan/migration/chain.ts";
import { lagBetween } from "../../plan/migration/sourceWrites.ts";
import { selectNames } from "../../plan/selection.ts";
import { stateKey } from "../../state/keys.ts";
import { readObject } from "../../state/objects.ts";
import { wayBack } from "./gather.ts";
import { aliasesOf } from "./names.ts";
import { openJobsOf } from "./openJobs.ts";
import { clustersOf, lookAtSource, selectedIndices } from "./source.ts";
import { targetChecks } from "./targetChecks.ts";
import type { CutOver, LastPass, MigrationCheck, MigrationRequest } from "./types.ts";

/** What a request would do, why it would be refused, and how long a pass takes. */
export interface MigrationPlan {
  migration: string;
  mode: MigrationRequest["mode"];
  source: string;
  target: string;
  checks: MigrationCheck[];
  refused: boolean;
  /** Operations on the source since the last pass; `null` if unknown. */
  lag: number | null;
  /** Of the last pass, as the expected length of the next; `null` before the first. */
  passSeconds: number | null;
}

/** Looks at both clusters and changes nothing. A cluster that does not answer is an error, not a refusal. */
export async function planMigration(world: World, request: MigrationRequest): Promise<MigrationPlan> {
  const { name, mode } = request;
  configured(world.config, "migrations", name);
  const clusters = clustersOf(world, name);
  const cut = await readObject<CutOver>(world.state, stateKey.cutOver(name));
  const last = await readObject<LastPass>(world.state, stateKey.lastPass(name));
  const passSeconds = last?.seconds.total ?? null;
  const open = await openChecks(world, request, cut);
  if (open.length > 0) return { migration: name, mode, ...clusters, checks: open, refused: true, lag: null, passSeconds };
  const seen = mode === "rollback" ? { checks: [], lag: null } : await seenAtSource(world, request, clusters, last);
  const checks = [
    ...seen.checks,
    ...(mode === "cutover" ? cutoverChecks(world, request, last) : []),
    ...(mode === "rollback" && cut ? await rollbackChecks(world, request, { cut, ...clusters }) : []),
  ];
  return {
    migration: name,
    mode,
    ...clusters,
    checks,
    refused: checks.some(({ result }) => result === "refuse"),
    lag: seen.lag,
    passSeconds,
  };
}

async function openChecks(world: World, { name, mode }: MigrationRequest, cut: CutOver | undefined): Promise<MigrationCheck[]> {
  const { jobs } = await readOpenWork(world);
  const [open] = openJobsOf(jobs, name);
  if (open) return [{ check: "open", result: "refuse", reason: reason("migration.running", { migration: name, job: open.id }) }];
  if (mode === "rollback" && !cut) return [{ check: "open", result: "refuse", reason: reason("migration.notCut", { migration: name }) }];
  if (mode !== "rollback" && cut)
    return [{ check: "open", result: "refuse", reason: reason("migration.isCutAlready", { migration: name, job: cut.job, at: cut.at }) }];
  return [];
}

async function seenAtSource(
  world: World,
  { name, mode, blockWrites }: MigrationRequest,
  clusters: { source: string; target: string },
  last: LastPass | undefined,
): Promise<{ checks: MigrationCheck[]; lag: number | null }> {
  const source = world.cluster(clusters.source);
  const [from, to, existing] = await Promise.all([source.info(), world.cluster(clusters.target).info(), source.listIndices()]);
  const indices = selectedIndices(world, name, existing);
  if ("fault" in indices) return { checks: [{ check: "indices", result: "refuse", reason: indices.fault }], lag: null };
  const foreign =
    to.openSearch === undefined ? undefined : reason("cluster.openSearch", { cluster: clusters.target, version: to.openSearch });
  const fault = foreign ?? chainFault(from.version, indices.found, to.version);
  const fine = reason("migration.versions", { source: from.version, target: to.version });
  const look = await lookAtSource(source, indices.found);
  const blocked = indices.found.filter((index) => isBlocked(index, "write")).length;
  return {
    checks: [
      { check: "versions", result: fault ? "refuse" : "ok", reason: fault ?? fine },
      { check: "indices", result: "ok", reason: reason("migration.indices", { indices: indices.found.map((index) => index.name) }) },
      ...closedCheck(world, name, existing),
      ...aliasChecks(world, name, indices.found),
      ...(await targetChecks(world, { migration: name, mode, target: clusters.target, indices: indices.found })),
      ...(mode === "cutover" ? [writesCheck(blockWrites === true, { blocked, count: indices.found.length, source: clusters.source })] : []),
    ],
    lag: last?.looked ? lagBetween(last.looked, look) : null,
  };
}

/** A snapshot holds closed indices only where a policy names them, and a migration moves none. */
function closedCheck(world: World, name: string, existing: readonly ClusterIndex[]): MigrationCheck[] {
  const names = existing.map((index) => index.name);
  const selected = selectNames(configured(world.config, "backups", name).indices, names);
  const closed = existing.filter((index) => index.state === "close" && "indices" in selected && selected.indices.includes(index.name));
  return closed.length === 0 ? [] : [warning("indices", reason("migration.closed", { indices: closed.map((index) => index.name) }))];
}

/** What the indices are called on the target, and the aliases of the source that stay behind. */
function aliasChecks(world: World, name: string, indices: readonly { name: string; aliases: readonly string[] }[]): MigrationCheck[] {
  const { restore } = configured(world.config, "watches", name);
  const wished = wishesOf(restore);
  const moved = Object.keys(
    aliasesOf(
      world,
      name,
      indices.map((index) => index.name),
    ),
  );
  const left = [...new Set(indices.flatMap(({ aliases }) => aliases))].filter((alias) => !moved.includes(alias)).sort();
  const nameless = wished.length === 0 ? [] : indices.filter((index) => !wished.some((wish) => isOfIndex(wish, index.name)));
  return [
    { check: "aliases", result: "ok", reason: reason("migration.aliases", { aliases: moved }) },
    ...(left.length === 0 ? [] : [warning("aliases", reason("migration.aliasesLeft", { aliases: left }))]),
    ...(nameless.length === 0 ? [] : [warning("aliases", reason("migration.nameless", { indices: nameless.map((index) => index.name) }))]),
  ];
}

function warning(check: MigrationCheck["check"], why: Reason): MigrationCheck {
  return { check, result: "warn", reason: why };
}

function writesCheck(blocks: boolean, params: { blocked: number; count: number; source: string }): MigrationCheck {
  if (!blocks) return { check: "writes", result: "ok", reason: reason("migration.willLook", params) };
  return warning("writes", reason("migration.willBlock", params));
}

function cutoverChecks(world: World, { name }: MigrationRequest, last: LastPass | undefined): MigrationCheck[] {
  const { backups } = configured(world.config, "migrations", name);
  const repository = backups === undefined ? undefined : configured(world.config, "backups", backups).repository;
  return [
    last ? { check: "pass", result: "ok", reason: passReason(last) } : warning("pass", reason("migration.noPass", { migration: name })),
    repository === undefined
      ? warning("backups", reason("migration.noBackups", { migration: name }))
      : { check: "backups", result: "ok", reason: reason("migration.backups", { policy: backups ?? "", repository }) },
  ];
}

function passReason({ at, snapshot, seconds }: LastPass): Reason {
  return reason("migration.lastPass", { at, snapshot: snapshot.name, seconds: seconds.total ?? 0 });
}

async function rollbackChecks(
  world: World,
  { name, loseWrites, keepAliases }: MigrationRequest,
  { cut, source, target }: { cut: CutOver; source: string; target: string },
): Promise<MigrationCheck[]> {
  const { hasEarlier, refusal, writes } = await wayBack(world, { cut, target, loseWrites, keepAliases });
  const checks: MigrationCheck[] = [
    refusal
      ? { check: "writes", result: "refuse", reason: refusal }
      : writes === 0
        ? { check: "writes", result: "ok", reason: reason("migration.noWrites", { target }) }
        : warning("writes", reason("migration.losesWrites", { target, writes })),
    hasEarlier
      ? { check: "wayBack", result: "ok", reason: reason("migration.backTo", { restore: cut.restore }) }
      : warning("wayBack", reason(keepAliases ? "migration.aliasesKept" : "migration.backToNone", { migration: name, target })),
  ];
  if (cut.blocked.length === 0) return checks;
  return [...checks, { check: "wayBack", result: "ok", reason: reason("migration.willLift", { source, indices: cut.blocked }) }];
}
