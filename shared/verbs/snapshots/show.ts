import { readOpenWork } from "../../jobs/openWork.ts";
import { takenRepository } from "../../jobs/registration.ts";
import { configured, type World } from "../../jobs/world.ts";
import type { ClusterSnapshot, SnapshotState } from "../../model/cluster.ts";
import { AppError, type ErrorCode, messageOf } from "../../model/errors.ts";
import { isStateDamage, type Reason, reason } from "../../model/reason.ts";
import { parseSnapshotName } from "../../model/snapshotName.ts";
import { newestFirst } from "../../plan/newestFirst.ts";
import { type KeptUntil, keptUntil } from "../../plan/retention/until.ts";
import type { Evidence } from "../../proof/evidence/evidenceRules.ts";
import { evidenceByPlace } from "../../reader/evidence.ts";
import { finderOf } from "../../reader/suspectHolders.ts";
import { placeId } from "../../repository/place.ts";
import { gatherPrunePlan, type RepositorySeen, seeRepository } from "../prune/gatherPlan.ts";
import type { Verdicts } from "../prune/gatherVerdicts.ts";
import { listedSnapshots } from "./gather.ts";

type Proven = Pick<Evidence, "verdict" | "level" | "generation" | "at">;

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
  /** About the blobs of this repository. */
  evidence: Proven | null;
  /** A blob that it refers to and that a proof found damaged: it is not whole, whatever its own evidence says. */
  sharedDamage?: string;
  /** The other snapshot whose proof found it, as far as that verdict is stored. */
  sharedDamageFoundBy?: string;
  /** About copies of this snapshot: what is proven there says nothing of here. */
  elsewhere: (Proven & { place: string; url: string })[];
  /** `until`: kept at least until this slot, if every slot gets a good snapshot; absent if no schedule ends it. */
  fate: { decision: "keep" | "remove" | "later"; reasons: Reason[]; until?: KeptUntil };
}

export interface SnapshotQuestion {
  policy?: string;
  repository?: string;
}

/** A repository whose snapshots cannot be listed. */
export interface UnseenRepository {
  repository: string;
  /** Of the error; `absent` for a repository that its cluster does not know yet. */
  code: ErrorCode;
  reason: Reason;
}

/** The rows of {@link listSnapshotsAndUnseen}. */
export async function listSnapshots(world: World, question: SnapshotQuestion = {}): Promise<SnapshotRow[]> {
  return (await listSnapshotsAndUnseen(world, question)).rows;
}

/**
 * Lists the clusters' snapshots with their evidence and what the next prune would do with each and why. Newest first. Of several repositories,
 * one that cannot be listed hides no other; one alone is the error.
 */
export async function listSnapshotsAndUnseen(
  world: World,
  question: SnapshotQuestion = {},
): Promise<{ rows: SnapshotRow[]; unseen: UnseenRepository[] }> {
  const repositories = new Map<string, string[]>();
  for (const [policy, { repository }] of Object.entries(world.config.backups))
    repositories.set(repository, [...(repositories.get(repository) ?? []), policy]);
  if (question.policy !== undefined) configured(world.config, "backups", question.policy);
  if (question.repository !== undefined) {
    configured(world.config, "repositories", question.repository);
    if (!repositories.has(question.repository)) repositories.set(question.repository, []);
  }
  const asked = [...repositories].filter(
    ([repository, policies]) =>
      (question.repository === undefined || question.repository === repository) &&
      (question.policy === undefined || policies.includes(question.policy)),
  );
  const rows: SnapshotRow[] = [];
  const unseen: UnseenRepository[] = [];
  for (const [repository, policies] of asked) {
    const seen = await rowsOrUnseen(world, repository, policies, asked.length === 1);
    rows.push(...seen.rows);
    if (seen.unseen) unseen.push(seen.unseen);
  }
  const wanted = rows.filter((row) => question.policy === undefined || row.policy === question.policy);
  return { rows: newestFirst(wanted, ({ startTime, name }) => ({ time: startTime, name })), unseen };
}

async function rowsOrUnseen(
  world: World,
  repository: string,
  policies: readonly string[],
  isOnly: boolean,
): Promise<{ rows: SnapshotRow[]; unseen?: UnseenRepository }> {
  try {
    const { rows, unread } = await rowsOf(world, repository, policies);
    return { rows, ...(unread && { unseen: { repository, code: "permanent", reason: unread } }) };
  } catch (error) {
    if (isOnly || !(error instanceof AppError)) throw error;
    const why = reason("snapshots.unseen", { repository, message: messageOf(error) });
    return { rows: [], unseen: { repository, code: error.code, reason: why } };
  }
}

/** What the policies decide from; of verdicts that cannot be read, why. */
async function seeOrUnread(world: World, repository: string): Promise<RepositorySeen | { snapshots: ClusterSnapshot[]; unread: Reason }> {
  try {
    return await seeRepository(world, repository);
  } catch (error) {
    if (!(error instanceof AppError && error.reason && isStateDamage(error.reason))) throw error;
    return { snapshots: await listedSnapshots(world, repository), unread: error.reason };
  }
}

async function rowsOf(world: World, repository: string, policies: readonly string[]): Promise<{ rows: SnapshotRow[]; unread?: Reason }> {
  const work = await readOpenWork(world);
  const { cluster } = configured(world.config, "repositories", repository);
  const taken = await takenRepository(world, repository, cluster);
  // What the cluster lists there is another repository's, or nothing.
  if (taken)
    throw new AppError(
      "conflict",
      `repository ${repository}: the name is registered on ${cluster} for another place than ossnap.yaml says; \`ossnap repositories\` shows what differs`,
      { reason: taken },
    );
  const seen = await seeOrUnread(world, repository);
  const { snapshots } = seen;
  const unread = "unread" in seen ? seen.unread : undefined;
  const fates = new Map<string, SnapshotRow["fate"]>();
  for (const policy of "unread" in seen ? [] : policies) {
    const rules = configured(world.config, "backups", policy);
    const { plan, input, slotOver } = await gatherPrunePlan(world, policy, rules, work, { seen: seen as RepositorySeen });
    const ends = keptUntil(plan.keep, input, rules.schedule, slotOver);
    const noteFate = (decision: "keep" | "remove" | "later") => (entry: { name: string; reasons: Reason[] }) => {
      const foreign = entry.reasons.every(({ code }) => code === "keep.foreign" || code === "keep.otherPolicy");
      if (fates.has(entry.name) && foreign) return;
      const until = decision === "keep" ? ends.get(entry.name) : undefined;
      fates.set(entry.name, { decision, reasons: entry.reasons, ...(until && { until }) });
    };
    plan.keep.forEach(noteFate("keep"));
    plan.remove.forEach(noteFate("remove"));
    plan.later.forEach(noteFate("later"));
  }
  const places = await evidenceByPlace(world, new Set(snapshots.flatMap(({ uuid }) => uuid ?? [])), { readable: true });
  const { blobs } = configured(world.config, "repositories", repository);
  const here = blobs && placeId(blobs);
  const names = placeNames(world.config);
  const fateOf = (name: string): SnapshotRow["fate"] =>
    fates.get(name) ?? { decision: "keep", reasons: [reason(unread ? "keep.verdictUnread" : "keep.foreign")] };
  const rows = snapshots.map((snapshot): SnapshotRow => {
    const parts = parseSnapshotName(snapshot.name);
    const uuid = snapshot.uuid ?? "";
    const proven = here === undefined ? undefined : places.get(here)?.get(uuid);
    const others = [...places].flatMap(([place, newest]) => (place === here ? [] : (newest.get(uuid) ?? [])));
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
      evidence: proven ? provenOf(proven) : null,
      ...("verdicts" in seen && sharedBy(seen.verdicts, snapshot)),
      elsewhere: newestFirst(others, ({ at, url }) => ({ time: at, name: url })).map((one) => ({
        place: names.get(one.place ?? "") ?? one.url,
        url: one.url,
        ...provenOf(one),
      })),
      fate: fateOf(snapshot.name),
    };
  });
  return { rows, ...(unread && { unread }) };
}

function sharedBy(
  { suspected, evidence }: Verdicts,
  { uuid, name }: ClusterSnapshot,
): Pick<SnapshotRow, "sharedDamage" | "sharedDamageFoundBy"> {
  const blob = suspected.held.get(uuid ?? name);
  if (blob === undefined) return {};
  const finder = finderOf(suspected, uuid ?? name, evidence);
  return { sharedDamage: blob, ...(finder === undefined ? {} : { sharedDamageFoundBy: finder }) };
}

function provenOf({ verdict, level, generation, at }: Evidence): Proven {
  return { verdict, level, generation, at };
}

/** What ossnap.yaml calls each place that it knows, by `placeId`: `watches.moved`. */
function placeNames({ repositories, watches, copies }: World["config"]): Map<string, string> {
  const named = new Map<string, string>();
  for (const [name, { to }] of Object.entries(copies)) named.set(placeId(to), `copies.${name}.to`);
  for (const [name, { blobs }] of Object.entries(watches)) named.set(placeId(blobs), `watches.${name}`);
  for (const [name, { blobs }] of Object.entries(repositories)) if (blobs) named.set(placeId(blobs), `repositories.${name}`);
  return named;
}
