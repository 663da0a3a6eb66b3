import { givenSnapshot } from "../../../shared/adapters/memory/clusterPlaces.ts";
import { listedIn, type WrittenStep } from "../account/written.ts";
import { blobWritten } from "../deliveries.ts";
import { AWS, HOUR_MS, MINUTE_MS, MOVED, MOVED_LOCATION } from "../names.ts";
import { flipped } from "../people/target.ts";
import type { Play, Scenario } from "../scenario.ts";

/** The target sees what the highest root of the copied repository lists; a root that anyone writes there raises its event. */
export function followMoved(play: Play, { index, steps }: Pick<Scenario, "index" | "steps">): void {
  const { stage, kernel, account } = play;
  const settings = { "routing.allocation.require.box_type": "hot", "blocks.write": "true" };
  const known = new Map(
    steps.flatMap(({ snapshots }) =>
      snapshots.map(({ name, uuid, startTime, documents }) => {
        const held = { documents: documents[index] ?? 0, shards: index === "fx-orders" ? 2 : 1, settings };
        return [uuid, givenSnapshot({ name, uuid, version: "5.5.2", startTime, indices: { [index]: held } })] as const;
      }),
    ),
  );
  stage.movedChanged = (keys) => {
    account.refresh(kernel.nowMs());
    const roots = keys.filter((key) => /^index-\d+$/.test(key));
    if (roots.length === 0) return;
    const listed = account.listed().flatMap(({ uuid }) => known.get(uuid) ?? []);
    const place = stage.places.at(MOVED_LOCATION);
    place.splice(0, place.length, ...listed);
    for (const key of roots) if (stage.buckets.get(MOVED.bucket)?.has(`${MOVED.basePath}/${key}`)) blobWritten(play, key);
  };
}

/** The source of a copy changes under it: a cluster deletes a snapshot, writes another over several minutes, and then deletes the old root. */
export async function beginSource(play: Play, startMs: number): Promise<void> {
  const { stage, kernel, random } = play;
  const [first, second] = play.steps as [WrittenStep, WrittenStep];
  const store = stage.bare(AWS);
  for (const [key, bytes] of first.blobs) await store.put(key, bytes);
  if (random.chance(0.5)) await rotAtSource(play, [first, second], startMs + random.between(60, 200) * MINUTE_MS);
  const changesMs = startMs + random.between(15, random.pick([60, 400])) * MINUTE_MS;
  const gone = [...first.blobs.keys()].filter((key) => !second.blobs.has(key) && key !== first.rootKey);
  kernel.at(changesMs, "the source's cluster deletes what the next root lacks", async () => {
    const between = rootBetween(first, second);
    if (between) await store.put(between.key, between.bytes);
    await store.delete(gone);
  });
  const endMs = changesMs + random.between(1, 6) * MINUTE_MS;
  const isNew = ([key, bytes]: [string, Uint8Array]) => Buffer.compare(first.blobs.get(key) ?? new Uint8Array(), bytes) !== 0;
  for (const [key, bytes] of [...second.blobs].filter(isNew))
    if (key !== second.rootKey) kernel.at(changesMs + random.between(0, endMs - changesMs), "", () => store.put(key, bytes));
  kernel.at(endMs, "the source's cluster writes its root", async () => {
    await store.put(second.rootKey, second.blobs.get(second.rootKey) as Uint8Array);
    await store.delete([first.rootKey, ...(rootBetween(first, second) ? [rootBetween(first, second)?.key ?? ""] : [])]);
  });
}

/** The root after a deletion and before the next snapshot. */
function rootBetween(first: WrittenStep, second: WrittenStep): { key: string; bytes: Uint8Array } | undefined {
  const root = JSON.parse(new TextDecoder().decode(first.blobs.get(first.rootKey)));
  const stay = new Set(listedIn(second.blobs.get(second.rootKey)).map(({ uuid }) => uuid));
  const snapshots = root.snapshots.filter(({ uuid }: { uuid: string }) => stay.has(uuid));
  if (snapshots.length === root.snapshots.length) return undefined;
  for (const entry of Object.values<{ snapshots: string[] }>(root.indices))
    entry.snapshots = entry.snapshots.filter((uuid) => stay.has(uuid));
  const key = `index-${Number(first.rootKey.slice("index-".length)) + 1}`;
  return { key, bytes: Buffer.from(JSON.stringify({ ...root, snapshots })) };
}

/** A blob at the source that was damaged before we came, until somebody brings the right one back. */
async function rotAtSource({ stage, kernel, random }: Play, [first, second]: WrittenStep[], untilMs: number): Promise<void> {
  const store = stage.bare(AWS);
  // Any other would be written anew before long.
  const stays = ([key, bytes]: [string, Uint8Array]) => Buffer.compare(second?.blobs.get(key) ?? new Uint8Array(), bytes) === 0;
  const data = [...(first?.blobs ?? [])].filter((entry) => entry[0].includes("/__") && stays(entry));
  const [key, bytes] = random.pick(data);
  const rotten = flipped(bytes);
  await store.put(key, rotten);
  stage.people.rotten = true;
  kernel.at(untilMs, "the damaged blob at the source is replaced", async () => {
    const there = await store.get(key);
    if (there && Buffer.compare(there, rotten) === 0) await store.put(key, bytes);
  });
}

/**
 * Another tool copies the blobs in any order, possibly the root first. It may compare sizes only, of all blobs or of large files, and bring
 * what it left out when somebody notices.
 */
export function beginOutside(play: Play, startMs: number): void {
  const { stage, kernel, random, steps } = play;
  const leftOut = random.pick(["nothing", "same size", "parts"] as const);
  const bring = (atMs: number, key: string, bytes: Uint8Array) => kernel.at(atMs, "", () => stage.bare(MOVED).put(key, bytes));
  steps.forEach((step, number) => {
    const fromMs = startMs + (number === 0 ? 10 : random.between(14, random.pick([25, 400]))) * MINUTE_MS;
    const before = steps[number - 1]?.blobs;
    for (const [key, bytes] of step.blobs) {
      const old = before?.get(key);
      if (old && Buffer.compare(old, bytes) === 0) continue;
      const atMs = fromMs + random.between(0, 15 * MINUTE_MS);
      const isSameSize = old?.byteLength === bytes.byteLength && key !== "index.latest";
      const isLeftOut = isSameSize && (leftOut === "same size" || (leftOut === "parts" && key.includes(".part")));
      bring(isLeftOut ? atMs + 2 * HOUR_MS : atMs, key, bytes);
    }
  });
}
