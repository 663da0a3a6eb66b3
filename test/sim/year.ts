import type { SnapshotOutcome } from "../../shared/adapters/memory/clusterState.ts";
import type { BackupPolicy, KeepRules } from "../../shared/model/config.ts";
import { AppError } from "../../shared/model/errors.ts";
import { slotOf } from "../../shared/model/slot.ts";
import { applyPrune, dryPrune } from "../../shared/verbs/prune/ask.ts";
import { everyMinute, pruneTimer, slotTimer } from "./deliveries.ts";
import type { Faults } from "./faults.ts";
import { BACKUPS, DAY_MS, HOUR_MS, MINUTE_MS, POLICY } from "./names.ts";
import { deleteByHand, pin } from "./people/source.ts";
import { type Random, seededRandom } from "./random.ts";
import { type Play, type Scenario, simConfig } from "./scenario.ts";
import { beginBucket } from "./world/history.ts";

/** The first night; the year has both changes of the clocks and a leap day. */
const START_MS = Date.parse("2027-11-28T12:00:00Z");
const ZONES = ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"];
/** The times of day, in the policy's zone, that the schedule moves between. The clocks are never changed at either. */
const TIMES = ["04:30", "06:15"] as const;
const PRUNE_AFTER_MS = 110 * MINUTE_MS;
const QUIET_DAYS = 3;
/** Minute by minute around a night's work; otherwise nothing happens that a tick could miss. */
const AWAKE_MS = 4 * HOUR_MS;

const KEEPS: readonly KeepRules[] = [
  { last: 3, daily: 7, weekly: 4, monthly: 12, lastOfIndex: 30 * DAY_MS, atLeast: 2 },
  { withinMs: 10 * DAY_MS, weekly: 8, yearly: 2, lastOfIndex: "never", atLeast: 3 },
  { last: 2, daily: 14, monthly: 6, lastOfIndex: 10 * DAY_MS, atLeast: 1 },
];

interface Night {
  slotMs: number;
  /** Whether requests and deliveries fail at random. */
  rough: boolean;
}

/** From when until when a port answers nothing. */
interface Outage {
  port: string;
  fromMs: number;
  untilMs: number;
}

export interface Year {
  scenario: Scenario;
  /** The faults of its rough nights, and its outages. */
  faults(random: Faults): Faults;
}

/**
 * Every night of a year: outages of hours and days, lost timers, clocks that jump, indices that come every day and leave after weeks, people
 * who pin and delete, and a policy whose rules and time change.
 */
export function yearOf(seed: string, days: number): Year {
  const random = seededRandom(`${seed}/year`);
  const timeZone = random.pick(ZONES);
  const moves = [0.4, 0.7].map((share) => Math.floor(days * share));
  const timeOn = (day: number) => TIMES[moves.filter((move) => move <= day).length % 2] ?? TIMES[0];
  const nights = Array.from(
    { length: days },
    (_, day): Night => ({ slotMs: localTime(day, timeOn(day), timeZone), rough: day < days - QUIET_DAYS && random.chance(0.4) }),
  );
  const outages = drawOutages(random, nights.slice(0, -QUIET_DAYS));
  const keeps = [random.pick(KEEPS), ...moves.map(() => random.pick(KEEPS))];
  const faultsEndMs = nights.at(-QUIET_DAYS)?.slotMs ?? START_MS;
  const endMs = (nights.at(-1)?.slotMs ?? START_MS) + AWAKE_MS;
  const calendar = { timeZone, slotCron: cronOf(TIMES[0]), pruneCron: cronOf(TIMES[0], PRUNE_AFTER_MS), copyCron: "0 0 0 1 1 *" };
  const config = simConfig(
    { backups: true, copy: false, outside: false },
    { ...calendar, index: "movies", copied: "latest", keep: keeps[0] as KeepRules, prune: { atMost: 5, atMostPercent: 50 }, replicas: 0 },
  );
  const scenario: Scenario = {
    name: `a year in ${timeZone}`,
    config,
    sourceVersion: random.pick(["5.5.3", "7.10.2", "8.17.0"]),
    targetVersion: "6.7.0",
    workMinutesMax: 9,
    pageKeys: 1000,
    startMs: START_MS,
    faultsEndMs: faultsEndMs - AWAKE_MS,
    endMs,
    // A slot of either time may be due in the night in which the schedule moves.
    slots: nights.flatMap((_, day) => TIMES.map((time) => slotOf(new Date(localTime(day, time, timeZone))))),
    quietSlots: nights.slice(-QUIET_DAYS + 1).map(({ slotMs }) => slotOf(new Date(slotMs))),
    answeredSlots: nights.map(({ slotMs }) => slotOf(new Date(slotMs))),
    steps: [],
    index: "movies",
    outcome: (outcomes, nowMs) => (nowMs >= faultsEndMs - AWAKE_MS ? { state: "SUCCESS" } : outcomeOf(outcomes)),
    begin: (play) => begin(play, nights, { moves, keeps, timeOn, timeZone }),
  };
  return { scenario, faults: (faults) => yearFaults(faults, nights, outages) };
}

function outcomeOf(random: Random): SnapshotOutcome {
  if (random.chance(0.9)) return { state: "SUCCESS" };
  return random.pick<SnapshotOutcome>([{ state: "PARTIAL", failedIndex: "movies" }, { state: "FAILED" }, "noTrace"]);
}

/** One outage a fortnight: mostly of hours, sometimes of days, of the cluster, the state or the repository's bucket. */
function drawOutages(random: Random, nights: readonly Night[]): Outage[] {
  return nights.flatMap(({ slotMs }) => {
    if (!random.chance(1 / 14)) return [];
    const fromMs = slotMs - random.between(0, 3 * HOUR_MS);
    const port = random.pick(["cluster:source", "cluster:source", "state", `oss:${BACKUPS.bucket}`]);
    return [{ port, fromMs, untilMs: fromMs + random.between(HOUR_MS, random.pick([6 * HOUR_MS, 3 * DAY_MS])) }];
  });
}

function yearFaults(faults: Faults, nights: readonly Night[], outages: readonly Outage[]): Faults {
  const roughNow = (nowMs: number) => nights.some(({ slotMs, rough }) => rough && nowMs >= slotMs - HOUR_MS && nowMs < slotMs + AWAKE_MS);
  let nowMs = START_MS;
  return {
    ...faults,
    decide(actor, request, atMs) {
      nowMs = atMs;
      const out = outages.find(({ port, fromMs, untilMs }) => port === request.port && atMs >= fromMs && atMs < untilMs);
      if (out) {
        faults.count("outage");
        return { do: "fail", fault: "outage", error: new AppError("transient", `${request.port}: ${request.call}: outage (planted)`) };
      }
      return roughNow(atMs) ? faults.decide(actor, request, atMs) : { do: "proceed" };
    },
    strikes: (fault) => roughNow(nowMs) && faults.strikes(fault),
  };
}

interface Changes {
  moves: readonly number[];
  keeps: readonly KeepRules[];
  timeOn(day: number): string;
  timeZone: string;
}

async function begin(play: Play, nights: readonly Night[], { moves, keeps, timeOn }: Changes): Promise<void> {
  const { stage, kernel, random, platform } = play;
  await beginBucket(play);
  stage.source.putIndex("movies", { documents: 3 });
  for (const [day, { slotMs }] of nights.entries()) {
    const [fromMs, untilMs] = [slotMs - 10 * MINUTE_MS, slotMs + AWAKE_MS];
    everyMinute(play, fromMs, untilMs, untilMs);
    // The hours between: a tick each.
    for (let atMs = untilMs; atMs < (nights[day + 1]?.slotMs ?? 0) - 10 * MINUTE_MS; atMs += HOUR_MS)
      everyMinute(play, atMs, atMs + 1, atMs);
    slotTimer(play, slotMs);
    pruneTimer(play, slotMs + PRUNE_AFTER_MS);
    rollIndices(play, day, slotMs);
    if (random.chance(0.02)) kernel.at(slotMs + 3 * HOUR_MS, "a snapshot is pinned", () => pin(play));
    if (random.chance(0.02)) kernel.at(slotMs + 3 * HOUR_MS, "a person deletes a snapshot", () => deleteByHand(play));
  }
  for (const [number, day] of [0, ...moves].entries()) {
    const atMs = (nights[day]?.slotMs ?? 0) - 6 * HOUR_MS;
    if (number > 0) kernel.at(atMs, "the policy changes", () => change(play, keeps[number] as KeepRules, timeOn(day)));
    // Until a plan was applied by hand the timer prunes nothing; a person tries again until one was.
    for (const later of [1, 2, 3, 5, 8])
      kernel.at(atMs + later * DAY_MS + 2 * HOUR_MS, "", () =>
        platform.invoke("http", "apply prune", async (world) => {
          const { hash } = await dryPrune(world, POLICY);
          await applyPrune(world, POLICY, hash, { by: "person", who: "ops" });
        }),
      );
  }
}

/** An index each day, which leaves after two to five weeks. */
function rollIndices({ stage, kernel, random }: Play, day: number, slotMs: number): void {
  const name = `movies-${new Date(slotMs).toISOString().slice(0, 10).replaceAll("-", ".")}`;
  kernel.at(slotMs - 4 * HOUR_MS, "", () => stage.source.putIndex(name, { documents: 1 + (day % 7) }));
  kernel.at(slotMs + random.between(14, 35) * DAY_MS, "", () => stage.source.deleteIndex(name).catch(() => undefined));
}

function change({ stage }: Play, keep: KeepRules, time: string): void {
  const { backups } = stage.config;
  const policy = backups[POLICY] as BackupPolicy;
  const schedule = { ...policy.schedule, cron: cronOf(time) };
  const prune = { ...policy.prune, cron: cronOf(time, PRUNE_AFTER_MS) } as BackupPolicy["prune"];
  stage.config = { ...stage.config, backups: { ...backups, [POLICY]: { ...policy, keep, schedule, prune } } };
}

function cronOf(time: string, afterMs = 0): string {
  const [hour = 0, minute = 0] = time.split(":").map(Number);
  const minutes = hour * 60 + minute + afterMs / MINUTE_MS;
  return `0 ${minutes % 60} ${Math.floor(minutes / 60)} * * *`;
}

/** The instant of a local time on the `day`-th day after the start. */
function localTime(day: number, time: string, timeZone: string): number {
  const noonMs = START_MS + (day + 1) * DAY_MS;
  const date = new Date(noonMs).toISOString().slice(0, 10);
  const wantedMs = Date.parse(`${date}T${time}:00Z`);
  const offsetMs = (ms: number) => Date.parse(`${new Date(ms).toLocaleString("sv-SE", { timeZone }).replace(" ", "T")}Z`) - ms;
  return wantedMs - offsetMs(wantedMs - offsetMs(wantedMs));
}
