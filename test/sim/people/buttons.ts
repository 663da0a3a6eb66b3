import { askCopy } from "../../../shared/verbs/copy/ask.ts";
import { cancelJob, setPaused } from "../../../shared/verbs/jobs/ask.ts";
import { listJobs } from "../../../shared/verbs/jobs/show.ts";
import { applyPrune, dryPrune } from "../../../shared/verbs/prune/ask.ts";
import { startRestore } from "../../../shared/verbs/restore/askByHand.ts";
import { askRollback } from "../../../shared/verbs/rollback/ask.ts";
import { MINUTE_MS, OWN_INDEX, PAIR, POLICY } from "../names.ts";
import type { Verb } from "../platform.ts";
import type { Parts, Play } from "../scenario.ts";
import { breakDestination } from "./target.ts";

const OPS = { by: "person" as const, who: "ops" };

type Press = (atMs: number, label: string, verb: Verb) => void;

/** Schedules manual requests, some of which are sent twice because no response arrived. */
export function pressButtons(play: Play, { fromMs, untilMs }: { fromMs: number; untilMs: number }, parts: Parts): void {
  const { kernel, platform, faults, random } = play;
  const press: Press = (atMs, label, verb) =>
    kernel.at(atMs, "", () => {
      platform.invoke("http", label, verb);
      if (faults.strikes("requestRepeated"))
        kernel.at(kernel.nowMs() + random.between(0, 20_000), "", () => platform.invoke("http", label, verb));
    });
  const sometime = () => fromMs + random.between(20 * MINUTE_MS, untilMs - fromMs);
  if (parts.backups)
    // Until a plan was applied by hand the timer prunes nothing.
    for (const minutes of random.pick([
      [20, 130, 250, 380],
      [250, 380, 500],
    ]))
      press(fromMs + minutes * MINUTE_MS, "apply prune", applyThePlan);
  for (const chance of [0.5, 0.3]) if (random.chance(chance)) press(sometime(), "cancel a job", cancelSomething(random.next()));
  if (random.chance(0.25)) {
    const atMs = sometime();
    press(atMs, "pause", (world) => setPaused(world, true, "ops"));
    // The operator repeats the request until it worked.
    for (const minutes of [15, 20, 30]) press(atMs + minutes * MINUTE_MS, "resume", (world) => setPaused(world, false, "ops"));
    kernel.at(untilMs, "resume", () => platform.invoke("http", "resume", (world) => setPaused(world, false, "ops")));
  }
  if ((parts.copy || parts.outside) && random.chance(0.6)) restoreByHand(random.chance(0.4), press, sometime);
  if ((parts.copy || parts.outside) && random.chance(0.5)) serveByHand(play, press, { fromMs, untilMs });
  if (parts.copy && random.chance(0.5)) {
    const atMs = sometime();
    if (random.chance(0.7)) breakDestination(play, atMs);
    press(atMs + random.between(1, 30) * MINUTE_MS, "copy", (world) => askCopy(world, "move", OPS));
  }
  // Drawn apart, so that the other events of a seed stay as they are.
  if ((parts.copy || parts.outside) && random.fork("over").chance(0.35)) overwriteByHand(play, press, { fromMs, untilMs });
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

/** An index of the target's own is restored over, whatever it holds; without a key two jobs want to. */
function overwriteByHand(
  { stage, kernel, random, steps }: Play,
  press: Press,
  { fromMs, untilMs }: { fromMs: number; untilMs: number },
): void {
  const drawn = random.fork("over by hand");
  const shards = steps.some(({ snapshots }) => snapshots.some(({ documents }) => "fx-orders" in documents)) ? 2 : 1;
  kernel.at(fromMs, "", () => stage.target.putIndex(OWN_INDEX, { documents: 4, shards, replicas: 0, aliases: ["own"] }));
  const options = drawn.chance(0.5) ? { key: "over" } : {};
  const restore: Verb = (world) => {
    const indices = world.config.watches.moved?.restore.indices ?? [];
    const over = { as: { "*": OWN_INDEX }, over: true, loseOld: true, replicas: 0 };
    return startRestore(world, { snapshot: "snap-1", repository: "moved-movies", to: "target", indices, ...over }, OPS, options);
  };
  const atMs = fromMs + drawn.between(20 * MINUTE_MS, (untilMs - fromMs) >> 1);
  for (const laterMs of [0, 30_000, drawn.between(60, 200) * MINUTE_MS]) press(atMs + laterMs, "restore over an index", restore);
}

/** With a key both requests are one; without, two jobs want the same index. */
function restoreByHand(keyed: boolean, press: Press, sometime: () => number): void {
  const request = { snapshot: "snap-1", repository: "moved-movies", to: "target", alias: "by-hand" };
  const options = keyed ? { key: "one-and-the-same" } : {};
  const restore: Verb = (world) => {
    const indices = world.config.watches.moved?.restore.indices ?? [];
    return startRestore(world, { ...request, indices, replicas: 0 }, OPS, options);
  };
  const atMs = sometime();
  press(atMs, "restore", restore);
  if (!keyed) press(atMs + 30_000, "restore", restore);
}

/** Two aliases at once, each snapshot that is there in turn, and sometimes back to what they served before. */
function serveByHand({ random }: Play, press: Press, { fromMs, untilMs }: { fromMs: number; untilMs: number }): void {
  const restore =
    (snapshot: string): Verb =>
    (world) => {
      const indices = world.config.watches.moved?.restore.indices ?? [];
      const [index = ""] = indices;
      const aliases = Object.fromEntries(PAIR.map((alias) => [alias, index]));
      return startRestore(world, { snapshot, repository: "moved-movies", to: "target", indices, aliases, replicas: 0 }, OPS);
    };
  const atMs = fromMs + random.between(20 * MINUTE_MS, (untilMs - fromMs) >> 1);
  press(atMs, "restore behind two", restore("snap-1"));
  press(atMs + random.between(20, 120) * MINUTE_MS, "restore behind two again", restore("latest"));
  for (const minutes of [180, 300]) if (random.chance(0.6)) press(atMs + minutes * MINUTE_MS, "roll back", rollBackPair);
}

const rollBackPair: Verb = async (world) => {
  const done = (await listJobs(world, { kind: "restore" })).filter(({ state }) => state === "done");
  for (const { id } of done) {
    const result = (await world.log.done(id))?.result as { moves?: { alias: string }[] } | undefined;
    if (result?.moves?.some(({ alias }) => alias === PAIR[0])) return askRollback(world, { restore: id, loseWrites: true }, OPS);
  }
  return undefined;
};
