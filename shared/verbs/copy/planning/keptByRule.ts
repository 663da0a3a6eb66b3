import type { CopyKeep } from "../../../model/config.ts";
import type { RootSnapshot } from "../../../model/repository.ts";
import { type PrunableSnapshot, planPrune } from "../../../plan/retention/plan.ts";
import { believedTimes } from "../../../plan/snapshotOrder.ts";

/** Only good snapshots are copied. */
const GOOD: PrunableSnapshot["state"] = "SUCCESS";

/** The uuids of the snapshots that the rules of a copy keep; the newest is always among them. One of which nobody knows the time stays. */
export function keptByRule(keep: CopyKeep, snapshots: readonly RootSnapshot[], now: Date): ReadonlySet<string> {
  const believed = believedTimes(snapshots, now);
  const { timeZone, ...rules } = keep;
  const dated = snapshots.flatMap((snapshot) => {
    const ms = believed.get(snapshot);
    if (ms === undefined || !Number.isFinite(ms)) return [];
    const time = new Date(ms);
    const { name, uuid, startTime = time } = snapshot;
    return [{ name: uuid, uuid, state: GOOD, time, startTime, indices: [], ours: true, from: name }];
  });
  const plan = planPrune({
    policy: "",
    fingerprint: "",
    keep: { ...rules, lastOfIndex: "never", atLeast: 1 },
    timeZone,
    atMost: Number.MAX_SAFE_INTEGER,
    atMostPercent: 100,
    snapshots: dated,
    protected: new Map(),
    now: undefined,
    existing: undefined,
  });
  const leaving = new Set([...plan.remove, ...plan.later].map(({ uuid }) => uuid));
  return new Set(snapshots.map(({ uuid }) => uuid).filter((uuid) => !leaving.has(uuid)));
}
