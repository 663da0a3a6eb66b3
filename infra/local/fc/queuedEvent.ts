import type { AsyncTask } from "./asyncTask.ts";
import type { DeployedFunction } from "./functionSpec.ts";

/** An accepted asynchronous event that has not finished. */
export interface QueuedEvent {
  deployed: DeployedFunction;
  requestId: string;
  event: Uint8Array;
  enqueuedAt: number;
  /** Failed attempts. */
  retries: number;
  task?: AsyncTask | undefined;
  /** The duplicate of a doubled event: a fault of the platform, which keeps no record of it. */
  isDouble?: boolean | undefined;
}
