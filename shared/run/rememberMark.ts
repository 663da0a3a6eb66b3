import { stateKey } from "../jobs/keys.ts";
import type { Mark } from "../jobs/liveView.ts";
import { writeObject } from "../jobs/stateObject.ts";
import type { World } from "./world.ts";

/** Enough to know what was dealt with lately; older marks only make listings longer. */
const MARKS_KEPT = 6;

/** Remembers a mark under a prefix and forgets the oldest ones. */
export async function rememberMark(
  world: World,
  marks: Map<string, Mark[]>,
  { name, prefix, mark }: { name: string; prefix: string; mark: string },
): Promise<void> {
  const known = marks.get(name) ?? [];
  if (known.some((one) => one.mark === mark)) return;
  const key = stateKey.mark(prefix, world.clock.now(), mark);
  await writeObject(world.state, key, {});
  const all = [...known, { mark, key }];
  const old = all.slice(0, -MARKS_KEPT);
  marks.set(name, all.slice(-MARKS_KEPT));
  if (old.length > 0) await world.state.delete(old.map((past) => past.key));
}

export function hasMark(marks: ReadonlyMap<string, readonly Mark[]>, name: string, mark: string): boolean {
  return marks.get(name)?.some((one) => one.mark === mark) ?? false;
}
