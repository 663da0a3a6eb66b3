export type TaskState = "running" | "succeeded" | "failed" | "unknown";

/** Asynchronous invocations of our own functions, by a task id that the platform refuses to run twice at once. */
export interface Tasks {
  /** Queues the invocation; the same id again while it lives is no error and starts nothing. Payload below 128 KB. */
  start(functionName: string, taskId: string, payload: unknown): Promise<void>;
  state(functionName: string, taskId: string): Promise<TaskState>;
}
