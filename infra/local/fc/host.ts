import { randomUUID } from "node:crypto";
import { AppError } from "../../../shared/model/errors.ts";
import { reason } from "../../../shared/model/reason.ts";
import { thereText } from "../../../shared/repository/fault.ts";
import { type AsyncQueue, createAsyncQueue } from "./asyncQueue.ts";
import { type AsyncTask, createTaskBook, newTask, type TaskBook } from "./asyncTask.ts";
import { countResult, createCounters, type FunctionCounters } from "./counters.ts";
import { createFaultPlan, type DeliveryFaults, type FaultPlan } from "./deliveryFaults.ts";
import { ASYNC_PAYLOAD_BYTES_MAX, type Payload, payloadBytes, SYNC_PAYLOAD_BYTES_MAX } from "./doors/payload.ts";
import { newRequestId } from "./doors/requestId.ts";
import { type EventBook, openEventBook, unfinishedEvents } from "./eventBook.ts";
import { type DeployedFunction, deployFunction, type FunctionSpec, requireVariables } from "./functionSpec.ts";
import { type Instance, type InvocationResult, startInstance } from "./instance.ts";
import { createInstancePool, type InstancePool, makeRoom } from "./instancePool.ts";
import { type Account, instanceEnvironment, invocationContext } from "./invocationContext.ts";
import type { QueuedEvent } from "./queuedEvent.ts";

/** https://help.aliyun.com/zh/functioncompute/fc-3-0/user-guide/retry-policy */
const RETRY_BASE_MS_DEFAULT = 500;

export interface FunctionHostOptions extends Account {
  functions: readonly FunctionSpec[];
  /** Variables of every function, beside its own. */
  env?: Record<string, string> | undefined;
  /** `2026-11-21T01:30:00.000Z 1-… [info] text` */
  onLog(line: string): void;
  /** For the age of events and the times of tasks, in milliseconds; defaults to the wall clock. */
  now?: (() => number) | undefined;
  /** The first delay after a function error of an event; each further one is twice as long. */
  retryBaseMs?: number | undefined;
  /** Stores accepted events and task ids so that they survive a kill of this process; without it they are lost with it. */
  eventsDirectory?: string | undefined;
}

/** Function Compute on one machine: runs the deployable bundles through the same interface, asynchronous events at least once. */
export interface FunctionHost {
  readonly region: string;
  readonly accountId: string;
  /** Waits for the response. Errors: `absent` (reason `function.absent`), `invalid` (reason `payload.tooLarge`), `conflict` once closed. */
  invoke(functionName: string, payload: Payload, options?: { requestId?: string | undefined }): Promise<InvocationResult>;
  /** Queues the event. Errors: as `invoke`; `conflict` (`task.exists`) for a known task id, `invalid` for one where there are no tasks. */
  invokeAsync(functionName: string, payload: Payload, options?: { taskId?: string | undefined }): Promise<AsyncTicket>;
  task(functionName: string, taskId: string): AsyncTask | undefined;
  tasks(functionName: string): AsyncTask[];
  /** Stops a task and terminates the instance that runs it; false when it has finished or is unknown. */
  stopTask(functionName: string, taskId: string): boolean;
  readonly faults: DeliveryFaults;
  counters(functionName: string): FunctionCounters;
  /** Replaces the environment; running instances serve no further requests. */
  setEnv(env: Record<string, string>): void;
  /** Delivers the events that a killed host accepted and did not finish; an attempt running then counts as failed. */
  resume(): void;
  /** Resolves when no asynchronous event is queued, waiting for a retry, or running. */
  idle(): Promise<void>;
  /** Drops queued events and terminates running ones. */
  close(): Promise<void>;
}

export interface AsyncTicket {
  requestId: string;
  /** Only for functions with `asyncTask`. */
  taskId: string | undefined;
}

interface HostedFunction {
  deployed: DeployedFunction;
  pool: InstancePool;
  counters: FunctionCounters;
}

interface HostState {
  options: FunctionHostOptions;
  functions: Map<string, HostedFunction>;
  faults: FaultPlan;
  tasks: TaskBook;
  book: EventBook;
  queue: AsyncQueue;
  env: Record<string, string>;
  closed: boolean;
  now(): number;
  log(requestId: string, level: string, text: string): void;
}

/** Errors: `invalid` or `absent` with the function whose spec or bundle is wrong; `conflict` when a name occurs twice. */
export function startFunctionHost(options: FunctionHostOptions): FunctionHost {
  const state = openState(options);
  for (const spec of options.functions) addFunction(state, deployFunction(spec));
  const left = unfinishedEvents(state.book, (name) => state.functions.get(name)?.deployed, state);
  return {
    region: options.region,
    accountId: options.accountId,
    faults: state.faults,
    async invoke(functionName, payload, { requestId = newRequestId(state.now()) } = {}) {
      const { deployed } = functionOf(state, functionName);
      const event = payloadBytes(functionName, payload, SYNC_PAYLOAD_BYTES_MAX);
      return await withInstance(state, deployed, (instance) => runOn(state, instance, { deployed, requestId, event }));
    },
    invokeAsync: async (functionName, payload, { taskId } = {}) => acceptEvent(state, functionName, payload, taskId),
    task: (functionName, taskId) => state.tasks.find(functionOf(state, functionName).deployed.name, taskId),
    tasks: (functionName) => state.tasks.list(functionOf(state, functionName).deployed.name),
    stopTask(functionName, taskId) {
      const task = state.tasks.find(functionName, taskId);
      return task !== undefined && state.queue.stop(task);
    },
    counters: (functionName) => ({ ...functionOf(state, functionName).counters }),
    setEnv(env) {
      requireVariables("all functions", env);
      state.env = env;
      for (const { pool } of state.functions.values()) pool.retire();
    },
    resume() {
      for (const event of left.splice(0)) state.queue.push(event);
    },
    idle: () => state.queue.idle(),
    async close() {
      state.closed = true;
      state.queue.close();
      await Promise.all([...state.functions.values()].map(({ pool }) => pool.close()));
      await state.queue.idle();
    },
  };
}

function openState(options: FunctionHostOptions): HostState {
  const now = options.now ?? Date.now;
  const faults = createFaultPlan();
  const book = openEventBook(options.eventsDirectory);
  const log = (requestId: string, level: string, text: string) =>
    options.onLog(`${new Date().toISOString()} ${requestId} [${level}] ${text}`);
  const state: HostState = {
    options,
    functions: new Map(),
    faults,
    tasks: createTaskBook(),
    book,
    queue: createAsyncQueue({
      run: (event, begin, signal) => runQueued(state, event, begin, signal),
      faults,
      book,
      countersOf: (functionName) => functionOf(state, functionName).counters,
      onLog: log,
      retryBaseMs: options.retryBaseMs ?? RETRY_BASE_MS_DEFAULT,
      now,
    }),
    env: options.env ?? {},
    closed: false,
    now,
    log,
  };
  return state;
}

function addFunction(state: HostState, deployed: DeployedFunction): void {
  if (state.functions.has(deployed.name)) throw new AppError("conflict", `function ${deployed.name} is given twice`);
  const counters = createCounters();
  const pool = createInstancePool({
    functionName: deployed.name,
    instancesMax: deployed.instancesMax,
    start(onExit) {
      makeRoom([...state.functions.values()].map((one) => one.pool));
      counters.coldStarts += 1;
      const id = `c-${randomUUID()}`;
      return startInstance({ id, deployed, env: instanceEnvironment(state.options, deployed, id, state.env), onLog: state.log, onExit });
    },
  });
  state.functions.set(deployed.name, { deployed, pool, counters });
}

function functionOf(state: HostState, functionName: string): HostedFunction {
  const found = state.functions.get(functionName);
  if (found !== undefined) return found;
  throw new AppError("absent", `function '${functionName}' does not exist; ${thereText([...state.functions.keys()])}`, {
    reason: reason("function.absent", { function: functionName }),
  });
}

function acceptEvent(state: HostState, functionName: string, payload: Payload, taskId: string | undefined): AsyncTicket {
  const { deployed, counters } = functionOf(state, functionName);
  if (state.closed) throw new AppError("conflict", `function ${functionName}: its host is closed`);
  if (taskId !== undefined && !deployed.asyncTask) {
    throw new AppError(
      "invalid",
      `function ${functionName} has no tasks, so task id ${taskId} would guard nothing: give it asyncTask: true`,
    );
  }
  const event = payloadBytes(functionName, payload, ASYNC_PAYLOAD_BYTES_MAX);
  const requestId = newRequestId(state.now());
  const enqueuedAt = state.now();
  const ticket: AsyncTicket = { requestId, taskId: deployed.asyncTask ? (taskId ?? requestId.replace("1-", "t-")) : undefined };
  const queued: QueuedEvent = {
    deployed,
    requestId,
    event,
    enqueuedAt,
    retries: 0,
    task: ticket.taskId === undefined ? undefined : newTask(functionName, ticket.taskId, { requestId, enqueuedAt }),
  };
  if (state.tasks.find(functionName, ticket.taskId ?? "") === undefined && state.faults.take(functionName, "lose") !== undefined) {
    counters.lost += 1;
    return ticket;
  }
  if (queued.task !== undefined) state.tasks.add(queued.task);
  // Stored before the acceptance is reported to the caller.
  state.book.keep(queued, false);
  state.queue.push(queued);
  return ticket;
}

async function withInstance<T>(state: HostState, deployed: DeployedFunction, work: (instance: Instance) => Promise<T>): Promise<T> {
  const { pool } = functionOf(state, deployed.name);
  const instance = await pool.acquire();
  try {
    return await work(instance);
  } finally {
    pool.release(instance);
  }
}

/** One attempt of a queued event; `undefined` when `begin` reports, once an instance is free, that the event is no longer wanted. */
function runQueued(
  state: HostState,
  queued: QueuedEvent,
  begin: () => boolean,
  signal: AbortSignal,
): Promise<InvocationResult | undefined> {
  return withInstance(state, queued.deployed, async (instance) => {
    if (!begin()) return undefined;
    const onAbort = () => void instance.kill();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await runOn(state, instance, queued);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  });
}

type Invocation = Pick<QueuedEvent, "deployed" | "requestId" | "event">;

async function runOn(state: HostState, instance: Instance, { deployed, requestId, event }: Invocation): Promise<InvocationResult> {
  const { counters } = functionOf(state, deployed.name);
  counters.invocations += 1;
  const killAfterMs = state.faults.take(deployed.name, "kill");
  if (killAfterMs !== undefined) counters.killed += 1;
  const context = invocationContext(state.options, deployed, requestId);
  const result = await instance.run({ requestId, event, context, killAfterMs });
  countResult(counters, result);
  if (!result.ok && result.kind !== "handler") state.log(requestId, "error", result.errorMessage);
  return result;
}
