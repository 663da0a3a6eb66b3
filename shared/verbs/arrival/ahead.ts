import type { OpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import type { RootSnapshot } from "../../model/repository.ts";
import { timeDigits } from "../../model/restoredName.ts";
import { servedWhenSeen, tooFarUntil } from "../../plan/snapshotOrder.ts";
import { type AheadSnapshot, aheadLeaf } from "../../state/aheadSnapshots.ts";
import { stateKey } from "../../state/keys.ts";
import { writeObject } from "../../state/objects.ts";
import type { PlannedArrivals } from "./plan.ts";

/** Snapshots of each kind that are stored one by one: each is an object of the state, and a root may list 200,000 of them. */
const REMEMBERED_MAX = 20;

/** Whether the time of a snapshot has come that was not served because it started in the future. */
export function isAheadDue({ live }: OpenWork, watchName: string, now: Date): boolean {
  return live.ahead.get(watchName)?.some(({ dueDigits }) => dueDigits !== undefined && dueDigits <= timeDigits(now)) ?? false;
}

/**
 * Remembers when such snapshots are looked at again, and what the watch served when they were first seen; forgets those that are over. Of many,
 * the earliest are remembered by uuid, and of the rest the times between which they start.
 */
export async function rememberAhead(
  world: World,
  { live }: OpenWork,
  watchName: string,
  {
    planned: { tooFar, lied },
    served,
    before,
  }: { planned: Pick<PlannedArrivals, "tooFar" | "lied">; served: string; before: ReadonlySet<string> | undefined },
): Promise<void> {
  const known = live.ahead.get(watchName) ?? [];
  const seen = servedWhenSeen(known, before);
  const servedBefore = (one: RootSnapshot) => seen({ uuid: one.uuid, startDigits: timeDigits(startOf(one)) }) ?? served;
  const dueOf = (one: RootSnapshot) => timeDigits(tooFarUntil(world.clock.now(), one.startTime) ?? startOf(one));
  const all = [...remembered(tooFar, servedBefore, dueOf), ...remembered(lied, servedBefore, () => undefined)];
  const keys = new Set(all.map((one) => `${stateKey.ahead(watchName)}${aheadLeaf(one)}`));
  const knownKeys = new Set(known.map(({ key }) => key));
  for (const key of keys) if (!knownKeys.has(key)) await writeObject(world.state, key, {});
  const over = known.filter(({ key }) => !keys.has(key));
  if (over.length > 0) await world.state.delete(over.map(({ key }) => key));
}

const startOf = ({ startTime }: RootSnapshot) => startTime ?? new Date(0);

/** The earliest by uuid, and one entry for the rest: what the watch served when it saw the first of them counts for all. */
function remembered(
  snapshots: readonly RootSnapshot[],
  servedBefore: (snapshot: RootSnapshot) => string,
  dueOf: (snapshot: RootSnapshot) => string | undefined,
): Omit<AheadSnapshot, "key">[] {
  const earliestFirst = [...snapshots].sort((a, b) => startOf(a).getTime() - startOf(b).getTime());
  const own = earliestFirst.slice(0, REMEMBERED_MAX).map((one) => ({ uuid: one.uuid, dueDigits: dueOf(one), served: servedBefore(one) }));
  const rest = earliestFirst.slice(REMEMBERED_MAX);
  const [first, last] = [rest[0], rest.at(-1)];
  if (first === undefined || last === undefined) return own;
  const between = { first: timeDigits(startOf(first)), last: timeDigits(startOf(last)) };
  return [...own, { uuid: "", rest: between, dueDigits: dueOf(first), served: servedBefore(first) }];
}
