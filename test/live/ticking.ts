import { setTimeout as pause } from "node:timers/promises";
import type { World } from "../../shared/jobs/world.ts";
import type { TaskState } from "../../shared/model/tasks.ts";
import { copyTask, jobTask } from "../../shared/runtime/events.ts";
import { readSettings } from "../../shared/runtime/settings.ts";
import { openWorld } from "../../shared/runtime/wire.ts";
import { advanceJobs } from "../../shared/tick/advanceJobs.ts";
import { continueJob } from "../../shared/tick/continueJob.ts";
import { copyBlobs } from "../../shared/tick/copyBlobs.ts";

const PAUSE_MS = 500;
const TIMEOUT_SECONDS = 60;
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Runs the functions of a deployment in this process, once a second in place of once a minute, until `stop` is called. */
export function ticking(config: string, env: Record<string, string>): { stop(): Promise<void> } {
  const settings = readSettings(config, env);
  const tasks: { name: string; id: string; payload: unknown; state: TaskState }[] = [];
  const platform: World["tasks"] = {
    async start(name, id, payload) {
      if (!tasks.some((task) => task.id === id)) tasks.push({ name, id, payload, state: "running" });
    },
    state: async (_name, id) => tasks.find((task) => task.id === id)?.state ?? "unknown",
  };
  const open = async (functionName: string): Promise<World> => {
    const context = { requestId: `test-${Date.now()}`, function: { name: functionName, timeout: TIMEOUT_SECONDS } };
    const world = await openWorld(settings, { functionName, context, startedMs: Date.now(), logger: SILENT });
    return Object.defineProperty(world, "tasks", { value: platform });
  };
  const runTask = async ({ name, payload }: (typeof tasks)[number]) => {
    const world = await open(name);
    if (name === settings.copyFunction) await copyBlobs(world, copyTask.parse(payload));
    else await continueJob(world, jobTask.parse(payload).job);
  };
  let isStopped = false;
  const loop = (async () => {
    while (!isStopped) {
      await advanceJobs(await open("advanceJobs"));
      for (const task of tasks.filter(({ state }) => state === "running")) {
        await runTask(task);
        task.state = "succeeded";
      }
      await pause(PAUSE_MS);
    }
  })();
  // It is awaited in `stop`.
  loop.catch(() => undefined);
  return {
    async stop() {
      isStopped = true;
      await loop;
    },
  };
}
