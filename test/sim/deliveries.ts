import { rootGenerationOf } from "../../shared/format/keys.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { createSnapshots } from "../../shared/tick/createSnapshots.ts";
import { onCopiedBlob } from "../../shared/tick/onCopiedBlob.ts";
import { pruneSnapshots } from "../../shared/tick/pruneSnapshots.ts";
import { MINUTE_MS, MOVED, POLICY } from "./names.ts";
import type { FunctionName, Verb } from "./platform.ts";
import type { Play } from "./scenario.ts";

/** Delivers a trigger to a function: late, twice, or not at all. */
function deliver({ kernel, platform, faults, random }: Play, atMs: number, name: FunctionName, label: string, verb: Verb): void {
  const once = (delayMs: number) => kernel.at(atMs + delayMs, "", () => platform.invoke(name, label, verb));
  kernel.at(atMs, "", () => {
    if (faults.strikes("timerLost")) return;
    once(faults.strikes("timerLate") ? random.between(5_000, 5 * MINUTE_MS) : 0);
    if (faults.strikes("timerTwice")) once(random.between(0, random.pick([50, 40_000])));
  });
}

/** The tick of every minute; every fifth minute once everything is quiet. */
export function everyMinute(play: Play, fromMs: number, untilMs: number, quietMs: number): void {
  for (let atMs = fromMs; atMs < untilMs; atMs += atMs < quietMs ? MINUTE_MS : 5 * MINUTE_MS)
    deliver(play, atMs, "advanceJobs", "", advanceJobs);
}

export function slotTimer(play: Play, slotMs: number): void {
  const timer = { policy: POLICY, triggerTime: new Date(slotMs) };
  deliver(play, slotMs, "createSnapshots", timer.triggerTime.toISOString().slice(11, 16), (world) => createSnapshots(world, timer));
}

export function pruneTimer(play: Play, slotMs: number): void {
  const timer = { policy: POLICY, triggerTime: new Date(slotMs) };
  deliver(play, slotMs, "pruneSnapshots", timer.triggerTime.toISOString().slice(11, 16), (world) => pruneSnapshots(world, timer));
}

/** Called when a blob was written below the watched prefix; only roots have a trigger. */
export function blobWritten({ kernel, platform, faults, random }: Play, key: string): void {
  if (rootGenerationOf(key) === undefined) return;
  const blob = { bucket: MOVED.bucket, key: `${MOVED.basePath}/${key}` };
  const once = (delayMs: number) =>
    kernel.at(kernel.nowMs() + delayMs, "", () => platform.invoke("onCopiedBlob", key, (world) => onCopiedBlob(world, blob)));
  if (faults.strikes("eventLost")) return;
  once(faults.strikes("eventLate") ? random.between(1, 40) * MINUTE_MS : random.between(50, 3_000));
  if (faults.strikes("eventTwice")) once(random.between(50, random.pick([2_000, 30 * MINUTE_MS])));
}
