import { setTimeout as pause } from "node:timers/promises";
import { messageOf } from "../../../shared/model/errors.ts";
import { type AsyncTask, endTask, hasEnded } from "./asyncTask.ts";
import type { FunctionCounters } from "./counters.ts";
import type { FaultPlan } from "./deliveryFaults.ts";
import type { EventBook } from "./eventBook.ts";
import type { InvocationResult } from "./instance.ts";
import type { QueuedEvent } from "./queuedEvent.ts";

/** The platform backs off 0.5 s, 1, 2, 4 … and never longer than this. */
const RETRY_DELAY_MS_MAX = 5 * 60 * 60 * 1000;

export interface AsyncQueue {
  /** Delivers at least once: retries after a function error, but never when the event is older than the function's limit. */
  push(event: QueuedEvent): void;
  /** Stops a task in its current state; false when it had already finished. */
  stop(task: AsyncTask): boolean;
  /** Resolves when no event is queued, waiting for its next attempt, or running. */
  idle(): Promise<void>;
  close(): void;
}

export interface AsyncQueueOptions {
  /**
   * Runs one attempt once an instance is free; calls `begin` at that moment, which returns whether the event is still wanted (if not, the
   * result is `undefined`). Aborting `signal` terminates the instance.
   */
  run(event: QueuedEvent, begin: () => boolean, signal: AbortSignal): Promise<InvocationResult | undefined>;
  faults: FaultPlan;
  book: EventBook;
  countersOf(functionName: string): FunctionCounters;
  onLog(requestId: string, level: string, text: string): void;
  retryBaseMs: number;
  now(): number;
}

export function createAsyncQueue(options: AsyncQueueOptions): AsyncQueue {
  const open = new Map<QueuedEvent, AbortController>();
  const onIdle: (() => void)[] = [];

  const settleIdle = () => {
    if (open.size === 0) for (const resolve of onIdle.splice(0)) resolve();
  };

  const admit = (event: QueuedEvent, delayMs: number) => {
    const abort = new AbortController();
    open.set(event, abort);
    deliver(options, event, delayMs, abort.signal)
      .catch((error: unknown) => giveUp(options, event, abort.signal, error))
      .finally(() => {
        open.delete(event);
        settleIdle();
      });
  };

  return {
    push(event) {
      const { name } = event.deployed;
      const counters = options.countersOf(name);
      counters.enqueued += 1;
      const delayMs = options.faults.take(name, "delay");
      if (delayMs !== undefined) counters.delayed += 1;
      admit(event, delayMs ?? 0);
      if (options.faults.take(name, "double") === undefined) return;
      counters.doubled += 1;
      admit({ ...event, task: undefined, isDouble: true }, delayMs ?? 0);
    },
    stop(task) {
      if (hasEnded(task)) return false;
      for (const [event, abort] of open) {
        if (event.task !== task) continue;
        end(options, event, "Stopped");
        abort.abort();
      }
      return true;
    },
    idle: () =>
      new Promise((resolve) => {
        onIdle.push(resolve);
        settleIdle();
      }),
    close() {
      for (const abort of open.values()) abort.abort();
    },
  };
}

/** The life cycle of one event: delay, attempt, retry after each function error, until it succeeds or no retry is left. */
async function deliver(options: AsyncQueueOptions, event: QueuedEvent, delayMs: number, signal: AbortSignal): Promise<void> {
  const { deployed, task } = event;
  const counters = options.countersOf(deployed.name);
  const begin = () => {
    if (signal.aborted || options.now() - event.enqueuedAt > deployed.asyncEventAgeMs) return false;
    if (task !== undefined) {
      task.status = "Running";
      task.startedAt ??= options.now();
    }
    keep(options, event, true);
    return true;
  };
  if (delayMs > 0) await pause(delayMs, undefined, { signal });
  for (;;) {
    const result = await options.run(event, begin, signal);
    if (signal.aborted) return;
    if (result === undefined) {
      counters.expired += 1;
      options.onLog(
        event.requestId,
        "error",
        `event of ${deployed.name} expired: it is older than ${deployed.asyncEventAgeMs / 1000} seconds`,
      );
      return end(options, event, "Expired");
    }
    if (result.ok) return end(options, event, "Succeeded");
    if (event.retries >= deployed.asyncRetries) return end(options, event, "Failed", result.errorMessage);
    counters.retried += 1;
    const delayMs = Math.min(options.retryBaseMs * 2 ** event.retries, RETRY_DELAY_MS_MAX);
    event.retries += 1;
    if (task !== undefined) Object.assign(task, { status: "Retrying", retries: event.retries, errorMessage: result.errorMessage });
    keep(options, event, false);
    await pause(delayMs, undefined, { signal });
  }
}

function keep({ book }: AsyncQueueOptions, event: QueuedEvent, running: boolean): void {
  if (!event.isDouble) book.keep(event, running);
}

function giveUp(options: AsyncQueueOptions, event: QueuedEvent, signal: AbortSignal, error: unknown): void {
  // An aborted delay throws because of the requested stop, not because of a fault.
  if (signal.aborted) return;
  options.onLog(event.requestId, "error", `delivery to ${event.deployed.name} failed: ${messageOf(error)}`);
  end(options, event, "Failed", messageOf(error));
}

function end(options: AsyncQueueOptions, event: QueuedEvent, status: AsyncTask["status"], errorMessage?: string): void {
  if (event.task !== undefined) endTask(event.task, status, options.now(), errorMessage);
  if (!event.isDouble) options.book.end(event);
}
