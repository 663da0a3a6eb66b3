import type { OpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import { timeDigits } from "../../model/restoredName.ts";
import { tooFarUntil } from "../../plan/snapshotOrder.ts";
import { type AheadSnapshot, aheadLeaf } from "../../state/aheadSnapshots.ts";
import { stateKey } from "../../state/keys.ts";
import { writeObject } from "../../state/objects.ts";
import type { PlannedArrivals } from "./plan.ts";

/** Whether the time of a snapshot has come that was not served because it started in the future. */
export function isAheadDue({ live }: OpenWork, watchName: string, now: Date): boolean {
  return live.ahead.get(watchName)?.some(({ dueDigits }) => dueDigits !== undefined && dueDigits <= timeDigits(now)) ?? false;
}

/** Remembers when each such snapshot is looked at again, and what the watch served when it was first seen; forgets those that are over. */
export async function rememberAhead(
  world: World,
  { live }: OpenWork,
  watchName: string,
  { planned: { tooFar, lied }, served }: { planned: PlannedArrivals; served: string },
): Promise<void> {
  const known = live.ahead.get(watchName) ?? [];
  const now = world.clock.now();
  const keyOf = (one: Omit<AheadSnapshot, "key">) => `${stateKey.ahead(watchName)}${aheadLeaf(one)}`;
  const servedBefore = (uuid: string) => known.find((one) => one.uuid === uuid)?.served ?? served;
  const all = [
    ...tooFar.map(({ uuid, startTime }) => {
      const until = tooFarUntil(now, startTime);
      return { uuid, dueDigits: until && timeDigits(until), served: servedBefore(uuid) };
    }),
    ...lied.map(({ uuid }) => ({ uuid, dueDigits: undefined, served: servedBefore(uuid) })),
  ];
  const keys = new Set(all.map(keyOf));
  for (const key of keys) if (!known.some((one) => one.key === key)) await writeObject(world.state, key, {});
  const over = known.filter(({ key }) => !keys.has(key));
  if (over.length > 0) await world.state.delete(over.map(({ key }) => key));
}
