import type { KeepRules } from "../../../shared/model/config.ts";
import { type PrunableSnapshot, type PruneInput, type PrunePlan, planPrune } from "../../../shared/plan/retention/plan.ts";

/** One of our snapshots, named by its time. */
export function snapshot(time: string, change: Partial<PrunableSnapshot> = {}): PrunableSnapshot {
  const at = new Date(time);
  return { name: time, uuid: `uuid-${time}`, state: "SUCCESS", time: at, startTime: at, indices: ["movies"], ours: true, ...change };
}

export function inputOf(snapshots: readonly PrunableSnapshot[], keep: Partial<KeepRules>, change: Partial<PruneInput> = {}): PruneInput {
  return {
    policy: "nightly",
    fingerprint: "f",
    keep: { atLeast: 1, ...keep },
    timeZone: "UTC",
    atMost: 1000,
    atMostPercent: 100,
    snapshots,
    protected: new Map(),
    now: undefined,
    existing: undefined,
    ...change,
  };
}

export function plan(...asked: Parameters<typeof inputOf>): PrunePlan {
  return planPrune(inputOf(...asked));
}
