import type { World } from "../jobs/world.ts";
import { forEachBounded, READS_AT_ONCE } from "../model/forEachBounded.ts";
import { shortHash } from "../model/hash.ts";
import { stateKey } from "../state/keys.ts";
import type { LiveView } from "../state/liveView.ts";
import { writeObject, writeObjectOnce } from "../state/objects.ts";
import { type Entry, isReported, readEntry } from "./decided.ts";
import { channelsOf, readFact } from "./generations.ts";
import { noticeText } from "./noticeText.ts";

/**
 * Stores the open notices for a channel that was not there when they began; the next ticks deliver them like any other. Costs nothing while the
 * channels stay the same.
 */
export async function greetChannels(world: World, live: LiveView): Promise<void> {
  const marks = channelsOf(world.notifiers);
  const isNew = marks.some((mark) => !live.channels.has(mark));
  // What is still to be delivered is delivered to every channel of now.
  const pending = isNew ? await decidedSubjects(world, live) : new Set();
  for (const [at, mark] of marks.entries()) {
    if (live.channels.has(mark)) continue;
    const channel = world.notifiers[at]?.name ?? "";
    const others = world.notifiers.map(({ name }) => name).filter((name) => name !== channel);
    for (const [key, generation] of live.notices) {
      const subject = shortHash(8, key);
      if (pending.has(subject)) continue;
      const open = await readFact(world, stateKey.notice(key, generation));
      // Records of earlier versions name no channels: whom they were told to is unknown, and nobody hears of them twice.
      if (open?.channels === undefined || open.channels.includes(mark)) continue;
      const { since, code, severity, reason } = open;
      const notice = { key, code, severity, reason, status: "firing" as const, since, at: since, text: noticeText(key, reason) };
      const id = stateKey.unsentId(new Date(since), subject, "firing", shortHash(4, channel));
      await writeObjectOnce(world.state, stateKey.unsent(id, 0), { notice, channels: [channel], accepted: others } satisfies Entry);
    }
    await writeObject(world.state, stateKey.channel(mark), {});
  }
  // One that comes back is told again what began while it was away.
  const gone = [...live.channels].filter((mark) => !marks.includes(mark));
  if (gone.length > 0) await world.state.delete(gone.map(stateKey.channel));
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
