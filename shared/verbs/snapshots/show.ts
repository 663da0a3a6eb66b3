import { readOpenWork } from "../../jobs/openWork.ts";
import { configured, type World } from "../../jobs/world.ts";
import type { SnapshotState } from "../../model/cluster.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { parseSnapshotName } from "../../model/snapshotName.ts";
import { type Evidence, newestEvidence } from "../../reader/evidence.ts";
import { gatherPrunePlan } from "../prune/gather.ts";
import { listedSnapshots } from "./gather.ts";

export interface SnapshotRow {
  name: string;
  uuid: string | undefined;
  repository: string;
  policy: string | undefined;
  slot: string | undefined;
  state: SnapshotState;
  startTime: string;
  endTime: string | undefined;
  version: string;
  indices: string[];
  shards: { total: number; failed: number };
  evidence: { verdict: string; level: string; generation: number; at: string } | null;
  fate: { decision: "keep" | "remove" | "later"; reasons: Reason[] };
}

export interface SnapshotQuestion {
  policy?: string;
  repository?: string;
}

/** Lists the clusters' snapshots with their evidence and what the next prune would do with each and why. Newest first. */
export async function listSnapshots(world: World, question: SnapshotQuestion = {}): Promise<SnapshotRow[]> {
  const repositories = new Map<string, string[]>();
  for (const [policy, { repository }] of Object.entries(world.config.backups))
    repositories.set(repository, [...(repositories.get(repository) ?? []), policy]);
  if (question.policy !== undefined) configured(world.config, "backups", question.policy);
  if (question.repository !== undefined) {
    configured(world.config, "repositories", question.repository);
    if (!repositories.has(question.repository)) repositories.set(question.repository, []);
  }
  const rows: SnapshotRow[] = [];
  for (const [repository, policies] of repositories) {
    if (question.repository !== undefined && question.repository !== repository) continue;
    rows.push(...(await rowsOf(world, repository, policies)));
  }
  return rows
    .filter((row) => question.policy === undefined || row.policy === question.policy)
    .sort((a, b) => (a.startTime < b.startTime ? 1 : -1));
}

async function rowsOf(world: World, repository: string, policies: readonly string[]): Promise<SnapshotRow[]> {
  const work = await readOpenWork(world);
  const snapshots = await listedSnapshots(world, repository);
  const fates = new Map<string, SnapshotRow["fate"]>();
  for (const policy of policies) {
    const { plan } = await gatherPrunePlan(world, policy, configured(world.config, "backups", policy), work);
    const noteFate = (decision: "keep" | "remove" | "later") => (entry: { name: string; reasons: Reason[] }) => {
      const foreign = entry.reasons.every(({ code }) => code === "keep.foreign");
      if (!fates.has(entry.name) || !foreign) fates.set(entry.name, { decision, reasons: entry.reasons });
    };
    plan.keep.forEach(noteFate("keep"));
    plan.remove.forEach(noteFate("remove"));
    plan.later.forEach(noteFate("later"));
  }
  const evidence = await evidenceHere(world, repository, new Set(snapshots.flatMap(({ uuid }) => uuid ?? [])));
  return snapshots.map((snapshot) => {
    const parts = parseSnapshotName(snapshot.name);
    const proven = evidence.get(snapshot.uuid ?? "");
    return {
      name: snapshot.name,
      uuid: snapshot.uuid,
      repository,
      policy: parts && policies.includes(parts.policy) ? parts.policy : undefined,
      slot: parts?.slot,
      state: snapshot.state,
      startTime: snapshot.startTime.toISOString(),
      endTime: snapshot.endTime?.toISOString(),
      version: snapshot.version,
      indices: snapshot.indices,
      shards: { total: snapshot.shards.total, failed: snapshot.shards.failed },
      evidence: proven ? { verdict: proven.verdict, level: proven.level, generation: proven.generation, at: proven.at } : null,
      fate: fates.get(snapshot.name) ?? { decision: "keep", reasons: [reason("keep.foreign")] },
    };
  });
}

/** Verdicts on the blobs of this very repository: a copy of it elsewhere has the same uuids, and what is proven there says nothing of here. */
async function evidenceHere(world: World, repository: string, uuids: ReadonlySet<string>): Promise<Map<string, Evidence>> {
  const { blobs } = configured(world.config, "repositories", repository);
  return blobs ? newestEvidence(world, uuids, blobs) : new Map();
}
