import type { DoneRecord, JobRecord } from "../../../shared/jobs/record.ts";
import { parseSnapshotName } from "../../../shared/model/snapshotName.ts";
import type { BackupData } from "../../../shared/verbs/backup/step.ts";
import type { PruneData } from "../../../shared/verbs/prune/step.ts";
import { mustKeep } from "../account/retention.ts";
import type { Effect } from "../gates.ts";
import { BACKUPS_LOCATION, POLICY } from "../names.ts";
import { doneRecords, isWriteOn, type MakeCheck, openJobs, readBare, recordsOf } from "./check.ts";
import { ownSnapshots } from "./nights.ts";

const HOUR_MS = 3_600_000;

/** Names of the snapshots that a record claims to delete. */
function claimedIn(record: Uint8Array): string[] {
  const { claim } = JSON.parse(Buffer.from(record).toString()) as JobRecord;
  const { snapshots = [] } = (claim?.args ?? {}) as { snapshots?: { name: string }[] };
  return snapshots.map(({ name }) => name);
}

/**
 * 5: pruning deletes only what its plan contained, nothing that the policy as it is now keeps, and no more than its caps allow. What became
 * protected after the invocation looked cannot be spared: only what has been protected since before it started counts.
 */
export const onlyWhatThePlanSaid: MakeCheck = ({ stage, kernel, scenario, violated }) => {
  /** Uuid → why it must be kept, and since when. */
  const kept = new Map<string, { why: string; sinceMs: number }>();
  /** When each snapshot was first seen: one taken while the request to delete its name was in flight cannot be protected. */
  const uuidsSince = new Map<string, number>();
  /** Number of own snapshots at each change. */
  const counts: { ms: number; own: number }[] = [];
  const policies = [scenario.config.backups[POLICY]];
  const deletedBy = new Map<string, Set<string>>();
  const deleted = new Set<string>();
  let looked = "";
  let appliedByHand = false;
  const there = () => stage.places.at(BACKUPS_LOCATION);
  const isOwn = (name: string) => parseSnapshotName(name)?.policy === POLICY && !stage.people.copiedNames.has(name);
  const own = () => ownSnapshots(stage);

  /** Works out again what must be kept, if anything that matters changed. */
  async function see(): Promise<void> {
    const policy = stage.config.backups[POLICY];
    if (!policy) return;
    const existing = new Set((await stage.source.listIndices()).map(({ name }) => name));
    const pins = new Set([...stage.state.keys()].flatMap((key) => /^pins\/.*\/(.+)\.json$/.exec(key)?.[1] ?? []));
    const mine = own();
    const now = JSON.stringify([mine.map(({ uuid, state }) => [uuid, state]), policy.keep, [...existing], [...pins]]);
    if (now === looked) return;
    looked = now;
    if (policies.at(-1) !== policy) policies.push(policy);
    const nowMs = kernel.nowMs();
    counts.push({ ms: nowMs, own: mine.filter(({ timeMs }) => timeMs <= nowMs + HOUR_MS).length });
    const must = mustKeep({ own: mine, keep: policy.keep, timeZone: policy.schedule.timeZone, nowMs, existing, pins });
    const uuids = new Map(mine.flatMap(({ name, uuid = name }) => (must.has(name) ? [[uuid, must.get(name) ?? ""] as const] : [])));
    for (const uuid of kept.keys()) if (!uuids.has(uuid)) kept.delete(uuid);
    for (const [uuid, why] of uuids) if (!kept.has(uuid)) kept.set(uuid, { why, sinceMs: nowMs });
  }

  /** Deleting the running snapshot of a cancelled backup is not a prune. */
  const isTakenBack = (name: string) =>
    openJobs(stage.state).some((id) =>
      recordsOf(stage.state, id).some(({ cancelling, data }) => cancelling !== undefined && (data as BackupData).name === name),
    );
  /** The delayed request of a cancelled backup: by now the snapshot is finished, and is deleted anyway. */
  const isTakenBackLate = (name: string, effect: Effect) =>
    effect.actor.wasFrozen &&
    doneRecords(stage.state, "backup").some(({ state, id }) => state === "cancelled" && name.startsWith(id.slice("backup-".length)));
  const plannedBy = (name: string, uuid: string | undefined) =>
    openJobs(stage.state).find((id) =>
      recordsOf(stage.state, id).some(({ data }) => (data as PruneData).plan?.remove.some((one) => one.name === name && one.uuid === uuid)),
    );

  function judge(name: string, effect: Effect): void {
    const snapshot = there().find((one) => one.name === name);
    if (!snapshot) {
      if (!isTakenBack(name) && !effect.actor.wasFrozen) judgeRunning(name);
      return;
    }
    if (isTakenBack(name) || isTakenBackLate(name, effect)) return;
    if (!isOwn(name)) {
      violated(`${name} is foreign and is deleted`);
      return;
    }
    const { why, sinceMs = Number.POSITIVE_INFINITY } = kept.get(snapshot.uuid ?? name) ?? {};
    if (sinceMs < effect.actor.startedMs) violated(`${name} is deleted, although it is kept: ${why}`);
    if (!appliedByHand) violated(`${name} is deleted although no plan was ever applied by hand`);
    const isNew = (uuidsSince.get(snapshot.uuid ?? "") ?? 0) >= effect.askedMs;
    const job = plannedBy(name, snapshot.uuid);
    if (!effect.actor.wasFrozen && !isNew && !job) violated(`${name} (${snapshot.uuid}) is deleted although no open plan names it`);
    if (job) judgeCaps(job, name, effect);
    const good = own().filter(({ state }) => state === "SUCCESS").length - (snapshot.state === "SUCCESS" ? 1 : 0);
    const atLeast = Math.min(...policies.map((policy) => policy?.keep.atLeast ?? 1));
    if (good < atLeast && stage.people.deletedMs < effect.actor.startedMs)
      violated(`${name} is deleted, which leaves ${good} good snapshots`);
  }

  /** The caps are those of any policy that was in force, since a change is seen a moment later. */
  function judgeCaps(job: string, name: string, { actor }: Effect): void {
    const names = deletedBy.get(job) ?? new Set();
    deletedBy.set(job, names.add(name));
    const before = counts.filter(({ ms }) => ms < actor.startedMs).at(-1)?.own ?? 0;
    // A running snapshot is listed too.
    const most = 1 + Math.max(before, ...counts.filter(({ ms }) => ms >= actor.startedMs - HOUR_MS).map((count) => count.own));
    const caps = policies.map((policy) => {
      const { atMost = 0, atMostPercent = 0 } = policy?.prune ?? {};
      return Math.min(atMost, Math.max(1, Math.floor((most * atMostPercent) / 100)));
    });
    if (names.size > Math.max(...caps)) violated(`${job} deletes ${names.size} snapshots, although ${Math.max(...caps)} are allowed`);
  }

  function judgeRunning(name: string): void {
    if (openJobs(stage.state).some((id) => id.startsWith("backup-") && id.includes(parseSnapshotName(name)?.slot ?? "?")))
      violated(`${name} is running and is deleted without a cancellation`);
  }

  /** A result names as removed only what was deleted on its behalf. */
  function judgeResult(key: string): void {
    const done = readBare<DoneRecord>(stage.state, key);
    const { removed = [] } = (done?.result ?? {}) as { removed?: string[] };
    for (const name of removed) if (!deleted.has(name)) violated(`${key} says that ${name} was removed, which nobody of ours deleted`);
  }

  return {
    number: 5,
    name: "pruning deletes only what its plan contains and the policy does not keep",
    asked(effect) {
      if (isWriteOn(effect, "state", "put") && /live\/jobs\/prune-nightly-[0-9a-f]+(-r\d+)?\/000000/.test(String(effect.args[0])))
        appliedByHand = true;
      // A request without an answer, or one that an invocation died over, may have been what removed it.
      if (isWriteOn(effect, "state", "put") && String(effect.args[0]).startsWith("live/jobs/prune-"))
        for (const name of claimedIn(effect.args[1] as Uint8Array)) deleted.add(name);
    },
    before(effect) {
      if (isWriteOn(effect, "cluster:source", "deleteSnapshots")) for (const name of effect.args[1] as string[]) judge(name, effect);
    },
    after(effect) {
      if (isWriteOn(effect, "state", "put") && String(effect.args[0]).startsWith("done/prune/")) judgeResult(String(effect.args[0]));
    },
    async step() {
      for (const { uuid = "" } of there()) if (!uuidsSince.has(uuid)) uuidsSince.set(uuid, stage.now().getTime());
      await see();
    },
  };
};
