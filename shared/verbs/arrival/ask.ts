import { rootKey } from "../../format/keys.ts";
import type { Created } from "../../jobs/log.ts";
import type { Asked, DoneRecord } from "../../jobs/record.ts";
import { watchPrint } from "../../jobs/watchPrint.ts";
import { configured, type World } from "../../jobs/world.ts";
import type { Watch } from "../../model/config.ts";
import { jobId } from "../../model/jobId.ts";
import { reason } from "../../model/reason.ts";
import { watchWithoutKeys } from "../../repository/withoutKeys.ts";
import { type EndedRun, endedRun } from "./again.ts";
import type { Wanted } from "./plan.ts";
import type { ArrivalData, ArrivalInput } from "./step.ts";

/** The part of an arrival's intent that depends on the watch and the snapshot alone. */
export function arrivalOf(
  world: World,
  watchName: string,
  { name, uuid, startTime, isOrderTime }: Wanted,
): Omit<ArrivalInput, "generation"> {
  const watch = watchWithoutKeys(configured(world.config, "watches", watchName));
  const snapshot = { name, uuid, startTime: startTime?.toISOString() ?? "", ...(isOrderTime ? { isOrderTime } : {}) };
  return { watchName, watch, snapshot };
}

/** The fingerprint of a watch of ossnap.yaml. */
export function printOf({ blobs, cluster, register, restore }: Watch): string {
  const { indices, alias, aliases, filesThere, which } = restore;
  return watchPrint({
    place: blobs,
    cluster,
    repository: register.name,
    indices,
    alias,
    aliases,
    filesThere,
    isByHand: which === "by-hand",
  });
}

/** How often a snapshot may be brought in again. */
const RUNS_MAX = 1000;

export interface ArrivalRun {
  id: string;
  /** How the run before it ended; `undefined` for the first. */
  before: EndedRun | undefined;
}

/**
 * The newest arrival of a snapshot, which may not exist yet: one that was refused or failed, or whose restore was, has a successor, and so has one
 * that ended because the list lacked it, because ossnap.yaml was changed meanwhile, or because the watch only verified.
 */
export async function arrivalRun(world: World, watchName: string, uuid: string): Promise<ArrivalRun> {
  const id = jobId.arrival(watchName, uuid);
  let before: EndedRun | undefined;
  for (let run = 1; run < RUNS_MAX; run += 1) {
    const candidate = run === 1 ? id : `${id}-r${run}`;
    const done = await world.log.done(candidate);
    // In 2.x a name is the uuid, and a snapshot may be called like the second run of another.
    if (done && snapshotOf(done) !== uuid) continue;
    const ended = done && (await unserved(world, watchName, done, run));
    if (!ended) return { id: candidate, before };
    before = ended;
  }
  return { id, before: undefined };
}

export async function arrivalId(world: World, watchName: string, uuid: string): Promise<string> {
  return (await arrivalRun(world, watchName, uuid)).id;
}

/** How a finished arrival or its restore ended, if that lets the snapshot be asked for again. */
async function unserved(world: World, watchName: string, done: DoneRecord, run: number): Promise<EndedRun | undefined> {
  const { restore } = (done.result ?? {}) as { restore?: string };
  if (isUnsuccessful(done)) return endedRun(done, run);
  if (done.state === "skipped") return done.reason.code === "arrival.vanished" ? endedRun(done, run) : undefined;
  if (done.state !== "done") return undefined;
  if (restore === undefined) return isServing(world.config.watches[watchName]) ? endedRun(done, run) : undefined;
  const restored = await world.log.done(restore);
  return restored && isUnsuccessful(restored) ? endedRun(restored) : undefined;
}

/** Only a watch by hand asks for no restore. */
const isServing = (watch: Watch | undefined) => watch !== undefined && watch.restore.which !== "by-hand";

const snapshotOf = ({ result }: DoneRecord) => (result as { snapshot?: { uuid?: string } } | null)?.snapshot?.uuid;

const isUnsuccessful = ({ state }: DoneRecord) => state === "failed" || state === "refused";

/** Writes the intent to bring a snapshot of a watch in; the same run again is the same job. */
export async function askArrival(
  world: World,
  { id, watchName, snapshot, generation, asked }: { id: string; watchName: string; snapshot: Wanted; generation: number; asked: Asked },
): Promise<Created> {
  const input: ArrivalInput = { ...arrivalOf(world, watchName, snapshot), generation };
  const data: ArrivalData = { probes: [], missing: 0, damaged: 0 };
  return world.log.create(
    id,
    {
      about: `${watchName}: ${snapshot.name}`,
      asked,
      patienceUntil: new Date(world.clock.now().getTime() + input.watch.patienceMs).toISOString(),
      input,
    },
    { state: "asked", reason: reason("arrival.seen", { root: rootKey(generation), snapshot: snapshot.name }), data },
  );
}
