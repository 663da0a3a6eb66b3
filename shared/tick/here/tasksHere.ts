import type { World } from "../../jobs/world.ts";
import { messageOf } from "../../model/errors.ts";
import type { TaskState, Tasks } from "../../model/tasks.ts";
import { stateKey } from "../../state/keys.ts";
import { keysBelow, readObject, writeObject, writeObjectOnce } from "../../state/objects.ts";

/** After this a task whose process died is unknown, as after a crash on Function Compute; renewed long before. */
const HELD_MS = 120_000;
const RENEW_MS = 30_000;
/** What ended is remembered for so long, as Function Compute remembers it: an id is not run twice. */
const REMEMBERED_MS = 24 * 3_600_000;

/** What the state says of a task: the process that runs it renews `until`, by the store's clock. */
interface TaskMark {
  state: TaskState;
  until: string;
}

export interface TaskHere {
  functionName: string;
  id: string;
  payload: unknown;
}

/** Tasks that run in processes of the command tick, of which two never run the same one. */
export interface TasksHere extends Tasks {
  /** The next queued task of this process. */
  next(): TaskHere | undefined;
  ended(task: TaskHere, state: "succeeded" | "failed"): Promise<void>;
  /** Ends the renewal of what this process holds. */
  close(): void;
}

/** The world that is open, for its state and its clock. */
export function tasksHere(world: () => World): TasksHere {
  const queue: TaskHere[] = [];
  const held = new Map<string, string>();
  const untilText = () => new Date(world().clock.now().getTime() + HELD_MS).toISOString();
  const renew = async () => {
    for (const key of held.values()) await writeObject(world().state, key, { state: "running", until: untilText() });
  };
  const renewing = setInterval(() => {
    renew().catch((error: unknown) => world().logger.warn("a task could not be renewed", { error: messageOf(error) }));
  }, RENEW_MS);
  renewing.unref();

  return {
    async start(functionName, id, payload) {
      if (held.has(id)) return;
      const { state, epoch } = await readTask(world(), id);
      if (state !== "unknown") return;
      const key = stateKey.taskHere(id, epoch + 1);
      // Another process may have taken it since.
      if (!(await writeObjectOnce(world().state, key, { state: "running", until: untilText() }))) return;
      held.set(id, key);
      queue.push({ functionName, id, payload });
    },
    state: async (_functionName, id) => (held.has(id) ? "running" : (await readTask(world(), id)).state),
    next: () => queue.shift(),
    async ended({ id }, state) {
      const key = held.get(id);
      held.delete(id);
      if (key !== undefined) await writeObject(world().state, key, { state, until: untilText() });
    },
    close: () => clearInterval(renewing),
  };
}

async function readTask({ state, clock }: World, id: string): Promise<{ state: TaskState; epoch: number }> {
  const epochs = (await keysBelow(state, stateKey.taskHereAll(id))).map(Number).filter(Number.isSafeInteger);
  const epoch = Math.max(0, ...epochs);
  const mark = epoch === 0 ? undefined : await readObject<TaskMark>(state, stateKey.taskHere(id, epoch));
  if (mark === undefined) return { state: "unknown", epoch };
  const isOver = mark.state === "running" && !(new Date(mark.until) > clock.now());
  return { state: isOver ? "unknown" : mark.state, epoch };
}

/** Removes what nobody asks for any more. */
export async function forgetTasks({ state, clock }: World): Promise<void> {
  const before = clock.now().getTime() - REMEMBERED_MS;
  const old: string[] = [];
  for await (const { key, lastModified } of state.list(stateKey.tasksHere))
    if (lastModified !== undefined && lastModified.getTime() < before) old.push(key);
  if (old.length > 0) await state.delete(old);
}
