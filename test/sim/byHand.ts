import { cancelJob, setPaused } from "../../shared/verbs/jobs/ask.ts";
import { listJobs } from "../../shared/verbs/jobs/show.ts";
import { applyPrune, dryPrune } from "../../shared/verbs/prune/ask.ts";
import { startRestore } from "../../shared/verbs/restore/askByHand.ts";
import type { Verb } from "./platform.ts";
import { MINUTE_MS, type Parts, type Play, POLICY } from "./scenario.ts";

const OPS = { by: "person" as const, who: "ops" };

/** Schedules manual requests, some of which are sent twice because no response arrived. */
export function pressButtons(play: Play, { fromMs, untilMs }: { fromMs: number; untilMs: number }, parts: Parts): void {
  const { kernel, platform, faults, random } = play;
  const press = (atMs: number, label: string, verb: Verb) =>
    kernel.at(atMs, "", () => {
      platform.invoke("http", label, verb);
      if (faults.strikes("requestRepeated"))
        kernel.at(kernel.nowMs() + random.between(0, 20_000), "", () => platform.invoke("http", label, verb));
    });
  const sometime = () => fromMs + random.between(20 * MINUTE_MS, untilMs - fromMs);
  if (parts.backups)
    // Until a plan was applied by hand the timer prunes nothing.
    for (const minutes of [250, 380]) press(fromMs + minutes * MINUTE_MS, "apply prune", applyThePlan);
  if (random.chance(0.4)) press(sometime(), "cancel a job", cancelSomething(random.next()));
  if (random.chance(0.25)) {
    const atMs = sometime();
    press(atMs, "pause", (world) => setPaused(world, true, "ops"));
    // The operator repeats the request until it worked.
    for (const minutes of [15, 20, 30]) press(atMs + minutes * MINUTE_MS, "resume", (world) => setPaused(world, false, "ops"));
    kernel.at(untilMs, "resume", () => platform.invoke("http", "resume", (world) => setPaused(world, false, "ops")));
  }
  if ((parts.copy || parts.outside) && random.chance(0.5)) restoreByHand(random.chance(0.5), press, sometime);
}

const applyThePlan: Verb = async (world) => {
  const { hash } = await dryPrune(world, POLICY);
  await applyPrune(world, POLICY, hash, OPS);
};

function cancelSomething(drawn: number): Verb {
  return async (world) => {
    const open = await listJobs(world, { open: true });
    const job = open[Math.floor(drawn * open.length)];
    if (job) await cancelJob(world, job.id, OPS);
  };
}

function restoreByHand(keyed: boolean, press: (atMs: number, label: string, verb: Verb) => void, sometime: () => number): void {
  const request = { snapshot: "snap-1", repository: "moved-movies", to: "target", indices: ["fx-orders"], alias: "by-hand" };
  const options = keyed ? { key: "one-and-the-same" } : {};
  press(sometime(), "restore", (world) => startRestore(world, { ...request, replicas: 0 }, OPS, options));
}
