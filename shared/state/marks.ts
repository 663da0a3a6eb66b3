import type { BlobStore } from "../model/blobStore.ts";
import type { StateClock } from "./identity.ts";
import { stateKey } from "./keys.ts";
import type { Mark } from "./liveView.ts";
import { writeObject } from "./objects.ts";

/** Enough to recognize recent work; older marks only lengthen listings. */
const MARKS_KEPT = 6;

/** Records a mark, with what it stands for, under a prefix and removes the oldest of its kind, so that many roots do not displace the one slot. */
export async function recordMark(
  world: { state: BlobStore; clock: StateClock },
  marks: Map<string, Mark[]>,
  { name, prefix, mark, value = {} }: { name: string; prefix: string; mark: string; value?: object },
): Promise<void> {
  const known = marks.get(name) ?? [];
  if (known.some((one) => one.mark === mark)) return;
  const key = stateKey.mark(prefix, world.clock.now(), mark);
  await writeObject(world.state, key, value);
  const all = [...known, { mark, key }];
  const old = all.filter((one) => kindOf(one.mark) === kindOf(mark)).slice(0, -MARKS_KEPT);
  marks.set(
    name,
    all.filter((one) => !old.includes(one)),
  );
  if (old.length > 0) await world.state.delete(old.map((past) => past.key));
}

/** Successes and slots have a prefix, roots start with their generation; anything else is a snapshot's uuid. */
function kindOf(mark: string): string {
  return /^(after|slot)-/.exec(mark)?.[1] ?? (/^-?\d+-/.test(mark) ? "root" : "uuid");
}

export function hasMark(marks: ReadonlyMap<string, readonly Mark[]>, name: string, mark: string): boolean {
  return marks.get(name)?.some((one) => one.mark === mark) ?? false;
}
