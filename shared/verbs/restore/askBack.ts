import type { OverwrittenIndex } from "../../jobs/aliasSwap.ts";
import { freshRun } from "../../jobs/freshRun.ts";
import type { Created } from "../../jobs/log.ts";
import type { Asked } from "../../jobs/record.ts";
import type { World } from "../../jobs/world.ts";
import { hasCode } from "../../model/errors.ts";
import { type Reason, reason } from "../../model/reason.ts";
import { askRestore, restoreIdOf } from "./ask.ts";
import { orderByHand, reportOf } from "./askByHand.ts";
import { lookAtCluster } from "./target/seen.ts";
import type { RolledBack } from "./types.ts";

/** A restore over indices that is to be taken back: the snapshot that holds what they held is restored over them. */
export interface WayBack {
  cluster: string;
  overwritten: readonly OverwrittenIndex[];
  rollsBack: RolledBack;
}

/** What stands in the way of it and what it would wait for; `undefined` for nothing. */
export interface BackSeen {
  refusal: Reason | undefined;
  waits: Reason | undefined;
}

/** Changes nothing. */
export async function previewBack(world: World, back: WayBack): Promise<BackSeen> {
  try {
    const { order, checks } = await orderOf(world, back, { by: "person", who: "a dry run" });
    const report = await reportOf(world, order, checks, await lookAtCluster(world.cluster(order.cluster)));
    const refusal = report.checks.find(({ result }) => result === "refuse")?.reason;
    return { refusal, waits: report.checks.find(({ check }) => check === "running")?.reason };
  } catch (error) {
    if (!hasCode(error, "absent", "invalid")) throw error;
    const { repository = "", snapshot = "" } = keptOf(back) ?? {};
    const gone = reason("rollback.keptGone", { restore: back.rollsBack.restore, repository, snapshot });
    return { refusal: error.code === "absent" ? gone : (error.reason ?? gone), waits: undefined };
  }
}

/** Writes the intent of the restore; what stands in its way was looked at before. */
export async function askBack(
  world: World,
  back: WayBack,
  asked: Asked,
  { key, fingerprint }: { key?: string | undefined; fingerprint?: string | undefined },
): Promise<Created> {
  const { order } = await orderOf(world, back, asked);
  const { key: _fresh, ...unkeyed } = order;
  const more = fingerprint === undefined ? {} : { fingerprint };
  if (key !== undefined) return askRestore(world, { ...order, ...more, key });
  const id = await freshRun(world, restoreIdOf(unkeyed), { again: true, byHand: true });
  return askRestore(world, { ...unkeyed, ...more }, id);
}

function keptOf({ overwritten }: WayBack) {
  return overwritten.find(({ kept }) => kept)?.kept;
}

/** All of them are in one snapshot. */
async function orderOf(world: World, back: WayBack, asked: Asked) {
  const kept = keptOf(back);
  const request = {
    snapshot: kept?.snapshotUuid ?? "",
    repository: kept?.repository ?? "",
    to: back.cluster,
    indices: back.overwritten.map(({ index }) => index),
    replicas: Math.max(...back.overwritten.map(({ replicas }) => replicas)),
    over: true,
  };
  const { order, checks } = await orderByHand(world, request, asked);
  const { rollsBack } = back;
  const purpose = `rollback of ${rollsBack.restore}${rollsBack.loseWrites ? ", losing writes" : ""}`;
  return { order: { ...order, purpose, input: { ...order.input, rollsBack } }, checks };
}
