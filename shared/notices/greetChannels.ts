import type { World } from "../jobs/world.ts";
import { forEachBounded, READS_AT_ONCE } from "../model/forEachBounded.ts";
import { shortHash } from "../model/hash.ts";
import { stateKey } from "../state/keys.ts";
import type { LiveView } from "../state/liveView.ts";
import { writeObject, writeObjectOnce } from "../state/objects.ts";
import { type Entry, isReported, readEntry } from "./decided.ts";
import { channelMark, readFact } from "./generations.ts";
import { writeHearing } from "./heard.ts";
import { noticeText } from "./noticeText.ts";

/**
 * Stores the open notices for a channel that was not there when they began; the next ticks deliver them like any other. Costs nothing while the
 * channels stay the same.
 */
export async function greetChannels(world: World, live: LiveView): Promise<void> {
  const names = world.notifiers.map(({ name }) => name);
  const newcomers = names.filter((name) => !live.channels.has(channelMark(name)));
  if (newcomers.length > 0) await greet(world, live, newcomers);
  for (const name of newcomers) await writeObject(world.state, stateKey.channel(channelMark(name)), {});
  // One that comes back is told what began while it was away.
  const marks = names.map(channelMark);
  const gone = [...live.channels].filter((mark) => !marks.includes(mark));
  if (gone.length > 0) await world.state.delete(gone.map(stateKey.channel));
}

async function greet(world: World, live: LiveView, newcomers: readonly string[]): Promise<void> {
  // What is still to be delivered is delivered to every channel of now.
  const pending = await decidedSubjects(world, live);
  for (const [key, generation] of live.notices) {
    const subject = shortHash(8, key);
    if (pending.has(subject)) continue;
    const fact = await readFact(world, stateKey.notice(key, generation));
    // Records of earlier versions name no channels: whom they were told to is unknown, and nobody hears of them twice.
    if (fact?.channels === undefined) continue;
    const heard = new Set(fact.channels);
    const channels = newcomers.filter((name) => !heard.has(channelMark(name)));
    if (channels.length === 0) continue;
    const { since, code, severity, reason } = fact;
    const notice = { key, code, severity, reason, status: "firing" as const, since, at: since, text: await noticeText(key, reason) };
    const accepted = world.notifiers.flatMap(({ name }) => (channels.includes(name) ? [] : name));
    const id = stateKey.unsentId(new Date(since), subject, "firing", shortHash(4, ...channels));
    await writeObjectOnce(world.state, stateKey.unsent(id, 0), { notice, channels, accepted, heard: fact.channels } satisfies Entry);
    await writeHearing(world, key, { generation, fact }, { heard: channels });
  }
}

/** Facts of which a notice is still to be delivered; what nobody decided, or another one did, never is. */
async function decidedSubjects(world: World, { unsent }: LiveView): Promise<Set<string>> {
  const found = new Set<string>();
  await forEachBounded(unsent, READS_AT_ONCE, async ({ subject, keys }) => {
    const { value: entry } = await readEntry(world, keys.at(-1) ?? "");
    if (entry && (await isReported(world, entry))) found.add(subject);
  });
  return found;
}
