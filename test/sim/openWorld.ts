import type { MemoryCluster } from "../../shared/adapters/memory/cluster.ts";
import { redactingNotifier, redactingStore } from "../../shared/adapters/wrap/redacting.ts";
import { retrying } from "../../shared/adapters/wrap/retryingBlobStore.ts";
import { jobLog } from "../../shared/jobs/log.ts";
import type { World } from "../../shared/jobs/world.ts";
import type { Place } from "../../shared/model/config.ts";
import { AppError } from "../../shared/model/errors.ts";
import { jsonLogger } from "../../shared/runtime/logger.ts";
import { redactor } from "../../shared/runtime/redact.ts";
import { openState } from "../../shared/state/identity.ts";
import { steadyNow } from "../../shared/state/steadyNow.ts";
import { gatedCluster, gatedNotifier, gatedStore, gatedTasks } from "./gates.ts";
import type { Actor } from "./kernel.ts";
import type { Random } from "./random.ts";
import type { Stage, StageOptions } from "./stage.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** As composed in the wire module. */
const RETRY = { attempts: 5, baseMs: 100, capMs: 5_000 };
const RETRY_SHARE = 4;
/** A response that arrives when the invocation ends is lost; this margin is kept for it. */
const DEADLINE_MARGIN_MS = 1_000;

/** The world of one invocation, opened through its gates like in the wire module. */
export async function openWorld(stage: Stage, options: StageOptions, actor: Actor): Promise<World> {
  const { kernel, bare, source, target, config } = stage;
  const gates = { kernel, actor, watch: stage.watch, pageKeys: options.pageKeys };
  const random = options.random.fork(actor.name);
  const localNow = localClock(stage, random, actor);
  const sleep = (ms: number) =>
    kernel.gate(actor, {
      port: "sleep",
      call: `${Math.round(ms)} ms`,
      subject: "",
      writes: false,
      waitMs: ms,
      apply: async () => undefined,
    });
  const remainingMs = () => actor.deadlineMs - DEADLINE_MARGIN_MS - kernel.nowMs();
  const blobs = (place: Place) =>
    retrying(gatedStore(gates, place.bucket === config.state.bucket ? "state" : `${place.store}:${place.bucket}`, bare(place)), {
      ...RETRY,
      sleep,
      random: random.next,
      now: () => localNow().getTime(),
      patienceMs: (actor.deadlineMs - actor.startedMs) / RETRY_SHARE,
      remainingMs,
    });
  const redact = redactor([options.secret]);
  const state = redactingStore(blobs(config.state), redact);
  const { identity, clock, live } = await openState(state, localNow, options.random.chance(0.5) ? stage.identity : undefined);
  stage.identity = identity;
  const by = { function: actor.name.replace(/ .*/, ""), requestId: actor.name, nonce: `nonce ${actor.name}` };
  const known: Record<string, MemoryCluster> = { source, target };
  let keys = 0;
  return {
    config,
    state,
    identity,
    clock,
    by,
    log: jobLog(state, clock, by),
    live,
    paused: live.paused,
    cluster(name) {
      const cluster = known[name];
      if (!cluster) throw new AppError("invalid", `clusters: no "${name}"`);
      return gatedCluster(gates, cluster);
    },
    blobs,
    instances() {
      throw new AppError("denied", "the simulation has no instances");
    },
    tasks: gatedTasks(gates, options.tasks),
    notifiers: [
      redactingNotifier(gatedNotifier(gates, { name: "memory", send: async (notice) => void stage.notices.push(notice) }), redact),
    ],
    logger: jsonLogger({ requestId: actor.name }, redact, (line) => void stage.lines.push(line)),
    remainingMs,
    sleep(ms) {
      actor.waitedMs += ms;
      return sleep(ms);
    },
    newKey() {
      keys += 1;
      return `${actor.name} ${keys}`;
    },
    copyFunction: "copyBlobs",
    continueFunction: "continueJob",
    version: "0.0.0",
  };
}

/**
 * Every instance's clock is off by up to two minutes; a few are off by hours or years, and some are corrected while the invocation runs.
 */
function localClock(stage: Stage, random: Random, { startedMs }: Actor): () => Date {
  const { kernel } = stage;
  const isWild = random.chance(0.02);
  const skewMs = isWild ? random.pick([-400, -1, 1, 400]) * DAY_MS : random.between(-2 * MINUTE_MS, 2 * MINUTE_MS);
  const jumpAtMs = random.chance(0.05) ? startedMs + random.between(0, MINUTE_MS) : Number.POSITIVE_INFINITY;
  const jumpMs = random.between(-4 * MINUTE_MS, 4 * MINUTE_MS);
  if (jumpAtMs < Number.POSITIVE_INFINITY && Math.abs(jumpMs) > MINUTE_MS) stage.clockJumped = true;
  const clockMs = () => kernel.nowMs() + skewMs + (kernel.nowMs() >= jumpAtMs ? jumpMs : 0);
  const steady = steadyNow(clockMs, () => kernel.nowMs());
  return () => new Date(steady());
}
