import type { World } from "../../../jobs/world.ts";
import type { Cluster, ClusterIndex } from "../../../model/cluster.ts";
import { restoredIndexName, timeDigits } from "../../../model/restoredName.ts";
import { aliasChecks } from "../../../plan/aliases/preflightAlias.ts";
import { placementChecks } from "../../../plan/placement/forbidden.ts";
import { shardChecks, totalChecks } from "../../../plan/placement/shardRoom.ts";
import type { PreflightCheck } from "../../../plan/preflightTypes.ts";
import { AHEAD_MS } from "../../../plan/snapshotOrder.ts";
import { versionParts } from "../../../plan/versions.ts";
import { aliasHoldersOf, roomOf } from "./seen.ts";

interface Foreseen {
  existing: readonly ClusterIndex[];
  aliases: Readonly<Record<string, string>>;
  /** Names in the snapshot that is to be taken. */
  indices: readonly string[];
}

/** Whether aliases could move to what a restore will make of a snapshot that is not taken yet: what its preflight will say of them. */
export async function foreseenAliases(world: World, cluster: Cluster, { existing, aliases, indices }: Foreseen): Promise<PreflightCheck[]> {
  const { version: targetVersion } = await cluster.info();
  const now = world.clock.now();
  // The clock of the source tells its start, and may be ahead of this one.
  const snapshotStart = new Date(now.getTime() + AHEAD_MS);
  const named = {
    snapshotUuid: "",
    snapshotStart,
    purpose: undefined,
    attempt: 1,
    targetMajor: versionParts(targetVersion)[0],
  };
  const asked = {
    ...{ alias: undefined, aliases, existing, targetVersion, now, snapshotDigits: timeDigits(snapshotStart) },
    nameFor: (index: string) => restoredIndexName({ ...named, index }),
    aliasHolders: await aliasHoldersOf(cluster, existing, Object.keys(aliases)),
  };
  return aliasChecks(
    asked,
    indices.map((name) => ({ name })),
  );
}

/** Whether the cluster would take indices beside those that it has: its blocks, its filters and the numbers of shards that it accepts. */
export async function foreseenRoom(
  cluster: Cluster,
  existing: readonly ClusterIndex[],
  indices: readonly Pick<ClusterIndex, "name" | "shards">[],
): Promise<PreflightCheck[]> {
  const info = await cluster.info();
  const { shardsMax, placement } = await roomOf(cluster, info);
  const asked = { shardsMax, placement, existing, targetVersion: info.version, nameFor: (index: string) => index };
  return [...shardChecks(asked, indices), ...placementChecks(asked, indices), ...totalChecks(asked, indices)];
}
