import { givenSnapshot } from "../../shared/adapters/memory/clusterPlaces.ts";
import type { SnapshotOutcome } from "../../shared/adapters/memory/clusterState.ts";
import { slotOf } from "../../shared/model/slot.ts";
import { stateKey } from "../../shared/state/keys.ts";
import { pressButtons } from "./byHand.ts";
import { blobWritten, everyMinute, pruneTimer, slotTimer } from "./deliveries.ts";
import { type FixtureStep, fixtureStep } from "./fixture.ts";
import { type Random, seededRandom } from "./random.ts";
import {
  AWS,
  BACKUPS,
  BACKUPS_LOCATION,
  HOUR_MS,
  MINUTE_MS,
  MOVED,
  MOVED_LOCATION,
  type Parts,
  type Play,
  POLICY,
  type Scenario,
  simConfig,
} from "./scenario.ts";

const START_MS = Date.parse("2026-11-21T00:55:00Z");
const FAULTS_END_MS = Date.parse("2026-11-21T10:55:00Z");
const END_MS = Date.parse("2026-11-21T16:55:00Z");
const QUIET_SLOTS = ["2026-11-21T13:00:00Z", "2026-11-21T15:00:00Z"].map((time) => Date.parse(time));
const STEPS = ["es-5.5.2-migration/step1", "es-5.5.2-migration/step2"];
const INDEX = "fx-orders";

/** Five slots with every possible event beside them, then a quiet afternoon. */
export function daysScenario(seed: string): Scenario {
  const random = seededRandom(`${seed}/days`);
  const way = random.pick(["copy", "outside", "none"] as const);
  const parts: Parts = { backups: way === "none" || random.chance(0.7), copy: way === "copy", outside: way === "outside" };
  return {
    name: `backups ${parts.backups ? "on" : "off"}, ${way}`,
    config: simConfig(parts, INDEX),
    sourceVersion: random.pick(["5.5.3", "6.7.0", "7.10.2"]),
    targetVersion: random.pick(["5.5.3", "6.7.0"]),
    workMinutesMax: 9,
    pageKeys: random.pick([5, 20, 1000]),
    startMs: START_MS,
    faultsEndMs: FAULTS_END_MS,
    endMs: END_MS,
    quietSlots: parts.backups ? QUIET_SLOTS.map((ms) => slotOf(new Date(ms))) : [],
    steps: STEPS,
    index: INDEX,
    outcome: (drawn, nowMs) => (nowMs >= FAULTS_END_MS ? { state: "SUCCESS" } : outcomeOf(drawn)),
    begin: (play) => begin(play, parts),
  };
}

function outcomeOf(random: Random): SnapshotOutcome {
  if (random.chance(0.65)) return { state: "SUCCESS" };
  return random.pick<SnapshotOutcome>([{ state: "PARTIAL", failedIndex: "movies" }, { state: "FAILED" }, "noTrace"]);
}

async function begin(play: Play, parts: Parts): Promise<void> {
  everyMinute(play, START_MS, END_MS, FAULTS_END_MS);
  if (parts.backups) await beginBackups(play);
  const steps = await Promise.all(STEPS.map(fixtureStep));
  if (play.random.chance(0.15)) loseState(play);
  if (parts.copy || parts.outside) offer(play, steps.at(-1) as FixtureStep);
  if (parts.copy) await beginSource(play, steps);
  if (parts.outside) beginOutside(play, steps);
  pressButtons(play, { fromMs: START_MS, untilMs: FAULTS_END_MS }, parts);
}

async function beginBackups(play: Play): Promise<void> {
  const { stage, kernel, random } = play;
  stage.source.putIndex("movies", { documents: 3 });
  stage.source.putIndex("movies-old", { documents: 2 });
  stage.source.putIndex("series", { documents: 1 });
  for (const key of ["index-7", "snap-x.dat"]) await stage.bare(BACKUPS).put(key, Buffer.from("a cluster wrote this"));
  const first = Date.parse("2026-11-21T01:00:00Z");
  const slots = [...Array.from({ length: 5 }, (_, number) => first + number * 2 * HOUR_MS), ...QUIET_SLOTS];
  for (const slotMs of slots) {
    slotTimer(play, slotMs);
    pruneTimer(play, slotMs + 110 * MINUTE_MS);
    if (random.chance(0.3))
      kernel.at(slotMs + 110 * MINUTE_MS + random.between(0, 12_000), "another writer replaces a snapshot", () => takeAnew(play));
    if (random.chance(0.2)) foreignSnapshot(play, slotMs + random.between(0, 15 * MINUTE_MS));
  }
  if (random.chance(0.5))
    kernel.at(first + random.between(0, 8 * HOUR_MS), "index movies-new appears", () => stage.source.putIndex("movies-new"));
  if (random.chance(0.3))
    kernel.at(first + random.between(0, 8 * HOUR_MS), "index movies-old is deleted", () =>
      stage.source.deleteIndex("movies-old").catch(() => undefined),
    );
  if (random.chance(0.6)) kernel.at(first + random.between(3 * HOUR_MS, 8 * HOUR_MS), "a snapshot is pinned", () => pin(play));
}

/** Another writer deletes a snapshot and takes a new one under its name. */
function takeAnew({ stage, random }: Play): void {
  const there = stage.places.at(BACKUPS_LOCATION);
  const good = there.filter(({ name, state }) => state === "SUCCESS" && name.startsWith(POLICY));
  const chosen = good.length > 2 ? random.pick(good.slice(0, -2)) : undefined;
  if (chosen) chosen.uuid = `anew-${chosen.uuid}`;
}

/** Another tool takes its own snapshot into the same repository, if the cluster allows it. */
function foreignSnapshot({ stage, kernel }: Play, atMs: number): void {
  kernel.at(atMs, "another tool takes a snapshot", async () => {
    const name = `slm-${kernel.nowMs()}`;
    await stage.source.createSnapshot("backups", name, { indices: ["series"], metadata: {} }).catch(() => undefined);
  });
}

/** The state's identity is missing for a while, as in a bucket that was emptied and refilled. */
function loseState({ stage, kernel, random }: Play): void {
  const isIdentity = (key: string) => key === stateKey.identity || key.startsWith(stateKey.marker(""));
  kernel.at(START_MS + random.between(20, 500) * MINUTE_MS, "the state's identity is lost", () => {
    const lost = [...stage.state].filter(([key]) => isIdentity(key));
    for (const [key] of lost) stage.state.delete(key);
    kernel.at(kernel.nowMs() + 12 * MINUTE_MS, "the state's identity is restored", () => {
      for (const [key, blob] of lost) stage.state.set(key, blob);
    });
  });
}

async function pin({ stage, random }: Play): Promise<void> {
  const good = stage.places.at(BACKUPS_LOCATION).filter(({ state }) => state === "SUCCESS");
  const chosen = good.length > 0 ? random.pick(good) : undefined;
  if (chosen) await stage.bare(stage.config.state).put(`${stateKey.pins("backups")}${chosen.uuid}.json`, Buffer.from("{}"));
}

/** Makes snapshots restorable on the target, with the same uuids as in the blobs. */
function offer({ stage }: Play, { snapshots }: FixtureStep): void {
  const settings = { "routing.allocation.require.box_type": "hot", "blocks.write": "true" };
  for (const { name, uuid, startTime, documents } of snapshots) {
    const held = { documents: documents[INDEX] ?? 0, shards: 2, settings };
    stage.places.at(MOVED_LOCATION).push(givenSnapshot({ name, uuid, version: "5.5.2", startTime, indices: { [INDEX]: held } }));
  }
}

/** The source of a copy changes: a cluster there writes a second snapshot and deletes the old root. */
async function beginSource({ stage, kernel, random }: Play, [first, second]: FixtureStep[]): Promise<void> {
  const write = async (step: FixtureStep | undefined, except = "") => {
    for (const [key, bytes] of step?.blobs ?? []) if (key !== except) await stage.bare(AWS).put(key, bytes);
  };
  await write(first);
  kernel.at(
    START_MS + random.between(15, random.pick([60, 400])) * MINUTE_MS,
    "the source's cluster writes its second snapshot",
    async () => {
      await write(second, second?.rootKey);
      await stage.bare(AWS).put(second?.rootKey ?? "", second?.blobs.get(second.rootKey) ?? new Uint8Array());
      await stage.bare(AWS).delete([first?.rootKey ?? ""]);
    },
  );
}

/** Another tool copies the blobs in any order, possibly the root first. */
function beginOutside(play: Play, steps: FixtureStep[]): void {
  const { stage, kernel, random } = play;
  steps.forEach((step, number) => {
    const from = START_MS + (number === 0 ? 10 : random.between(14, random.pick([25, 400]))) * MINUTE_MS;
    for (const [key, bytes] of step.blobs) {
      if (number > 0 && steps[number - 1]?.blobs.has(key) && key !== "index.latest") continue;
      kernel.at(from + random.between(0, 15 * MINUTE_MS), "", async () => {
        await stage.bare(MOVED).put(key, bytes);
        blobWritten(play, key);
      });
    }
  });
}
