import type { SnapshotOutcome } from "../../shared/adapters/memory/clusterState.ts";
import type { KeepRules } from "../../shared/model/config.ts";
import { slotOf } from "../../shared/model/slot.ts";
import { stateKey } from "../../shared/state/keys.ts";
import { type WrittenStep, writtenStep } from "./account/written.ts";
import { type Calendar, drawCalendar, PRUNE_AFTER_MS } from "./calendar.ts";
import { everyMinute, pruneTimer, slotTimer } from "./deliveries.ts";
import { DAY_MS, MINUTE_MS } from "./names.ts";
import { pressButtons } from "./people/buttons.ts";
import { peopleAtSource } from "./people/source.ts";
import { peopleAtTarget } from "./people/target.ts";
import { type Random, seededRandom } from "./random.ts";
import { type Parts, type Play, type Scenario, simConfig } from "./scenario.ts";
import { beginOutside, beginSource } from "./world/copied.ts";
import { beginBucket, givenHistory } from "./world/history.ts";

const KEEPS: readonly KeepRules[] = [
  { last: 2, hourly: 2, atLeast: 1 },
  { last: 1, daily: 3, withinMs: 2 * DAY_MS, atLeast: 2 },
  { withinMs: 12 * DAY_MS, weekly: 2, lastOfIndex: "never", atLeast: 1 },
  { last: 1, weekly: 2, monthly: 2, lastOfIndex: 3 * DAY_MS, atLeast: 3 },
  { withinMs: DAY_MS, hourly: 3, daily: 2, yearly: 2, lastOfIndex: 60 * DAY_MS, atLeast: 1 },
];
/** A source whose clock showed a year later when it took the last snapshot of the first step. */
const AHEAD_MS = 400 * DAY_MS;

/** The repository that is copied: one that only grew, or one whose names were used again. */
function drawSteps(random: Random): { steps: WrittenStep[]; index: string } {
  if (random.chance(0.4)) return { steps: ["step1", "step2"].map((step) => writtenStep(`es-5.5.2-migration/${step}`)), index: "fx-orders" };
  const name = "es-5.5.3-reused-names";
  const last = writtenStep(`${name}/step1`).snapshots.at(-1);
  const clockAt = random.chance(0.3) && last ? { [last.uuid]: last.startTime.getTime() + AHEAD_MS } : {};
  return { steps: ["step1", "step2"].map((step) => writtenStep(`${name}/${step}`, clockAt)), index: "movies" };
}

/** Five slots with every possible event beside them, then a quiet afternoon. */
export function daysScenario(seed: string): Scenario {
  const random = seededRandom(`${seed}/days`);
  const way = random.pick(["copy", "outside", "none"] as const);
  const parts: Parts = { backups: way === "none" || random.chance(0.7), copy: way === "copy", outside: way === "outside" };
  const calendar = drawCalendar(random);
  const drawn = drawSteps(random);
  const sourceVersion = random.pick(["5.5.3", "6.7.0", "7.10.2", "8.17.0"]);
  const { startMs, faultsEndMs, endMs, quietSlots, timeZone } = calendar;
  return {
    name: `${timeZone}, backups ${parts.backups ? "on" : "off"}, ${way}`,
    config: simConfig(parts, {
      ...calendar,
      index: drawn.index,
      copied: random.fork("copied").pick(["all", "latest"] as const),
      keep: random.pick(KEEPS),
      prune: { atMost: random.pick([1, 2, 4]), atMostPercent: random.pick([15, 60]) },
      replicas: random.pick([0, 1]),
    }),
    sourceVersion,
    targetVersion: random.pick(["5.5.3", "6.7.0"]),
    workMinutesMax: 9,
    pageKeys: random.pick([5, 20, 1000]),
    startMs,
    faultsEndMs,
    endMs,
    slots: calendar.due.map((ms) => slotOf(new Date(ms))),
    quietSlots: parts.backups ? quietSlots.map((ms) => slotOf(new Date(ms))) : [],
    ...drawn,
    outcome: (outcomes, nowMs) => (nowMs >= faultsEndMs ? { state: "SUCCESS" } : outcomeOf(outcomes)),
    begin: (play) => begin(play, parts, { calendar, sourceVersion }),
  };
}

function outcomeOf(random: Random): SnapshotOutcome {
  if (random.chance(0.65)) return { state: "SUCCESS" };
  return random.pick<SnapshotOutcome>([{ state: "PARTIAL", failedIndex: "movies" }, { state: "FAILED" }, "noTrace"]);
}

async function begin(play: Play, parts: Parts, { calendar, sourceVersion }: { calendar: Calendar; sourceVersion: string }): Promise<void> {
  const { startMs, faultsEndMs, endMs } = calendar;
  everyMinute(play, startMs, endMs, faultsEndMs);
  if (parts.backups) await beginBackups(play, calendar, sourceVersion);
  if (play.random.chance(0.15)) loseState(play, startMs);
  if (parts.copy) await beginSource(play, startMs);
  if (parts.outside) beginOutside(play, startMs);
  if (parts.copy || parts.outside) peopleAtTarget(play, { fromMs: startMs, untilMs: faultsEndMs });
  pressButtons(play, { fromMs: startMs, untilMs: faultsEndMs }, parts);
}

async function beginBackups(play: Play, { slots, quietSlots, startMs, faultsEndMs }: Calendar, version: string): Promise<void> {
  const { stage } = play;
  stage.source.putIndex("movies", { documents: 3 });
  stage.source.putIndex("movies-old", { documents: 2 });
  stage.source.putIndex("series", { documents: 1 });
  await beginBucket(play);
  await givenHistory(play, version, startMs);
  for (const slotMs of [...slots, ...quietSlots]) {
    slotTimer(play, slotMs);
    pruneTimer(play, slotMs + PRUNE_AFTER_MS);
  }
  peopleAtSource(play, slots, faultsEndMs);
}

/** The state's identity is missing for a while, as in a bucket that was emptied and refilled. */
function loseState({ stage, kernel, random }: Play, startMs: number): void {
  const isIdentity = (key: string) => key === stateKey.identity || key.startsWith(stateKey.marker(""));
  kernel.at(startMs + random.between(20, 500) * MINUTE_MS, "the state's identity is lost", () => {
    const lost = [...stage.state].filter(([key]) => isIdentity(key));
    for (const [key] of lost) stage.state.delete(key);
    kernel.at(kernel.nowMs() + 12 * MINUTE_MS, "the state's identity is restored", () => {
      for (const [key, blob] of lost) stage.state.set(key, blob);
    });
  });
}
