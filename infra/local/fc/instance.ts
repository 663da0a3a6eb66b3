import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { Worker } from "node:worker_threads";
import type { DeployedFunction } from "./functionSpec.ts";

/** A bundle loads in well under a second; a minute means a hang, even on a machine that is busy with Elasticsearch. */
const START_TIMEOUT_MS = 60_000;
/** The platform truncates a log line at 32 KB. */
const LOG_LINE_CHARACTERS_MAX = 32_768;
/** The platform's name for an invocation that no handler answered; a handler that throws is named by its error's class instead. */
const UNHANDLED = "UnhandledInvocationError";

/** `handler`: it threw, or the bundle did not load; `timeout` and `exit`: the instance was terminated or exited, and no longer exists. */
type FaultKind = "handler" | "timeout" | "exit";

interface InvocationFault {
  kind: FaultKind;
  errorType: string;
  errorMessage: string;
  stack?: string | undefined;
}

/** The result of an invocation; `value` holds the exact bytes of the platform's response. */
export type InvocationResult = ({ ok: true; value: Buffer } | ({ ok: false } & InvocationFault)) & { requestId: string };

interface InvocationRequest {
  requestId: string;
  event: Uint8Array;
  /** The handler's context without the logger. */
  context: Record<string, unknown>;
  /** A planned crash: the instance is terminated this long after the request reached it. */
  killAfterMs?: number | undefined;
}

/** One warm instance: a worker thread that has loaded the bundle and handles one request at a time. */
export interface Instance {
  readonly id: string;
  alive(): boolean;
  /** Resolves once the bundle is loaded, or cannot be. */
  readonly ready: Promise<void>;
  run(request: InvocationRequest): Promise<InvocationResult>;
  /** Terminates the thread immediately, whatever it is doing. */
  kill(): Promise<void>;
}

export interface InstanceOptions {
  id: string;
  deployed: DeployedFunction;
  env: Record<string, string>;
  onLog(requestId: string, level: string, text: string): void;
  /** The thread has ended, for whatever reason. */
  onExit(): void;
}

type WorkerMessage =
  | { type: "ready" }
  | { type: "log"; requestId: string; level: string; text: string }
  | { type: "done"; body: Uint8Array }
  | ({ type: "failed" | "loadFailed" } & Omit<InvocationFault, "kind">);

type Outcome = { body: Uint8Array } | InvocationFault;

interface InstanceState {
  readonly worker: Worker;
  readonly timeoutSeconds: number;
  alive: boolean;
  /** Of the current or the last request. */
  requestId: string;
  settle: ((outcome: Outcome) => void) | undefined;
}

/** Starts a thread with its own environment and memory; a bundle that cannot be loaded fails the first request, not the start. */
export function startInstance(options: InstanceOptions): Instance {
  const worker = openWorker(options);
  const state: InstanceState = { worker, timeoutSeconds: options.deployed.timeoutSeconds, alive: true, requestId: "", settle: undefined };
  const loadFault = loading(worker);
  follow(state, options);
  return {
    id: options.id,
    alive: () => state.alive,
    ready: loadFault.then(() => undefined),
    kill: () => kill(state),
    async run(request) {
      state.requestId = request.requestId;
      const fault = (await loadFault) ?? (state.alive ? undefined : exitFault());
      if (fault === undefined) return resultOf(request.requestId, await send(state, request));
      await kill(state);
      return resultOf(request.requestId, fault);
    },
  };
}

async function kill(state: InstanceState): Promise<void> {
  state.alive = false;
  await state.worker.terminate();
}

function follow(state: InstanceState, options: InstanceOptions): void {
  const { worker } = state;
  worker.on("message", (message: WorkerMessage) => {
    if (message.type === "log") {
      options.onLog(message.requestId || state.requestId, message.level, message.text.slice(0, LOG_LINE_CHARACTERS_MAX));
    }
    if (message.type === "done") state.settle?.({ body: message.body });
    if (message.type === "failed") state.settle?.(faultOf(message));
  });
  worker.on("error", (error: Error) => options.onLog(state.requestId, "error", error.stack ?? String(error)));
  worker.on("exit", () => {
    state.alive = false;
    state.settle?.(exitFault());
    options.onExit();
  });
  followLines(worker.stdout, (line) => options.onLog(state.requestId, "info", line));
  followLines(worker.stderr, (line) => options.onLog(state.requestId, "error", line));
}

function send(state: InstanceState, request: InvocationRequest): Promise<Outcome> {
  return new Promise((resolve) => {
    const endLate = () => {
      state.settle?.({ kind: "timeout", errorType: UNHANDLED, errorMessage: `Function timed out after ${state.timeoutSeconds} seconds` });
      void kill(state);
    };
    const timers = [setTimeout(endLate, state.timeoutSeconds * 1000)];
    if (request.killAfterMs !== undefined) timers.push(setTimeout(() => void kill(state), request.killAfterMs));
    state.settle = (outcome) => {
      for (const timer of timers) clearTimeout(timer);
      state.settle = undefined;
      resolve(outcome);
    };
    // A copy with its own buffer: cloning a view would send the whole underlying pool.
    const event = new Uint8Array(request.event);
    state.worker.postMessage({ requestId: request.requestId, event, context: request.context }, [event.buffer]);
  });
}

function openWorker({ id, deployed, env }: InstanceOptions): Worker {
  return new Worker(new URL("./worker.mjs", import.meta.url), {
    workerData: { bundle: deployed.bundle, exportName: deployed.exportName },
    env,
    // A loader of the host (tsx, vitest) must not affect the bundle, which has to run on plain Node as on the platform.
    execArgv: [],
    argv: [],
    resourceLimits: { maxOldGenerationSizeMb: deployed.memoryMb },
    stdout: true,
    stderr: true,
    name: id,
  });
}

/** Resolves once the bundle is loaded, or with the reason why it is not. */
function loading(worker: Worker): Promise<InvocationFault | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve({
        kind: "timeout",
        errorType: UNHANDLED,
        errorMessage: `Function instance did not start within ${START_TIMEOUT_MS / 1000} seconds`,
      });
    }, START_TIMEOUT_MS);
    const end = (fault?: InvocationFault) => {
      clearTimeout(timer);
      resolve(fault);
    };
    worker.on("exit", () => end(exitFault()));
    worker.on("message", (message: WorkerMessage) => {
      if (message.type === "ready") end();
      if (message.type === "loadFailed") end(faultOf(message));
    });
  });
}

/** Wording from https://www.alibabacloud.com/help/en/functioncompute/fc/error-handling-nodejs */
export function exitFault(): InvocationFault {
  return { kind: "exit", errorType: UNHANDLED, errorMessage: "Process exited unexpectedly before completing request" };
}

function faultOf({ errorType, errorMessage, stack }: Omit<InvocationFault, "kind">): InvocationFault {
  return { kind: "handler", errorType, errorMessage, stack };
}

function resultOf(requestId: string, outcome: Outcome): InvocationResult {
  if ("body" in outcome) return { ok: true, requestId, value: Buffer.from(outcome.body) };
  return { ok: false, requestId, ...outcome };
}

function followLines(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream }).on("line", onLine);
}
