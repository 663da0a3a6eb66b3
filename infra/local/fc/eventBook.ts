import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "../host/writeAtomically.ts";
import { type AsyncTask, endTask, hasEnded, type TaskBook } from "./asyncTask.ts";
import type { DeployedFunction } from "./functionSpec.ts";
import { exitFault } from "./instance.ts";
import type { QueuedEvent } from "./queuedEvent.ts";

/** An accepted event as stored on disk; for a finished task only the id and the outcome. */
interface KeptEvent {
  functionName: string;
  requestId: string;
  enqueuedAt: number;
  /** Failed attempts. */
  retries: number;
  /** An attempt had started. */
  running: boolean;
  /** Base64. */
  event: string;
  task?: AsyncTask | undefined;
}

/** The events that the platform promised to deliver: they survive a crash of every instance, and so must survive a kill of this host. */
export interface EventBook {
  keep(event: QueuedEvent, running: boolean): void;
  /** Removes a finished event; a task is kept, because its id must stay known. */
  end(event: QueuedEvent): void;
  /** Oldest first. */
  all(): KeptEvent[];
}

/** One file per event; without a directory nothing is stored. */
export function openEventBook(directory: string | undefined): EventBook {
  if (directory === undefined) return { keep: () => undefined, end: () => undefined, all: () => [] };
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const pathOf = (requestId: string) => join(directory, `${requestId}.json`);
  const keep = ({ deployed, requestId, enqueuedAt, retries, event, task }: QueuedEvent, running: boolean) => {
    const payload = task && hasEnded(task) ? "" : Buffer.from(event).toString("base64");
    const kept: KeptEvent = { functionName: deployed.name, requestId, enqueuedAt, retries, running, event: payload, task };
    writeAtomically(pathOf(requestId), JSON.stringify(kept));
  };
  return {
    keep,
    end(event) {
      if (event.task === undefined) rmSync(pathOf(event.requestId), { force: true });
      else keep(event, false);
    },
    all: () =>
      readdirSync(directory)
        .filter((name) => name.endsWith(".json"))
        .map((name) => JSON.parse(readFileSync(join(directory, name), "utf8")) as KeptEvent)
        .sort((one, other) => one.enqueuedAt - other.enqueuedAt),
  };
}

/**
 * The events that an earlier host accepted and did not finish; registers their tasks again. An attempt that was running when the host was
 * killed counts as failed, like one whose instance exits: it is retried while the function's retries last.
 */
export function unfinishedEvents(
  book: EventBook,
  deployedOf: (name: string) => DeployedFunction | undefined,
  { tasks, now }: { tasks: TaskBook; now(): number },
): QueuedEvent[] {
  return book.all().flatMap(({ functionName, requestId, enqueuedAt, retries, running, event, task }) => {
    const deployed = deployedOf(functionName);
    if (deployed === undefined) return [];
    if (task !== undefined) tasks.add(task);
    if (task !== undefined && hasEnded(task)) return [];
    const left = { deployed, requestId, event: Buffer.from(event, "base64"), enqueuedAt, retries: retries + (running ? 1 : 0), task };
    if (left.retries <= deployed.asyncRetries) return [left];
    if (task !== undefined) endTask(task, "Failed", now(), exitFault().errorMessage);
    book.end(left);
    return [];
  });
}
