import { slotTime } from "../../../shared/model/slot.ts";
import { parseSnapshotName } from "../../../shared/model/snapshotName.ts";
import type { BackupData } from "../../../shared/verbs/backup/step.ts";
import type { PruneData } from "../../../shared/verbs/prune/step.ts";
import type { Effect } from "../gates.ts";
import { BACKUPS_LOCATION, POLICY } from "../scenario.ts";
import { doneRecords, isWriteOn, type MakeCheck, openJobs, recordsOf } from "./check.ts";

/** 5: pruning deletes only what its plan contained, and never the newest good snapshot, a pinned one or a foreign one. */
export const onlyWhatThePlanSaid: MakeCheck = ({ stage, scenario, violated }) => {
  /** When each pin was first seen. */
  const pinnedSince = new Map<string, number>();
  /** When each snapshot was first seen: one taken while the request to delete its name was in flight cannot be protected. */
  const uuidsSince = new Map<string, number>();
  let appliedByHand = false;
  const there = () => stage.places.at(BACKUPS_LOCATION);
  const isGood = ({ name, state }: { name: string; state: string }) => state === "SUCCESS" && parseSnapshotName(name)?.policy === POLICY;
  const timeOf = (name: string) => slotTime(parseSnapshotName(name)?.slot ?? "").getTime();
  const newestGood = () =>
    there()
      .filter(isGood)
      .map(({ name }) => name)
      .sort((a, b) => timeOf(a) - timeOf(b))
      .at(-1);

  /** Deleting the running snapshot of a cancelled backup is not a prune. */
  const isTakenBack = (name: string) =>
    openJobs(stage.state).some((id) =>
      recordsOf(stage.state, id).some(({ cancelling, data }) => cancelling !== undefined && (data as BackupData).name === name),
    );
  /** The delayed request of a cancelled backup: by now the snapshot is finished, and is deleted anyway. */
  const isTakenBackLate = (name: string, effect: Effect) =>
    effect.actor.wasFrozen &&
    doneRecords(stage.state, "backup").some(({ state, id }) => state === "cancelled" && name.startsWith(id.slice("backup-".length)));
  const isPlanned = (name: string, uuid: string | undefined) =>
    openJobs(stage.state).some((id) =>
      recordsOf(stage.state, id).some(({ data }) => (data as PruneData).plan?.remove.some((one) => one.name === name && one.uuid === uuid)),
    );

  function judge(name: string, effect: Effect): void {
    const snapshot = there().find((one) => one.name === name);
    if (!snapshot) {
      if (!isTakenBack(name) && !effect.actor.wasFrozen) judgeRunning(name);
      return;
    }
    if (parseSnapshotName(name)?.policy !== POLICY) {
      violated(`${name} is foreign and is deleted`);
      return;
    }
    if (isTakenBack(name) || isTakenBackLate(name, effect)) return;
    const newest = newestGood();
    if (name === newest) violated(`${name} is the newest good snapshot and is deleted`);
    if (!isGood(snapshot) && (newest === undefined || timeOf(newest) < timeOf(name)))
      violated(`${name} is ${snapshot.state} and is deleted before a good snapshot replaced it`);
    const since = pinnedSince.get(snapshot.uuid ?? name);
    if (since !== undefined && since < effect.actor.startedMs) violated(`${name} is pinned and is deleted`);
    if (!appliedByHand) violated(`${name} is deleted although no plan was ever applied by hand`);
    const isNew = (uuidsSince.get(snapshot.uuid ?? "") ?? 0) >= effect.askedMs;
    if (!effect.actor.wasFrozen && !isNew && !isPlanned(name, snapshot.uuid))
      violated(`${name} (${snapshot.uuid}) is deleted although no open plan names it`);
    const good = there().filter(isGood).length - (isGood(snapshot) ? 1 : 0);
    if (good < (scenario.config.backups[POLICY]?.keep.atLeast ?? 1)) violated(`${name} is deleted, which leaves ${good} good snapshots`);
  }

  function judgeRunning(name: string): void {
    if (openJobs(stage.state).some((id) => id.startsWith("backup-") && id.includes(parseSnapshotName(name)?.slot ?? "?")))
      violated(`${name} is running and is deleted without a cancellation`);
  }

  return {
    number: 5,
    name: "pruning deletes only what its plan contains",
    asked(effect) {
      if (isWriteOn(effect, "state", "put") && /live\/jobs\/prune-nightly-[0-9a-f]+(-r\d+)?\/000000/.test(String(effect.args[0])))
        appliedByHand = true;
    },
    before(effect) {
      if (isWriteOn(effect, "cluster:source", "deleteSnapshots")) for (const name of effect.args[1] as string[]) judge(name, effect);
    },
    step() {
      for (const { uuid = "" } of there()) if (!uuidsSince.has(uuid)) uuidsSince.set(uuid, stage.now().getTime());
      for (const key of stage.state.keys()) {
        if (!key.startsWith("pins/")) continue;
        const uuid =
          key
            .split("/")
            .at(-1)
            ?.replace(/\.json$/, "") ?? "";
        if (!pinnedSince.has(uuid)) pinnedSince.set(uuid, stage.now().getTime());
      }
    },
  };
};
