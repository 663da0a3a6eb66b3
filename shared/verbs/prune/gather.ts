import type { OpenWork } from "../../jobs/openWork.ts";
import { configured, type World } from "../../jobs/world.ts";
import type { ClusterSnapshot } from "../../model/cluster.ts";
import type { BackupPolicy } from "../../model/config.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { parseSlot } from "../../model/slot.ts";
import { parseSnapshotName, snapshotMark } from "../../model/snapshotName.ts";
import { policyFingerprint } from "../../plan/policyFingerprint.ts";
import { type PrunePlan, planPrune } from "../../plan/retention.ts";
import { stateKey } from "../../state/keys.ts";
import { keysBelow } from "../../state/objects.ts";

export interface PruneView {
  plan: PrunePlan;
  snapshots: ClusterSnapshot[];
  version: string;
}

/** Gathers what a prune decides on (snapshots, pins, open jobs) and plans. Reads only; the same call serves the dry run and the run. */
export async function gatherPrunePlan(world: World, policyName: string, policy: BackupPolicy, work: OpenWork): Promise<PruneView> {
  const { cluster: clusterName } = configured(world.config, "repositories", policy.repository);
  const cluster = world.cluster(clusterName);
  const info = await cluster.info();
  const snapshots = await cluster.listSnapshots(policy.repository);
  const mark = snapshotMark(info.uuid, policyName);
  const plan = planPrune({
    policy: policyName,
    fingerprint: policyFingerprint(policy, policyName),
    keep: policy.keep,
    timeZone: policy.schedule.timeZone,
    atMost: policy.prune?.atMost ?? 0,
    atMostPercent: policy.prune?.atMostPercent ?? 0,
    snapshots: snapshots.map((snapshot) => {
      const parts = parseSnapshotName(snapshot.name);
      const ours = parts?.policy === policyName && parts.mark === mark;
      const { name, uuid, state, startTime, indices } = snapshot;
      return { name, uuid, state, startTime, indices, ours, time: (ours && parseSlot(parts.slot)) || startTime };
    }),
    protected: await protectedSnapshots(world, policy.repository, snapshots, work),
  });
  return { plan, snapshots, version: info.version };
}

/** Pinned by a person, or needed by a job that is open: a copy that reads it, a restore that runs from it. */
async function protectedSnapshots(
  world: World,
  repository: string,
  snapshots: readonly ClusterSnapshot[],
  work: OpenWork,
): Promise<Map<string, Reason>> {
  const pins = new Set((await keysBelow(world.state, stateKey.pins(repository))).map((key) => key.replace(/\.json$/, "")));
  const found = new Map<string, Reason>();
  for (const { name, uuid } of snapshots) {
    if (pins.has(uuid ?? name)) found.set(name, reason("keep.pinned"));
    const needs = work.jobs.find((job) => job.kind !== "prune" && job.kind !== "backup" && mentions(job.intent.input, uuid ?? name));
    if (needs) found.set(name, reason("keep.needed", { job: needs.id }));
  }
  return found;
}

function mentions(input: unknown, uuid: string): boolean {
  return JSON.stringify(input).includes(JSON.stringify(uuid));
}
