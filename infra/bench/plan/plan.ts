import { isDeepStrictEqual } from "node:util";
import { readOpenWork } from "../../../shared/jobs/openWork.ts";
import type { World } from "../../../shared/jobs/world.ts";
import { initialise } from "../../../shared/runtime/initialise.ts";
import { readSettings } from "../../../shared/runtime/settings.ts";
import { openWorld } from "../../../shared/runtime/wire.ts";
import { stateKey } from "../../../shared/state/keys.ts";
import { writeObjectOnce } from "../../../shared/state/objects.ts";
import { askCopy } from "../../../shared/verbs/copy/ask.ts";
import { ownerOf } from "../../../shared/verbs/copy/gatherOwner.ts";
import type { CopyPlan } from "../../../shared/verbs/copy/plan.ts";
import { gatherCopyPlan } from "../../../shared/verbs/copy/planning/gatherPlan.ts";
import type { CopyJob } from "../../../shared/verbs/copy/types.ts";
import { peakMemoryBytes } from "../peakMemory.ts";

/** The output of one plan in its own process. */
export interface PlanFigures {
  /** Of the plan alone, without the start of the process. */
  seconds: number;
  /** Of this process, as reported by the operating system. */
  maxRssBytes: number;
  pieces: CopyPlan["pieces"];
  skipped: CopyPlan["skipped"];
  /** How often time was called up, after a share of the work, before the plan was whole. */
  cuts: number;
}

/** Runs as a child process to isolate the plan's memory: the copy's name and how often the plan is cut are arguments. */
const [copyName = "", cuts = "0"] = process.argv.slice(2);
const { BENCH_KEY_ID: accessKeyId = "", BENCH_KEY_SECRET: accessKeySecret = "" } = process.env;
const context = {
  requestId: "bench-1",
  function: { name: "advanceJobs", timeout: 3600 },
  region: "cn-hangzhou",
  accountId: "1234567890123456",
  credentials: { accessKeyId, accessKeySecret },
};

async function world(): Promise<World> {
  const settings = readSettings("");
  await initialise(settings, context).catch(() => undefined);
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
  return openWorld(settings, { functionName: "bench", context, startedMs: Date.now(), logger });
}

/** Every look ends after a while, until the plan was cut as often as it should be. */
async function planInParts(opened: World, job: CopyJob, most: number): Promise<{ plan: CopyPlan; cuts: number }> {
  for (let cut = 0; ; cut += 1) {
    let looks = 0;
    const deadline = () => {
      looks += 1;
      return cut < most && looks > 100;
    };
    const plan = await gatherCopyPlan(opened, await readOpenWork(opened), job, { deadline });
    if (plan) return { plan, cuts: cut };
  }
}

const opened = await world();
const to = opened.config.copies[copyName]?.to;
if (to === undefined) throw new Error(`copies.${copyName}: there is no such copy`);
await writeObjectOnce(opened.state, stateKey.copyClaim(ownerOf({ copyName, to })), {});
const created = await askCopy(opened, copyName, { by: "ossnap", who: "bench" });
if (!("job" in created)) throw new Error("the copy is over");
const startedMs = performance.now();
const { plan, cuts: made } = await planInParts(opened, created.job as CopyJob, Number(cuts));
if (plan.fault) throw new Error(JSON.stringify(plan.fault));
const figures: PlanFigures = {
  seconds: Math.round(performance.now() - startedMs) / 1000,
  maxRssBytes: peakMemoryBytes(),
  pieces: plan.pieces,
  skipped: plan.skipped,
  cuts: made,
};
if (isDeepStrictEqual(plan.snapshots, [])) throw new Error("the plan has no snapshot");
console.log(JSON.stringify(figures));
