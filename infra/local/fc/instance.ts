import { type ChildProcess, fork } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { DeployedFunction } from "./functionSpec.ts";
import { endWithThisProcess } from "./keeper.ts";
import { type MemoryWatch, watchMemory } from "./memory.ts";

const WORKER = fileURLToPath(new URL("./worker.mjs", import.meta.url));
const BYTES_PER_MB = 1024 * 1024;
/** Node gives its heap half of the memory of the machine or container that it runs in, so that the rest of the process fits in too. */
const HEAP_SHARE = 0.5;

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

/** One warm instance: a process that has loaded the bundle, handles one request at a time, and is stopped between two of them. */
export interface Instance {
  readonly id: string;
  alive(): boolean;
  /** Resolves once the bundle is loaded, or cannot be. */
  readonly ready: Promise<void>;
  run(request: InvocationRequest): Promise<InvocationResult>;
  /** Kills the process immediately, whatever it is doing. */
  kill(): Promise<void>;
}

export interface InstanceOptions {
  id: string;
  deployed: DeployedFunction;
  env: Record<string, string>;
  onLog(requestId: string, level: string, text: string): void;
  /** The process has ended, for whatever reason. */
  onExit(): void;
}

type WorkerMessage =
  | { type: "ready" }
  | { type: "log"; requestId: string; level: string; text: string }
  | { type: "done"; body: Uint8Array }
  | ({ type: "failed" | "loadFailed" } & Omit<InvocationFault, "kind">);

type Outcome = { body: Uint8Array } | InvocationFault;

interface InstanceState {
  readonly child: ChildProcess;
  readonly gone: Promise<void>;
  readonly deployed: DeployedFunction;
  alive: boolean;
  /** Of the current or the last request. */
  requestId: string;
  /** Why it is being killed; another end is one of its own. */
  killed: InvocationFault | undefined;
  settle: ((outcome: Outcome) => void) | undefined;
}

/** Starts a process with its own environment and memory; a bundle that cannot be loaded fails the first request, not the start. */
export function startInstance(options: InstanceOptions): Instance {
  const child = openWorker(options);
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const state: InstanceState = {
    ...{ child, gone, deployed: options.deployed, alive: true, requestId: "" },
    killed: undefined,
    settle: undefined,
  };
  follow(state, options);
  const loadFault = loading(state).then((fault) => {
    if (fault === undefined) freeze(state);
    return fault;
  });
  return {
    id: options.id,
    alive: () => state.alive,
    ready: loadFault.then(() => undefined),
    kill: () => kill(state),
    async run(request) {
      state.requestId = request.requestId;
      const fault = (await loadFault) ?? (state.alive ? undefined : (state.killed ?? exitFault()));
      if (fault === undefined) return resultOf(request.requestId, await send(state, request));
      await kill(state);
      return resultOf(request.requestId, fault);
    },
  };
}

async function kill(state: InstanceState, because?: InvocationFault): Promise<void> {
  state.alive = false;
  state.killed ??= because;
  state.child.kill("SIGKILL");
  await state.gone;
}

/** The platform lets an instance run only while it has a request: its timers, sockets and open promises wait for the next one. */
function freeze({ alive, child }: InstanceState): void {
  if (alive) child.kill("SIGSTOP");
}

function follow(state: InstanceState, options: InstanceOptions): void {
  const { child } = state;
  const forget = child.pid === undefined ? () => undefined : endWithThisProcess(child.pid);
  child.on("message", (message: WorkerMessage) => {
    if (message.type === "log") {
      options.onLog(message.requestId || state.requestId, message.level, message.text.slice(0, LOG_LINE_CHARACTERS_MAX));
    }
    if (message.type === "done") state.settle?.({ body: message.body });
    if (message.type === "failed") state.settle?.(faultOf(message));
  });
  child.on("error", (error) => options.onLog(state.requestId, "error", error.stack ?? String(error)));
  child.once("exit", () => {
    forget();
    state.alive = false;
    state.settle?.(state.killed ?? exitFault());
    options.onExit();
  });
  if (child.stdout) followLines(child.stdout, (line) => options.onLog(state.requestId, "info", line));
  if (child.stderr) followLines(child.stderr, (line) => options.onLog(state.requestId, "error", line));
}

async function send(state: InstanceState, request: InvocationRequest): Promise<Outcome> {
  const { child, deployed } = state;
  child.kill("SIGCONT");
  const memory = watchMemory(child.pid ?? 0, deployed.memoryMb * BYTES_PER_MB, (bytes) => void kill(state, memoryFault(deployed, bytes)));
  const outcome = await new Promise<Outcome>((resolve) => {
    const timers = [setTimeout(() => void kill(state, timeoutFault(deployed)), deployed.timeoutSeconds * 1000)];
    if (request.killAfterMs !== undefined) timers.push(setTimeout(() => void kill(state), request.killAfterMs));
    state.settle = (settled) => {
      for (const timer of timers) clearTimeout(timer);
      state.settle = undefined;
      resolve(settled);
    };
    const { requestId, event, context } = request;
    // It may die before it has read the request; its end then settles it.
    child.send({ requestId, event, context }, () => undefined);
  });
  return await settled(state, memory, outcome);
}

/** A peak between two looks would have ended it on the platform too. */
async function settled(state: InstanceState, memory: MemoryWatch, outcome: Outcome): Promise<Outcome> {
  freeze(state);
  memory.stop();
  if (!state.alive || !(await memory.isOver())) return outcome;
  await state.gone;
  return state.killed ?? outcome;
}

function openWorker({ deployed, env }: InstanceOptions): ChildProcess {
  return fork(WORKER, [deployed.bundle, deployed.exportName], {
    env,
    // A loader of the host (tsx, vitest) must not affect the bundle, which has to run on plain Node as on the platform.
    execArgv: [`--max-old-space-size=${Math.floor(deployed.memoryMb * HEAP_SHARE)}`],
    // Passes bytes as they are.
    serialization: "advanced",
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
}

/** Resolves once the bundle is loaded, or with the reason why it is not. */
function loading({ child, gone }: InstanceState): Promise<InvocationFault | undefined> {
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
    void gone.then(() => end(exitFault()));
    child.on("message", (message: WorkerMessage) => {
      if (message.type === "ready") end();
      if (message.type === "loadFailed") end(faultOf(message));
    });
  });
}

/** Wording from https://www.alibabacloud.com/help/en/functioncompute/fc/error-handling-nodejs */
export function exitFault(why = ""): InvocationFault {
  return { kind: "exit", errorType: UNHANDLED, errorMessage: `Process exited unexpectedly before completing request${why}` };
}

function memoryFault({ memoryMb }: DeployedFunction, bytes: number): InvocationFault {
  return exitFault(` (it took ${Math.ceil(bytes / BYTES_PER_MB)} MB of memory, and memorySize is ${memoryMb} MB)`);
}

function timeoutFault({ timeoutSeconds }: DeployedFunction): InvocationFault {
  return { kind: "timeout", errorType: UNHANDLED, errorMessage: `Function timed out after ${timeoutSeconds} seconds` };
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
