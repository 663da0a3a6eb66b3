import { AppError } from "../../../shared/model/errors.ts";
import { reason } from "../../../shared/model/reason.ts";

/** The platform's own status names, as far as they occur on one machine. */
type AsyncTaskStatus = "Enqueued" | "Running" | "Retrying" | "Succeeded" | "Failed" | "Expired" | "Stopped";

/** One asynchronous task; times in milliseconds since the epoch. */
export interface AsyncTask {
  readonly functionName: string;
  readonly taskId: string;
  readonly requestId: string;
  readonly enqueuedAt: number;
  status: AsyncTaskStatus;
  retries: number;
  startedAt?: number;
  endedAt?: number;
  errorMessage?: string;
}

/** Number of finished tasks that are remembered; the platform keeps them for days. */
const ENDED_TASKS_MAX = 10_000;
const TASK_ID_PATTERN = /^[A-Za-z_][A-Za-z0-9_-]{0,127}$/;
const ENDED: readonly AsyncTaskStatus[] = ["Succeeded", "Failed", "Expired", "Stopped"];

export const hasEnded = (task: AsyncTask): boolean => ENDED.includes(task.status);

export function newTask(
  functionName: string,
  taskId: string,
  { requestId, enqueuedAt }: { requestId: string; enqueuedAt: number },
): AsyncTask {
  return { functionName, taskId, requestId, enqueuedAt, status: "Enqueued", retries: 0 };
}

export function endTask(task: AsyncTask, status: AsyncTaskStatus, endedAt: number, errorMessage?: string): void {
  Object.assign(task, { status, endedAt });
  if (errorMessage !== undefined) task.errorMessage = errorMessage;
}

export interface TaskBook {
  /** Errors: `invalid` for an id that the platform would reject; `conflict` with reason `task.exists` for a known id. */
  add(task: AsyncTask): void;
  find(functionName: string, taskId: string): AsyncTask | undefined;
  list(functionName: string): AsyncTask[];
}

export function createTaskBook(): TaskBook {
  const tasks = new Map<string, AsyncTask>();
  const keyOf = (functionName: string, taskId: string) => `${functionName}/${taskId}`;
  const forgetOldest = () => {
    if (tasks.size <= ENDED_TASKS_MAX) return;
    for (const [key, task] of tasks) {
      if (hasEnded(task)) return void tasks.delete(key);
    }
  };
  return {
    add(task) {
      const { functionName, taskId } = task;
      if (!TASK_ID_PATTERN.test(taskId)) {
        throw new AppError(
          "invalid",
          `task id ${taskId} of function ${functionName} must be 1 to 128 letters, digits, _ and -, beginning with a letter or _`,
        );
      }
      if (tasks.has(keyOf(functionName, taskId))) {
        throw new AppError("conflict", `task ${taskId} of function ${functionName} already exists`, {
          reason: reason("task.exists", { function: functionName, taskId }),
        });
      }
      tasks.set(keyOf(functionName, taskId), task);
      forgetOldest();
    },
    find: (functionName, taskId) => tasks.get(keyOf(functionName, taskId)),
    list: (functionName) => [...tasks.values()].filter((task) => task.functionName === functionName),
  };
}
