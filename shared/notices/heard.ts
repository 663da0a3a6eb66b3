import type { World } from "../jobs/world.ts";
import { stateKey } from "../state/keys.ts";
import { writeObject } from "../state/objects.ts";
import type { Entry } from "./decided.ts";
import { channelMark, isUnreadable, type Open, readOpen, recordsOf } from "./generations.ts";

/** Names of channels that heard of an open fact after it began, and of those that left before they did. */
export interface Hearing {
  heard?: readonly string[];
  gone?: readonly string[];
}

/** Notes with the open fact that a notice is about who heard of it, so that a channel that leaves and comes back is told what it missed, once. */
export async function noteHearing(world: World, { key, since }: Entry["notice"], hearing: Hearing): Promise<void> {
  const open = await readOpen(world, key);
  if (open?.fact.since === since) await writeHearing(world, key, open, hearing);
}

/** The same for a fact that was just read. */
export async function writeHearing(world: World, key: string, open: Open, { heard = [], gone = [] }: Hearing): Promise<void> {
  const { channels: before } = open.fact;
  // Records of earlier versions name no channels.
  if (before === undefined || isUnreadable(open.fact)) return;
  const channels = new Set(before);
  for (const name of gone) channels.delete(channelMark(name));
  for (const name of heard) channels.add(channelMark(name));
  if (channels.size === before.length && before.every((mark) => channels.has(mark))) return;
  const object = stateKey.notice(key, open.generation);
  await writeObject(world.state, object, { ...open.fact, channels: [...channels], ending: true });
  // Another invocation may have ended it since it was read.
  if (await world.state.head(stateKey.noticeOver(key, recordsOf(open)))) await world.state.delete([object]);
}
