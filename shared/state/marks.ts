import type { BlobStore } from "../model/blobStore.ts";
import type { StateClock } from "./identity.ts";
import { stateKey } from "./keys.ts";
import type { Mark } from "./liveView.ts";
import { writeObject } from "./objects.ts";

/** Enough to know what was dealt with lately; older marks only make listings longer. */
const MARKS_KEPT = 6;

/** Remembers a mark under a prefix and forgets the oldest ones of its kind: many roots must not push out the one slot. */
export async function rememberMark(
  world: { state: BlobStore; clock: StateClock },
  marks: Map<string, Mark[]>,
  { name, prefix, mark }: { name: string; prefix: string; mark: string },
): Promise<void> {
  const known = marks.get(name) ?? [];
  if (known.some((one) => one.mark === mark)) return;
  const key = stateKey.mark(prefix, world.clock.now(), mark);
  await writeObject(world.state, key, {});
  const all = [...known, { mark, key }];
  const old = all.filter((one) => kindOf(one.mark) === kindOf(mark)).slice(0, -MARKS_KEPT);
  marks.set(
    name,
    all.filter((one) => !old.includes(one)),
  );
  if (old.length > 0) await world.state.delete(old.map((past) => past.key));
}

/** A success and a slot say so in front, a root begins with its generation; what is left is a snapshot's uuid. */
function kindOf(mark: string): string {
  return /^(after|slot)-/.exec(mark)?.[1] ?? (/^-?\d+-/.test(mark) ? "root" : "uuid");
}

export function hasMark(marks: ReadonlyMap<string, readonly Mark[]>, name: string, mark: string): boolean {
  return marks.get(name)?.some((one) => one.mark === mark) ?? false;
}
