import type { MemorySnapshot } from "../../../shared/adapters/memory/clusterPlaces.ts";
import { snapshotName } from "../../../shared/model/snapshotName.ts";
import { stateKey } from "../../../shared/state/keys.ts";
import { PRUNE_AFTER_MS } from "../calendar.ts";
import { BACKUPS_LOCATION, HOUR_MS, MINUTE_MS, POLICY } from "../names.ts";
import type { Play } from "../scenario.ts";
import { keepsMetadata, markOf, ownGood } from "../world/history.ts";

/** What people and other tools do to the cluster that is backed up. */
export function peopleAtSource(play: Play, slots: readonly number[], freeMs: number): void {
  const { kernel, random } = play;
  for (const slotMs of slots) {
    const pruneMs = slotMs + PRUNE_AFTER_MS;
    const around = (ms: number, spreadMs: number) => ms + random.between(0, spreadMs);
    if (random.chance(0.3)) kernel.at(around(pruneMs, 12_000), "another writer replaces a snapshot", () => takeAnew(play));
    if (random.chance(0.2)) foreignSnapshot(play, around(slotMs, 15 * MINUTE_MS));
    if (random.chance(0.4)) foreignSnapshot(play, around(pruneMs - 2 * MINUTE_MS, 3 * MINUTE_MS));
    if (random.chance(0.3)) kernel.at(around(pruneMs, 10 * MINUTE_MS), "a snapshot is pinned", () => pin(play));
    if (random.chance(0.4)) kernel.at(around(pruneMs, 10 * MINUTE_MS), "a person deletes a snapshot", () => deleteByHand(play));
    if (random.chance(0.3)) kernel.at(around(pruneMs, 10 * MINUTE_MS), "a person changes what is kept", () => changeKeep(play));
    if (random.chance(0.15)) kernel.at(slotMs - MINUTE_MS, "a person takes the slot's name", () => takeName(play, slotMs));
  }
  const [first = 0] = slots;
  const sometime = (fromHours: number) => first + random.between(fromHours * HOUR_MS, freeMs - first);
  if (random.chance(0.5)) kernel.at(sometime(0), "index movies-new appears", () => play.stage.source.putIndex("movies-new"));
  const fate = random.pick(["stays", "is deleted", "is closed"] as const);
  if (fate !== "stays")
    kernel.at(sometime(0), `index movies-old ${fate}`, () =>
      fate === "is closed"
        ? play.stage.source.closeIndex("movies-old")
        : play.stage.source.deleteIndex("movies-old").catch(() => undefined),
    );
  if (random.chance(0.6)) kernel.at(sometime(3), "a snapshot is pinned", () => pin(play));
  if (random.chance(0.4)) kernel.at(sometime(0), "a person copies one of our names", () => copyName(play));
}

/** Another writer deletes a snapshot and takes a new one under its name. */
function takeAnew(play: Play): void {
  const good = ownGood(play.stage);
  const chosen = good.length > 2 ? play.random.pick(good.slice(0, -2)) : undefined;
  if (!chosen) return;
  chosen.uuid = `anew-${chosen.uuid}`;
  play.stage.people.deletedMs = play.kernel.nowMs();
}

/** Another tool takes its own snapshot into the same repository, if the cluster allows it. */
function foreignSnapshot({ stage, kernel }: Play, atMs: number): void {
  kernel.at(atMs, "another tool takes a snapshot", async () => {
    const name = `slm-${kernel.nowMs()}`;
    await stage.source.createSnapshot("backups", name, { indices: ["series"], metadata: {} }).catch(() => undefined);
  });
}

export async function pin({ stage, random }: Play): Promise<void> {
  const good = stage.places.at(BACKUPS_LOCATION).filter(({ state }) => state === "SUCCESS");
  const chosen = good.length > 0 ? random.pick(good) : undefined;
  if (chosen) await stage.bare(stage.config.state).put(`${stateKey.pins("backups")}${chosen.uuid}.json`, Buffer.from("{}"));
}

/** Deletes a snapshot, often one of two that hold an index which nothing else holds. */
export function deleteByHand({ stage, random, kernel }: Play): void {
  const there = stage.places.at(BACKUPS_LOCATION);
  const good = ownGood(stage);
  const rare = good.filter(({ indices }) => indices.some((index) => good.filter((other) => other.indices.includes(index)).length === 2));
  const chosen = rare.length > 0 && random.chance(0.6) ? random.pick(rare) : good.length > 3 ? random.pick(good) : undefined;
  if (!chosen) return;
  there.splice(there.indexOf(chosen), 1);
  stage.people.deletedMs = kernel.nowMs();
}

/** Keeps many more, or fewer. */
function changeKeep({ stage, random }: Play): void {
  const { backups } = stage.config;
  const policy = backups[POLICY];
  if (!policy) return;
  const keep = { ...policy.keep, last: random.pick([1, 3, 8, 30]) };
  stage.config = { ...stage.config, backups: { ...backups, [POLICY]: { ...policy, keep } } };
}

/** A snapshot by hand under the name that the slot's first attempt will use, with other indices or the same. */
async function takeName({ stage, random }: Play, slotMs: number): Promise<void> {
  const name = snapshotName({ policy: POLICY, slot: slotAt(slotMs), attempt: 1, mark: await markOf(stage) });
  const { version } = await stage.source.info();
  const same = (await stage.source.listIndices()).filter((index) => index.name.startsWith("movies") && index.state === "open");
  const indices = random.chance(0.6) ? ["series"] : same.map((index) => index.name);
  try {
    await stage.source.createSnapshot("backups", name, { indices, metadata: {} });
    if (await stage.source.getSnapshot("backups", name)) stage.people[keepsMetadata(version) ? "copiedNames" : "takenNames"].add(name);
  } catch {
    // The repository is not registered yet, or the cluster is busy.
  }
}

/**
 * A snapshot of a person, named like one of ours. From 7.3 on only the metadata tells them apart; before, one with the mark of this cluster
 * cannot be told from ours, and the person's comes from another cluster.
 */
async function copyName(play: Play): Promise<void> {
  const { stage, random } = play;
  const [model] = ownGood(stage);
  if (!model) return;
  const { version } = await stage.source.info();
  const slotMs = random.pick([Date.parse("2031-01-01T00:00:00Z"), play.kernel.nowMs() - random.between(1, 40) * HOUR_MS - 1000]);
  const name = snapshotName({
    policy: POLICY,
    slot: slotAt(slotMs),
    attempt: 1,
    mark: keepsMetadata(version) ? await markOf(stage) : "0f0f0",
  });
  stage.people.copiedNames.add(name);
  const copy: MemorySnapshot = { ...model, name, uuid: `person-${slotMs}`, metadata: undefined, startTime: new Date(slotMs) };
  stage.places.at(BACKUPS_LOCATION).push(copy);
}

const slotAt = (ms: number) => new Date(ms).toISOString().replace(/\.\d+/, "").replace(/[-:]/g, "").toLowerCase();
