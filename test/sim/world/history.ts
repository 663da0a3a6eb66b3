import { givenSnapshot, type MemorySnapshot } from "../../../shared/adapters/memory/clusterPlaces.ts";
import { slotOf } from "../../../shared/model/slot.ts";
import { parseSnapshotName, snapshotMark, snapshotName } from "../../../shared/model/snapshotName.ts";
import { BACKUPS, BACKUPS_LOCATION, HOUR_MS, POLICY } from "../names.ts";
import type { Play } from "../scenario.ts";
import type { Stage } from "../stage.ts";

/** Ages in hours: several in a day, then days, weeks, and a month change. */
const AGES = [3, 5, 7, 13, 21, 26, 30, 50, 75, 76, 100, 180, 360, 700, 1500];

export async function markOf({ source }: Stage): Promise<string> {
  return snapshotMark((await source.info()).uuid, POLICY);
}

/** From 7.3 on a snapshot carries our metadata. */
export function keepsMetadata(version: string): boolean {
  return /^([89]|7\.([3-9]|1\d))/.test(version);
}

/** The policy's own good snapshots, oldest first. */
export function ownGood({ places, people }: Stage): MemorySnapshot[] {
  const good = places.at(BACKUPS_LOCATION).filter(({ name, state }) => state === "SUCCESS" && parseSnapshotName(name)?.policy === POLICY);
  return good.filter(({ name }) => !people.copiedNames.has(name));
}

/** Read by prunes; the memory cluster keeps its snapshots elsewhere. */
export async function beginBucket({ stage }: Play): Promise<void> {
  await stage.bare(BACKUPS).put("index-7", Buffer.from('{"snapshots":[],"indices":{}}'));
  await stage.bare(BACKUPS).put("snap-x.dat", Buffer.from("a cluster wrote this"));
}

/** Snapshots that the policy took before: some failed, some hold an index that is gone, and one may come from a clock that was ahead. */
export async function givenHistory(play: Play, version: string, startMs: number): Promise<void> {
  const { stage, random } = play;
  const mark = await markOf(stage);
  const give = (timeMs: number, state: MemorySnapshot["state"], indices: readonly string[]) => {
    const slot = slotOf(new Date(timeMs));
    const name = snapshotName({ policy: POLICY, slot, attempt: 1, mark });
    const held = Object.fromEntries(indices.map((index) => [index, { documents: 2 }]));
    const uuid = version.startsWith("2.") ? undefined : `given-${slot}`;
    const given = givenSnapshot({ name, uuid: uuid ?? "", version, startTime: new Date(timeMs), indices: held, state });
    stage.places.at(BACKUPS_LOCATION).push({
      ...given,
      uuid,
      ...(keepsMetadata(version) && { metadata: { ossnap: { policy: POLICY, slot, job: `backup-${POLICY}-${slot}` } } }),
    });
  };
  const ages = AGES.filter(() => random.chance(0.6)).reverse();
  for (const [number, hours] of ages.entries()) {
    const state = random.chance(0.8) ? "SUCCESS" : random.pick(["PARTIAL", "FAILED"] as const);
    const isRare = number < 3 && random.chance(0.6);
    const jitterMs = random.between(0, 50) * 60_000;
    give(startMs - hours * HOUR_MS - jitterMs, state, [
      "movies",
      ...(isRare ? ["movies-2025"] : []),
      ...(random.chance(0.3) ? ["movies-old"] : []),
    ]);
  }
  if (random.chance(0.2)) give(Date.parse("2031-06-01T00:00:00Z"), "SUCCESS", ["movies"]);
}
