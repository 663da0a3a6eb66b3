import type { OpenWork } from "../../jobs/openWork.ts";
import type { World } from "../../jobs/world.ts";
import { type SlotHint, stateKey } from "../../state/keys.ts";
import { writeObject } from "../../state/objects.ts";

/** Hints kept per policy: enough to find the last good slot among failures. */
const HINTS_KEPT = 3;

/** Records that a slot was handled and drops old hints; the newest good one is always kept. */
export async function recordSlot(world: World, work: OpenWork, policy: string, hint: SlotHint): Promise<void> {
  await writeObject(world.state, stateKey.slot(policy, hint), {});
  const known = work.live.slots.get(policy) ?? [];
  const all = [...known.filter(({ slot }) => slot !== hint.slot), hint].sort((a, b) => (a.slot < b.slot ? -1 : 1));
  work.live.slots.set(policy, all);
  const newestGood = all.filter(({ state }) => state === "done").at(-1);
  const replaced = known.filter(({ slot, state }) => slot === hint.slot && state !== hint.state);
  const old = [...replaced, ...all.slice(0, -HINTS_KEPT).filter((past) => past !== newestGood && past !== hint)];
  if (old.length > 0) await world.state.delete(old.map((past) => stateKey.slot(policy, past)));
}
