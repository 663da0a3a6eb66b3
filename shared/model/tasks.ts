export type TaskState = "running" | "succeeded" | "failed" | "unknown";

/** Asynchronous invocations of ossnap's own functions, identified by a task id that the platform refuses to run twice concurrently. */
export interface Tasks {
  /** Queues the invocation. Starting an id again while it is active is no error and has no effect. The payload must be below 128 KB. */
  start(functionName: string, taskId: string, payload: unknown): Promise<void>;
  state(functionName: string, taskId: string): Promise<TaskState>;
}
