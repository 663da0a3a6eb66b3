import type { DoneRecord } from "../../../shared/jobs/record.ts";
import type { Notice } from "../../../shared/model/notice.ts";
import { slotTime } from "../../../shared/model/slot.ts";
import { parseSnapshotName } from "../../../shared/model/snapshotName.ts";
import { mustKeep, type OwnSnapshot } from "../account/retention.ts";
import { BACKUPS_LOCATION, DAY_MS, POLICY } from "../names.ts";
import type { Stage } from "../stage.ts";
import { doneRecords, isWriteOn, type MakeCheck } from "./check.ts";

/** A prune that its night missed is made up by the next one. */
const PRUNED_AFTER_MS = 3 * DAY_MS;

/** An outage of the state itself ends before anything can be reported. */
const TOLD_AFTER_MS = 4 * DAY_MS;

/** Every finished snapshot that the policy took, by its slot. */
export function ownSnapshots({ places, people }: Stage): OwnSnapshot[] {
  return places
    .at(BACKUPS_LOCATION)
    .filter(({ name }) => parseSnapshotName(name)?.policy === POLICY && !people.copiedNames.has(name))
    .map(({ name, uuid, state, indices }) => ({
      name,
      uuid,
      state,
      indices,
      timeMs: slotTime(parseSnapshotName(name)?.slot ?? "").getTime(),
    }));
}

/** 1: no slot passes in silence, and in the end the repository holds what the policy keeps and nothing else of ours. */
export const noNightIsLost: MakeCheck = ({ stage, kernel, scenario, violated }) => {
  /** While each notice about the policy's backups was open: one that is open is not sent again for the next night. */
  const told: { key: string; fromMs: number; untilMs: number }[] = [];

  function isReported(slot: string, done: ReadonlyMap<string, DoneRecord>): boolean {
    if (done.get(`backup-${POLICY}-${slot}`)?.state === "done") return true;
    const dueMs = slotTime(slot).getTime();
    return told.some(({ fromMs, untilMs }) => fromMs < dueMs + TOLD_AFTER_MS && untilMs > dueMs);
  }

  async function requireThinned(): Promise<void> {
    const policy = stage.config.backups[POLICY];
    if (!policy) return;
    const existing = new Set((await stage.source.listIndices()).map(({ name }) => name));
    const pins = new Set([...stage.state.keys()].flatMap((key) => /^pins\/.*\/(.+)\.json$/.exec(key)?.[1] ?? []));
    const own = ownSnapshots(stage);
    const nowMs = kernel.nowMs();
    const must = mustKeep({ own, keep: policy.keep, timeZone: policy.schedule.timeZone, nowMs, existing, pins });
    // These buckets have no file lists: any snapshot may hold an index in its last state until the index has been gone for so long.
    const heldMs = typeof policy.keep.lastOfIndex === "number" ? policy.keep.lastOfIndex : 0;
    const left = own.filter(({ name, timeMs }) => !must.has(name) && timeMs < nowMs - heldMs - PRUNED_AFTER_MS).map(({ name }) => name);
    if (left.length > 0) violated(`${left.join(", ")} should have been pruned`);
  }

  return {
    number: 1,
    name: "no night is lost in silence, and retention reaches its policy",
    after(effect) {
      if (!isWriteOn(effect, "notifier", "send")) return;
      const { key, status } = effect.args[0] as Notice;
      if (!/^(backup-failed|late|backup-refused):/.test(key)) return;
      const open = told.find((one) => one.key === key && one.untilMs === Number.POSITIVE_INFINITY);
      if (status === "resolved" && open) open.untilMs = kernel.nowMs();
      if (status === "firing" && !open) told.push({ key, fromMs: kernel.nowMs(), untilMs: Number.POSITIVE_INFINITY });
    },
    async end() {
      if (scenario.answeredSlots === undefined) return;
      const done = new Map(doneRecords(stage.state, "backup").map((record) => [record.id, record]));
      const silent = scenario.answeredSlots.filter((slot) => !isReported(slot, done));
      if (silent.length > 0) violated(`slots without a success and without a notice: ${silent.join(", ")}`);
      await requireThinned();
    },
  };
};
